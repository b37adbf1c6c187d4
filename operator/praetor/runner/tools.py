"""The tool layer: the one place that changes a substrate. Whatever a policy says, what may happen is
decided here.

A change goes by the guardrails of the site, then by the run's mode, then by the gate, behind which it is written down
and, if it needs one, a person is asked. Only then is it announced and made.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Protocol, runtime_checkable

from praetor.resources import reasons
from praetor.resources.guardrails import Guardrails, stricter
from praetor.resources.run_status import MOST_SUGGESTIONS
from praetor.runner.changes import Clearance, Escalation, Gate, PastChange, WantedChange, kind_of, request_id
from praetor.runner.guardrails import Case, Objection, Services, is_risky, objection_to
from praetor.runner.request import RunRequest
from praetor.runner.summary import REASON_LIMIT_CHARACTERS, SUMMARY_LIMIT_CHARACTERS, shorten
from simcore.actions import CHANGES, action_json, parse_action
from simcore.decision import Decision
from simcore.errors import ActionError
from simcore.observation import Observation
from simcore.protocols import Substrate
from simcore.results import RewardBreakdown, StepResult

SAID_LIMIT_CHARACTERS = 200
MOST_EVIDENCE = 3
RawAction = Any
"""What a policy wants done: a typed action, its wire form, or anything else a faulty policy hands over."""


@runtime_checkable
class DryRuns(Protocol):
    """A substrate that can check a change without making it."""

    def dry_run(self, action: dict[str, Any]) -> str:
        """What the check said, in a sentence. Raises ValueError, which says why the change would be refused."""


@runtime_checkable
class Unsure(Protocol):
    """A system that need not tell everything."""

    def unsure_of(self) -> frozenset[str]:
        """Services of which it does not say how many replicas there are: what a snapshot has is a guess."""


@runtime_checkable
class CountsRefusals(Protocol):
    """A substrate whose own count has the steps at which something was kept from it, too."""

    def refuse(self, why: str) -> StepResult:
        """A step that changes nothing; `why` is the error of its observation."""


class Listener(Protocol):
    """Who writes down what becomes of a change: the journal."""

    def asked(self, change: WantedChange) -> None: ...
    def answered(self, change: WantedChange, clearance: Clearance) -> None: ...
    def intended(self, action: dict[str, Any]) -> None: ...


def not_offered(action: dict[str, Any], before: Observation) -> str | None:
    """What a system does not have it is not asked for."""
    why = before.missing.get(action["action_type"])
    return f"{action['action_type']} is not offered here: {why}" if why else None


def as_decision(said: Any) -> Decision:
    """A policy's word as a Decision. A bare action becomes a decision without a reason; what is no action
    stays as it is, for the substrate to refuse."""
    decision = said if isinstance(said, Decision) else Decision(action=said)
    wire = wire_form(decision.action)
    return decision if wire is None else replace(decision, action=parse_action(wire))


def wire_form(action: RawAction) -> dict[str, Any] | None:
    """The well-formed wire form, or None for what the substrate will call malformed."""
    if not isinstance(action, Mapping) and not hasattr(action, "action_type"):
        return None
    try:
        return action_json(parse_action(action))
    except ActionError:
        return None


def changes_something(action: dict[str, Any] | None) -> bool:
    return action is not None and action["action_type"] in CHANGES


class Tools:
    """Acts on one substrate for one episode. Steps that were refused count, too."""

    def __init__(
        self, request: RunRequest, substrate: Substrate, gate: Gate, listener: Listener, clock: Callable[[], datetime]
    ) -> None:
        self._request, self._substrate, self._gate = request, substrate, gate
        self._listener, self._clock = listener, clock
        self._rules = Guardrails.model_validate(request.site.guardrails if request.site else {})
        self._approval = stricter(self._rules.approval, request.approval)
        self._is_real = substrate.name != "Simulator"
        self._own = [change for change in request.past if change.run == request.name]
        self._others = [change for change in request.past if change.run != request.name]
        self._found: Services = {}
        self._made: list[dict[str, Any]] = []
        self.steps = 0
        self.suggestions: list[dict[str, Any]] = []
        self.escalation: Escalation | None = None

    @property
    def exhausted(self) -> bool:
        return self.steps >= self._substrate.max_steps

    def begun(self) -> None:
        """The substrate has been reset: what is there now is what the run found."""
        self._found = self._services()

    def act(self, decision: Decision, before: Observation) -> StepResult:
        """Carries one decision out, or says in the observation why not."""
        self.steps += 1
        wire = wire_form(decision.action)
        if wire is None:
            raw = _malformed(decision.action)
            wire = wire_form(raw)  # a mapping of somebody's own may say something else when it is read again
            if wire is None:
                return self._step(raw)
        if not changes_something(wire):
            return self._step(wire)
        return self._change(wire, decision, before)

    def _change(self, wire: dict[str, Any], decision: Decision, before: Observation) -> StepResult:
        if told := not_offered(wire, before):
            return self._refused(told, before)
        if objection := objection_to(self._case(wire)):
            return self._objected(objection, before)
        if self._request.mode != "Act":
            return self._kept_back(wire, decision, before)
        change = self._wanted(wire, decision)
        clearance = self._cleared(change)
        if clearance.kind == "Go":
            objection = objection_to(self._case(wire))  # a person takes time, and a window closes
            return self._objected(objection, before) if objection else self._made_it(wire, change)
        if clearance.kind == "Escalate":
            self.escalation = Escalation(clearance.reason, clearance.message)
        return self._refused(clearance.message, before)

    def _objected(self, objection: Objection, before: Observation) -> StepResult:
        if objection.escalates:
            self.escalation = Escalation(objection.escalates, objection.message)
        return self._refused(objection.message, before)

    def _case(self, wire: dict[str, Any]) -> Case:
        services = self._services()
        return Case(wire, self._rules, self._clock(), self._own, self._others, self._found, services)

    def _services(self) -> Services:
        """A guess is nothing that a rule could be held against."""
        guessed = self._substrate.unsure_of() if isinstance(self._substrate, Unsure) else frozenset()
        return {one.name: one for one in self._substrate.snapshot().services if one.name not in guessed}

    def _wanted(self, wire: dict[str, Any], decision: Decision) -> WantedChange:
        before = sum(change.kind == kind_of(wire) for change in self._own) if self._is_real else self._made.count(wire)
        return WantedChange(
            request=request_id(self._request.run_uid, wire, before),
            attempt=self._request.attempt,
            step=self.steps,
            action=wire,
            reason=shorten(str(decision.reason), REASON_LIMIT_CHARACTERS),
            evidence=tuple(shorten(str(seen), SUMMARY_LIMIT_CHARACTERS) for seen in decision.evidence[:MOST_EVIDENCE]),
            needs_approval=self._needs_approval(wire),
            is_recorded=self._is_real,
        )

    def _needs_approval(self, wire: dict[str, Any]) -> bool:
        if self._approval == "RiskyActions":
            return is_risky(wire, self._services())
        return self._approval == "Always"

    def _cleared(self, change: WantedChange) -> Clearance:
        if not change.needs_approval:
            return self._gate(change) if change.is_recorded else Clearance("Go")
        self._listener.asked(change)
        clearance = self._gate(change)
        self._listener.answered(change, clearance)
        return clearance

    def _made_it(self, wire: dict[str, Any], change: WantedChange) -> StepResult:
        self._listener.intended(wire)
        self._made.append(wire)
        if self._is_real:
            self._own.append(PastChange(self._request.name, *kind_of(wire), self._clock().isoformat()))
        return self._step(wire)

    def _step(self, action: dict[str, Any]) -> StepResult:
        """The idempotency key is the same when an attempt is played again."""
        key = f"{self._request.run_uid}/{self._request.attempt}/{self.steps}"
        return self._substrate.step(action, idempotency_key=key)

    def _kept_back(self, wire: dict[str, Any], decision: Decision, before: Observation) -> StepResult:
        """DryRun goes on, so that all that a policy would try is checked. Suggest ends: what a policy would do after a
        change that was not made, nobody knows."""
        mode = self._request.mode
        checked = self._dry_run(wire) if mode == "DryRun" else ""
        if len(self.suggestions) < MOST_SUGGESTIONS:
            self.suggestions.append(_suggestion(self.steps, wire, decision, checked))
        if mode == "Suggest":
            told = f"{wire['action_type']} {wire['target_service']} is suggested, and not made (mode: Suggest)"
            self.escalation = Escalation(reasons.CHANGE_SUGGESTED, told)
            return self._refused(told, before)
        return self._refused(f"not made (mode: DryRun); {checked}", before)

    def _dry_run(self, wire: dict[str, Any]) -> str:
        if not isinstance(self._substrate, DryRuns):
            return "this substrate has no dry run of its own"
        try:
            return f"the dry run said: {self._substrate.dry_run(wire)}"
        except ValueError as problem:
            return f"the dry run refused it: {problem}"

    def _refused(self, objection: str, before: Observation) -> StepResult:
        result = self._counted(objection, before)
        ended = self.exhausted or self.escalation is not None
        return replace(result, truncated=True) if ended and not result.done else result

    def _counted(self, objection: str, before: Observation) -> StepResult:
        if isinstance(self._substrate, CountsRefusals):
            return self._substrate.refuse(objection)
        observation = Observation(
            "error", self.steps, before.max_steps, before.sim_seconds, error=objection, missing=before.missing
        )
        return StepResult(observation, 0.0, RewardBreakdown())


def utc_now() -> datetime:
    return datetime.now(UTC)


def parameters_json(wire: dict[str, Any]) -> str:
    return json.dumps(wire["parameters"], sort_keys=True) if wire["parameters"] else ""


def _suggestion(step: int, wire: dict[str, Any], decision: Decision, checked: str) -> dict[str, Any]:
    return {
        "step": step,
        "action": wire["action_type"],
        "service": wire["target_service"],
        "parameters": parameters_json(wire),
        "reason": shorten(decision.reason, REASON_LIMIT_CHARACTERS),
        "check": shorten(checked, REASON_LIMIT_CHARACTERS),
    }


def _malformed(action: RawAction) -> dict[str, Any]:
    """What a faulty policy said, as a mapping, for the substrate to refuse in its own words."""
    return dict(action) if isinstance(action, Mapping) else {"action_type": said(action)}


def said(action: RawAction) -> str:
    """Malformed output in short; of an object only its type, whose repr would differ from process to
    process."""
    plain = isinstance(action, Mapping | str | int | float | list | tuple | None)
    return repr(action)[:SAID_LIMIT_CHARACTERS] if plain else f"an object of type {type(action).__name__}"
