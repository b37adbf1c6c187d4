"""One episode on a real system. Time is real; the truth is known only of what was broken on purpose: otherwise
grading is partial."""

from collections.abc import Mapping
from typing import Any, Literal, Self

from praetor.guard.errors import GuardedError
from praetor.substrates.live.system import Clock, Made, OutcomeUnknownError, Pace, System
from simcore.actions import CHANGES, Action, ResolveIncident, parse_action
from simcore.errors import ActionError, SimcoreError
from simcore.mechanisms.table import mechanism_class
from simcore.observation import AlertNotice, ChangeReceipt, Declaration, Observation, Payload
from simcore.results import CauseName, RewardBreakdown, Snapshot, StepResult, Verdict

_FORMED, _RESOLVED, _EFFICIENT = 0.01, 0.45, 0.10
_MOST_FORMED = 0.04
_SILENT_S = 10.0
_LONG_AGO_S = -1e9


class LiveSubstrate:
    """It takes the system as it finds it, and acts through the ten actions alone."""

    name: Literal["Simulator", "Site", "Cluster"]
    seed = 0

    def __init__(
        self,
        system: System,
        alert: AlertNotice,
        *,
        family: str = "unknown",
        max_steps: int = 50,
        pace: Pace | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._system, self._alert, self.family, self.max_steps = system, alert, family, max_steps
        self._pace, self._clock = pace or Pace(), clock or Clock()
        self.grading: Literal["Full", "Partial"] = "Partial"
        self._truth: tuple[CauseName, ...] | None = None
        self._declared: tuple[CauseName, ...] | None = None
        self._held = False

    def judge_by(self, truth: tuple[CauseName, ...] | None) -> Self:
        """What an experiment broke: it decides whether a declaration is right, and no policy ever sees it."""
        self._truth, self.grading = truth, "Partial" if truth is None else "Full"
        return self

    def reset(self) -> Observation:
        """Raises SimcoreError, GuardedError: of what does not answer there is nothing to act on."""
        self._began, self._steps, self._formed, self._done = self._clock.monotonic(), 0, 0.0, False
        self._declared, self._held, self._ended_at = None, False, 0.0
        self._changed_at = _LONG_AGO_S
        self._undo: tuple[dict[str, Any], ...] = ()
        self._system.begin()
        self._look_around()
        return self._observation("alert", self._alert)

    def step(self, action: Action | dict[str, Any], *, idempotency_key: str = "") -> StepResult:
        if self._done:
            return self._after_the_end()
        self._begin_step()
        try:
            parsed = parse_action(action)
        except ActionError as problem:
            return self._result("error", None, str(problem), formed=False)
        begin = self._clock.monotonic()
        kind, payload, error = self._carried_out(parsed, idempotency_key)
        self._let_pass(begin + self._pace.action_seconds)
        return self._result(kind, payload, error, formed=True)

    def refuse(self, why: str) -> StepResult:
        """A step at which a change was kept from the system: it counts, and nothing is waited for."""
        if self._done:
            return self._after_the_end()
        self._begin_step()
        return self._result("error", None, why, formed=False)

    def dry_run(self, action: dict[str, Any]) -> str:
        """What the system says of a change that is not made. Raises ValueError for what would be refused."""
        parsed = parse_action(action)
        if problem := self._unknown(parsed):
            raise ValueError(problem)
        try:
            return self._system.check(parsed)
        except (SimcoreError, GuardedError) as problem:
            raise ValueError(str(problem)) from None

    def snapshot(self) -> Snapshot:
        return self._system.snapshot(self._now)

    def unsure_of(self) -> frozenset[str]:
        return self._system.unsure_of()

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
            user_minutes_lost=self.snapshot().user_minutes_lost,
            sim_seconds=self._ended_at if self._done else self._now,
            notes=(*(() if resolved else self._why_not()), *self._system.notes()),
        )

    def close(self) -> None:
        self._system.close()

    @property
    def _diagnosed(self) -> bool | None:
        """The services must be right, and the class of mechanism at each."""
        if self._truth is None:
            return None
        return self._declared is not None and _places(self._declared) == _places(self._truth)

    @property
    def _resolved(self) -> bool:
        return self._held and self._declared is not None and self._diagnosed is not False

    @property
    def missing(self) -> Mapping[str, str]:
        return self._system.missing

    @property
    def _now(self) -> float:
        return self._clock.monotonic() - self._began

    def _begin_step(self) -> None:
        self._steps += 1
        self._undo = ()

    def _carried_out(self, action: Action, key: str) -> tuple[str, Payload | None, str | None]:
        """(kind, payload, error). What a system refuses or does not have is an error to read, never an exception."""
        if problem := self._unknown(action):
            return "error", None, problem
        try:
            return action.action_type, self._payload(action, key), None
        except (SimcoreError, GuardedError) as problem:
            return "error", None, str(problem)

    def _unknown(self, action: Action) -> str:
        """The objection to a service that there is not, or ""."""
        names, service = self._system.names, action.target_service
        if service is None or service in names:
            return ""
        return f"target_service: there is no {service!r}; there are {', '.join(names)}"

    def _payload(self, action: Action, key: str) -> Payload:
        if isinstance(action, ResolveIncident):
            return self._declare(action)
        if action.action_type in CHANGES:
            return self._receipt(action, self._change(action, key))
        return self._system.look(action, self._now)

    def _change(self, action: Action, key: str) -> Made:
        began = self._now
        try:
            made = self._system.change(action, key, began)
        except OutcomeUnknownError as problem:
            self._changed_at, self._undo = began, problem.undo
            raise SimcoreError(f"{problem}: nobody knows whether it was done, so look at what is there now") from None
        self._changed_at, self._undo = began, made.undo
        return made

    def _receipt(self, action: Action, made: Made) -> ChangeReceipt:
        return ChangeReceipt(action.target_service or "", action.action_type, made.message)

    def _declare(self, action: ResolveIncident) -> Declaration:
        """Ends the episode; the system is watched until the objectives have held for as long as a fix must."""
        self._declared = tuple(
            CauseName(cause.service, cause.mechanism, mechanism_class(cause.mechanism) or cause.mechanism)
            for cause in action.parameters.causes
        )
        wanted_seconds = self._pace.stabilization_seconds
        since = self._system.kept_from(max(self._changed_at, self._now - wanted_seconds), self._now)
        self._let_pass(self._began + since + wanted_seconds)
        self._held, self._done = self._is_kept_since(since), True
        return Declaration("declared; what happened next was watched")

    def _is_kept_lately(self) -> bool:
        """In the last step, or by what was measured last if that takes longer than a step."""
        since = self._now - max(self._pace.action_seconds, self._pace.sample_seconds)
        measured_at = self._system.measured_at()
        return self._is_kept_since(since if measured_at is None else min(since, measured_at))

    def _is_kept_since(self, since: float) -> bool:
        """A system that has fallen silent is not known to be well."""
        at, silent_seconds = self._system.measured_at(), max(_SILENT_S, 2 * self._pace.sample_seconds)
        return at is not None and self._now - at <= silent_seconds and self._system.kept_since(since)

    def _let_pass(self, until: float) -> None:
        """Measures while time goes by. A system that does not answer for a moment is measured again."""
        while True:
            self._look_around()
            left = until - self._clock.monotonic()
            if left <= 0:
                return
            self._clock.sleep(min(left, self._pace.sample_seconds))

    def _look_around(self) -> None:
        try:
            self._system.measure(self._now)
        except (SimcoreError, GuardedError):
            return

    def _observation(self, kind: str, payload: Payload | None, error: str | None = None) -> Observation:
        firing = () if self._is_kept_lately() else (self._alert.title,)
        return Observation(kind, self._steps, self.max_steps, self._now, payload, error, firing, missing=self.missing)

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
        info = {"undo": list(self._undo)} if self._undo else {}
        observation = self._observation(kind, payload, error)
        return StepResult(observation, breakdown.total, breakdown, self._done and not truncated, truncated, info)

    def _breakdown(self, formed: float, resolved: bool) -> RewardBreakdown:
        """Components that need a world to compare with are None."""
        quick = resolved and 2 * self._steps <= self.max_steps
        return RewardBreakdown(None, None, _RESOLVED if resolved else 0.0, formed, _EFFICIENT if quick else 0.0, None)

    def _why_not(self) -> tuple[str, ...]:
        if self._declared is None:
            return ("nothing was declared",)
        if self._held:
            return ("the declared causes are not what was broken",)
        return ("the objectives did not hold after the declaration",)


def _places(causes: tuple[CauseName, ...]) -> set[tuple[str, str]]:
    return {(cause.service, cause.mechanism_class) for cause in causes}
