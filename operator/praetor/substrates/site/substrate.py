"""Any site that implements `/ops/*` as a substrate. Time is real; the truth is known only of what was broken on
purpose, otherwise grading is partial."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from praetor.guard.errors import GuardedError, UnreachableError
from praetor.substrates.site import told
from praetor.substrates.site.changes import asked_of
from praetor.substrates.site.errors import SiteError
from praetor.substrates.site.ops_client import OpsClient
from praetor.substrates.site.reader import SiteReader
from praetor.substrates.site.samples import Objectives, Samples
from praetor.substrates.site.snapshots import snapshot_of
from simcore.actions import (
    CHANGES,
    Action,
    CheckMetrics,
    DescribeService,
    ListServices,
    ReadLogs,
    ResolveIncident,
    RunDiagnostic,
    parse_action,
)
from simcore.errors import ActionError
from simcore.mechanisms.table import mechanism_class
from simcore.observation import AlertNotice, ChangeReceipt, Declaration, Observation, Payload
from simcore.results import CauseName, RewardBreakdown, Snapshot, StepResult, Verdict

_FORMED, _RESOLVED, _EFFICIENT = 0.01, 0.45, 0.10
_MOST_FORMED = 0.04
_SILENT_S = 10.0


class Pace(NamedTuple):
    """Real seconds: what an action takes at least, how often is measured, how long a fix must hold."""

    action_seconds: float = 5.0
    sample_seconds: float = 1.0
    stabilization_seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class Clock:
    """Real time, or a test's."""

    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


class SiteSubstrate:
    """One episode on one site. It takes the site as it finds it, and acts through `/ops/*` alone. `truth` is what an
    experiment broke there: it decides whether a declaration is right, and no policy ever sees it."""

    name: Literal["Simulator", "Site", "Cluster"] = "Site"
    seed = 0

    def __init__(
        self,
        ops: OpsClient,
        alert: AlertNotice,
        *,
        family: str = "unknown",
        max_steps: int = 50,
        pace: Pace | None = None,
        objectives: Objectives | None = None,
        clock: Clock | None = None,
        truth: tuple[CauseName, ...] | None = None,
    ) -> None:
        self._truth = truth
        self.grading: Literal["Full", "Partial"] = "Partial" if truth is None else "Full"
        self._ops, self._reader, self._alert, self.family, self.max_steps = (
            ops,
            SiteReader(ops),
            alert,
            family,
            max_steps,
        )
        self._pace, self._clock = pace or Pace(), clock or Clock()
        self._objectives = objectives or Objectives()
        self._declared: tuple[CauseName, ...] | None = None
        self._held = False

    def reset(self) -> Observation:
        """Raises SiteError, GuardedError: without health there is nothing to act on."""
        self._began, self._steps, self._formed, self._done = self._clock.monotonic(), 0, 0.0, False
        self._declared, self._held, self._ended_at = None, False, 0.0
        self._reader.refresh()
        self._samples = Samples(self._reader.names[0], self._objectives)
        self._unwell_since: dict[str, float] = {}
        self._changed_at = -1e9
        self._look_around()
        return self._observation("alert", self._alert)

    def step(self, action: Action | dict[str, Any], *, idempotency_key: str = "") -> StepResult:
        if self._done:
            return self._after_the_end()
        self._steps += 1
        try:
            parsed = parse_action(action)
        except ActionError as problem:
            return self._result("error", None, str(problem), formed=False)
        begin = self._clock.monotonic()
        kind, payload, error = self._carried_out(parsed, idempotency_key)
        self._let_pass(begin + self._pace.action_seconds)
        return self._result(kind, payload, error, formed=True)

    def snapshot(self) -> Snapshot:
        return snapshot_of(self._now, self._reader.health, self._reader.facts, self._samples, self._objectives)

    def verdict(self) -> Verdict:
        resolved = self._resolved
        return Verdict(
            resolved=resolved,
            mitigated=self._held,
            diagnosed=self._diagnosed,
            declared=self._declared,
            truth=self._truth,
            steps=self._steps,
            score=round(self._breakdown(self._formed, resolved).total, 6),
            breakdown=self._breakdown(self._formed, resolved),
            user_minutes_lost=self._samples.user_minutes_lost,
            sim_seconds=self._ended_at if self._done else self._now,
            notes=() if resolved else self._why_not(),
        )

    def close(self) -> None:
        self._ops.close()

    @property
    def _diagnosed(self) -> bool | None:
        if self._truth is None:
            return None
        return self._declared is not None and _places(self._declared) == _places(self._truth)

    @property
    def _resolved(self) -> bool:
        return self._held and self._declared is not None and self._diagnosed is not False

    @property
    def _now(self) -> float:
        return self._clock.monotonic() - self._began

    def _carried_out(self, action: Action, key: str) -> tuple[str, Payload | None, str | None]:
        """(kind, payload, error). What a site refuses or does not have is an error to read, never an exception."""
        names = self._reader.names
        if action.target_service is not None and action.target_service not in names:
            known = ", ".join(names)
            return "error", None, f"target_service: there is no {action.target_service!r}; there are {known}"
        try:
            return action.action_type, self._payload(action, key), None
        except (SiteError, GuardedError) as problem:
            return "error", None, str(problem)

    def _payload(self, action: Action, key: str) -> Payload:
        service = action.target_service or ""
        match action:
            case ListServices():
                return self._reader.services()
            case DescribeService():
                since = self._unwell_since.get(service)
                return self._reader.detail(service, None if since is None else self._now - since)
            case ReadLogs():
                return self._reader.logs(action)
            case CheckMetrics():
                return self._metrics(service, action.parameters.window)
            case RunDiagnostic():
                return self._reader.diagnostic(service, action.parameters.command, self._now - self._changed_at)
            case ResolveIncident():
                return self._declare(action)
            case _:
                return self._change(action, key)

    def _change(self, action: Action, key: str) -> ChangeReceipt:
        assert action.action_type in CHANGES
        name, body = asked_of(action)
        before, self._changed_at = self._changed_at, self._now
        try:
            message = self._ops.change(name, body, key)
        except SiteError:
            self._changed_at = before
            raise
        except UnreachableError as problem:
            raise SiteError(f"{problem}: nobody knows whether it was done, so look at what is there now") from None
        self._reader.refresh()
        return ChangeReceipt(action.target_service or "", action.action_type, message)

    def _metrics(self, service: str, window: float) -> Payload:
        self._samples.add(service, self._now, self._ops.metrics(service))
        new = self._samples.newest(service)
        assert new is not None
        return told.metrics(service, new, self._samples.before(service, new.at - window) or new, self._now, None)

    def _declare(self, action: ResolveIncident) -> Declaration:
        """Ends the episode; the site is watched until the objectives have held for as long as a fix must."""
        self._declared = tuple(
            CauseName(cause.service, cause.mechanism, mechanism_class(cause.mechanism) or cause.mechanism)
            for cause in action.parameters.causes
        )
        wanted_seconds = self._pace.stabilization_seconds
        since = self._samples.kept_from(max(self._changed_at, self._now - wanted_seconds), self._now)
        self._let_pass(self._began + since + wanted_seconds)
        self._held, self._done = self._is_kept_since(since), True
        return Declaration("declared; the site was watched")

    def _is_kept_since(self, since: float) -> bool:
        """A site that has fallen silent is not known to be well."""
        newest = self._samples.newest(self._reader.names[0])
        silent_seconds = max(_SILENT_S, 2 * self._pace.sample_seconds)
        return newest is not None and self._now - newest.at <= silent_seconds and self._samples.kept_since(since)

    def _let_pass(self, until: float) -> None:
        """Measures while time goes by. A site that does not answer for a moment is measured again."""
        while True:
            self._look_around()
            left = until - self._clock.monotonic()
            if left <= 0:
                return
            self._clock.sleep(min(left, self._pace.sample_seconds))

    def _look_around(self) -> None:
        try:
            self._reader.health = self._ops.health()
            for state in self._reader.health.services:
                self._note(state.name, state.health)
                self._samples.add(state.name, self._now, self._ops.metrics(state.name))
        except (SiteError, GuardedError):
            return

    def _note(self, service: str, health: str) -> None:
        if health == "healthy":
            self._unwell_since.pop(service, None)
        else:
            self._unwell_since.setdefault(service, self._now)

    def _observation(self, kind: str, payload: Payload | None, error: str | None = None) -> Observation:
        firing = () if self._is_kept_since(self._now - self._pace.action_seconds) else (self._alert.title,)
        return Observation(kind, self._steps, self.max_steps, self._now, payload, error, firing)

    def _after_the_end(self) -> StepResult:
        observation = Observation(
            "error", self._steps, self.max_steps, self._ended_at, None, "the episode has ended: nothing was done"
        )
        return StepResult(observation, 0.0, RewardBreakdown(), terminated=self._declared is not None)

    def _result(self, kind: str, payload: Payload | None, error: str | None, *, formed: bool) -> StepResult:
        truncated = not self._done and self._steps >= self.max_steps
        if truncated:
            self._done, self._held = True, self._is_kept_since(self._now - self._pace.stabilization_seconds)
        if self._done:
            self._ended_at = self._now
        paid = min(_FORMED, _MOST_FORMED - self._formed) if formed and error is None else 0.0
        self._formed = round(self._formed + paid, 6)
        resolved = self._resolved and self._done
        breakdown = self._breakdown(paid, resolved)
        observation = self._observation(kind, payload, error)
        return StepResult(observation, breakdown.total, breakdown, self._done and not truncated, truncated)

    def _breakdown(self, formed: float, resolved: bool) -> RewardBreakdown:
        """Components that need the truth are None."""
        quick = resolved and 2 * self._steps <= self.max_steps
        return RewardBreakdown(None, None, _RESOLVED if resolved else 0.0, formed, _EFFICIENT if quick else 0.0, None)

    def _why_not(self) -> tuple[str, ...]:
        if self._declared is None:
            return ("nothing was declared",)
        if self._held:
            return ("the declared causes are not what was broken",)
        return ("the objectives did not hold after the declaration",)


def _places(causes: tuple[CauseName, ...]) -> set[tuple[str, str]]:
    """What must match: which services, and which class of mechanism at each."""
    return {(cause.service, cause.mechanism_class) for cause in causes}
