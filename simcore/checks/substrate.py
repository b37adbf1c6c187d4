"""`check_substrate`: whether somebody's substrate keeps the contract of `simcore.protocols.Substrate`."""

from collections.abc import Callable, Iterator
from typing import Any

from simcore.observation import Observation
from simcore.protocols import Substrate
from simcore.results import Snapshot, StepResult, Verdict

Make = Callable[[], Substrate]
_NAMES, _GRADINGS = ("Simulator", "Site", "Cluster"), ("Full", "Partial")
_BAD_ACTIONS: tuple[Any, ...] = (
    {},
    {"action_type": "reboot_the_world"},
    {"action_type": "scale_service", "target_service": "x", "parameters": {"replicas": -1}},
    {"action_type": "list_services", "parameters": {"surprise": 1}},
)
_LOOK = {"action_type": "list_services"}
_DECLARE = {"action_type": "resolve_incident", "parameters": {"causes": []}}


def check_substrate(make: Make) -> list[str]:
    """What is wrong with a substrate, in sentences; empty for one that keeps the contract.

    `make()` gives a fresh one, at the same place and moment each time. Only reads, malformed actions and a declaration
    are tried: nothing is changed.
    """
    found: list[str] = []
    for check in (_identity, _beginning, _bad_actions, _unknown_service, _ending, _same_again):
        substrate = make()
        try:
            found += check(substrate, make)
        except Exception as error:
            what = f"{check.__name__.strip('_')}: raised {type(error).__name__}: {error}"
            found.append(f"{what}; what goes wrong should be the result of a step")
        finally:
            substrate.close()
    return found


def _identity(substrate: Substrate, make: Make) -> Iterator[str]:
    if substrate.name not in _NAMES:
        yield f"name is {substrate.name!r}; it should be one of {', '.join(_NAMES)}"
    if substrate.grading not in _GRADINGS:
        yield f"grading is {substrate.grading!r}; it should be one of {', '.join(_GRADINGS)}"
    if substrate.max_steps < 1:
        yield f"max_steps is {substrate.max_steps}; an episode has at least one step"


def _beginning(substrate: Substrate, make: Make) -> Iterator[str]:
    observation = substrate.reset()
    if not isinstance(observation, Observation) or observation.kind != "alert":
        yield "reset should return an Observation of kind `alert`"
    if not isinstance(substrate.snapshot(), Snapshot):
        yield "snapshot should return a Snapshot"
    result = substrate.step(_LOOK, idempotency_key="check-1")
    yield from _shape(result, "list_services")
    if result.observation.step != 1:
        yield f"after one step the observation says step {result.observation.step}"


def _shape(result: Any, what: str) -> Iterator[str]:
    if not isinstance(result, StepResult):
        yield f"{what}: step should return a StepResult, not {type(result).__name__}"
    elif not result.observation.text:
        yield f"{what}: the observation has no text"


def _bad_actions(substrate: Substrate, make: Make) -> Iterator[str]:
    substrate.reset()
    for number, action in enumerate(_BAD_ACTIONS, start=1):
        result = substrate.step(action, idempotency_key=f"bad-{number}")
        yield from _shape(result, str(action))
        if result.observation.kind != "error" or not result.observation.error:
            yield f"the malformed action {action} should give an observation of kind `error` that says what was wrong"
        if result.observation.step != number:
            yield f"a malformed action counts as a step; after {number} the observation says {result.observation.step}"


def _unknown_service(substrate: Substrate, make: Make) -> Iterator[str]:
    substrate.reset()
    result = substrate.step({"action_type": "describe_service", "target_service": "nobody-of-that-name"})
    if result.observation.error is None:
        yield "a service that does not exist should give an error"


def _ending(substrate: Substrate, make: Make) -> Iterator[str]:
    substrate.reset()
    result = substrate.step(_DECLARE)
    if not result.done:
        yield "a declaration ends the episode"
    verdict = substrate.verdict()
    if not isinstance(verdict, Verdict):
        yield "verdict should return a Verdict"
        return
    after = substrate.step(_LOOK)
    if (after.reward or 0) != 0 or substrate.verdict() != verdict:
        yield "stepping after the end should change and earn nothing"


def _same_again(substrate: Substrate, make: Make) -> Iterator[str]:
    """Only of a simulator: what it shows is a function of its actions."""
    if substrate.name != "Simulator":
        return
    other = make()
    try:
        for one in (substrate, other):
            one.reset()
        if substrate.step(_LOOK).observation.to_json() != other.step(_LOOK).observation.to_json():
            yield "the same actions give another observation when they are taken again"
    finally:
        other.close()
