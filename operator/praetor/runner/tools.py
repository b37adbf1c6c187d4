"""The tool layer: the one place that changes a substrate. Whatever a policy says, what may happen is
decided here."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from praetor.runner.request import RunRequest
from simcore.actions import ACTION_TYPES, CHANGES, action_json, parse_action
from simcore.decision import Decision
from simcore.errors import ActionError
from simcore.observation import Observation
from simcore.protocols import Substrate
from simcore.results import RewardBreakdown, StepResult

SAID_LIMIT_CHARACTERS = 200
RawAction = Any
"""What a policy wants done: a typed action, its wire form, or anything else a faulty policy hands over."""


class Guardrail(Protocol):
    def objection(self, action: dict[str, Any]) -> str | None:
        """Why this action must not happen here, or None."""


@dataclass(frozen=True, slots=True)
class AllowedActions:
    """Allows some of the ten actions; by default all of them."""

    names: frozenset[str] = frozenset(ACTION_TYPES)

    def objection(self, action: dict[str, Any]) -> str | None:
        if action["action_type"] in self.names:
            return None
        return f"{action['action_type']} is not allowed here; allowed are {', '.join(sorted(self.names))}"


def guardrail_of(request: RunRequest) -> Guardrail:
    """What the target's owner allows. Looking and declaring are always allowed."""
    if request.site is None or request.site.allowed_actions is None:
        return AllowedActions()
    return AllowedActions(frozenset(request.site.allowed_actions) | (frozenset(ACTION_TYPES) - CHANGES))


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
    """Acts on one substrate for one episode, under a guardrail. Steps that the guardrail refused count,
    too."""

    def __init__(self, substrate: Substrate, guardrail: Guardrail, attempt: str) -> None:
        """`attempt` names the run and its attempt: together with the step it is a change's idempotency key."""
        self._substrate, self._guardrail, self._attempt = substrate, guardrail, attempt
        self.steps = 0

    @property
    def exhausted(self) -> bool:
        return self.steps >= self._substrate.max_steps

    def act(self, action: RawAction, before: Observation) -> StepResult:
        """Carries one action out. The idempotency key is the same when a run is played again."""
        self.steps += 1
        wire = wire_form(action)
        objection = (not_offered(wire, before) or self._guardrail.objection(wire)) if wire else None
        if objection:
            return self._refused(objection, before)
        key = f"{self._attempt}/{self.steps}"
        return self._substrate.step(wire if wire is not None else _malformed(action), idempotency_key=key)

    def _refused(self, objection: str, before: Observation) -> StepResult:
        observation = Observation(
            "error", self.steps, before.max_steps, before.sim_seconds, error=objection, missing=before.missing
        )
        return StepResult(observation, 0.0, RewardBreakdown(), truncated=self.exhausted)


def _malformed(action: RawAction) -> dict[str, Any]:
    """What a faulty policy said, as a mapping, for the substrate to refuse in its own words."""
    return dict(action) if isinstance(action, Mapping) else {"action_type": said(action)}


def said(action: RawAction) -> str:
    """Malformed output in short; of an object only its type, whose repr would differ from process to
    process."""
    plain = isinstance(action, Mapping | str | int | float | list | tuple | None)
    return repr(action)[:SAID_LIMIT_CHARACTERS] if plain else f"an object of type {type(action).__name__}"
