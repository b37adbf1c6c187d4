"""`check_policy`: whether somebody's policy keeps the contract, found out by playing it."""

from collections.abc import Callable, Iterator

import simcore
from simcore.actions import parse_action
from simcore.decision import Decision, Policy
from simcore.episode import Episode
from simcore.results import StepResult, without_reward

Make = Callable[[int], Policy]
_FAMILIES = ("oom_crash", "db_pool_exhaustion", "network_partition")
_LONG, _REFUSED = 2000, 3


def check_policy(make: Make, *, families: tuple[str, ...] = _FAMILIES, seeds: range = range(2)) -> list[str]:
    """What is wrong with a policy, in sentences; empty for one that keeps the contract.

    `make(seed)` gives a fresh one for each episode. It is played twice on every seed, on `families`: it must decide
    with well-formed actions, say the same when it sees the same, leave what it is given alone, and bear every kind of
    observation, errors included.
    """
    found: list[str] = []
    for family in families:
        for seed in seeds:
            found += _complaints(make, family, seed)
    return list(dict.fromkeys(found))


def _complaints(make: Make, family: str, seed: int) -> Iterator[str]:
    where = f"{family}, seed {seed}"
    try:
        first, second = _played(make, family, seed), _played(make, family, seed)
        _played(make, family, seed, refuses_step=_REFUSED)
    except PolicyProblem as problem:
        yield f"{where}: {problem}"
        return
    if not isinstance(getattr(make(seed), "name", None), str):
        yield "the policy has no name: give it an attribute `name` of text"
    for number, (one, other) in enumerate(zip(first, second, strict=False), start=1):
        if one.to_json() != other.to_json():
            yield f"{where}: step {number} differs when it is played again: decide from seed and observations alone"
            return


class PolicyProblem(Exception):
    """What a policy did wrong."""


def _played(make: Make, family: str, seed: int, refuses_step: int = 0) -> list[Decision]:
    """Its decisions in an episode; the action of one step may be refused, whatever it is."""
    episode, policy = simcore.make(family, seed=seed), make(seed)
    observation, decisions = episode.reset(), list[Decision]()
    history: list[tuple[Decision, StepResult]] = []
    while not episode.done:
        before = list(history)
        decision = _decided(policy, observation, history, len(decisions) + 1)
        if history != before:
            raise PolicyProblem("it changes the history that it is given; keep a copy instead")
        decisions.append(decision)
        result = _step(episode, decision, len(decisions), refuses_step)
        history.append((decision, without_reward(result)))
        observation = result.observation
    return decisions


def _decided(policy: Policy, observation: object, history: list[tuple[Decision, StepResult]], step: int) -> Decision:
    try:
        decision = policy.decide(observation, history)  # type: ignore[arg-type]
    except Exception as error:
        raise PolicyProblem(f"step {step}: decide raised {type(error).__name__}: {error}") from error
    if not isinstance(decision, Decision):
        raise PolicyProblem(f"step {step}: decide returned {type(decision).__name__}; it must return a Decision")
    if len(decision.reason) > _LONG:
        raise PolicyProblem(f"step {step}: the reason has {len(decision.reason)} characters; {_LONG} are kept")
    return decision


def _step(episode: Episode, decision: Decision, step: int, refuses_step: int) -> StepResult:
    try:
        parse_action(decision.action)
    except ValueError as error:
        raise PolicyProblem(f"step {step}: a malformed action: {error}") from error
    return episode.step({"action_type": "refused"} if step == refuses_step else decision.action)
