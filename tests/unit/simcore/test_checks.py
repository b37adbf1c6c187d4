"""`check_policy` and `check_substrate` find what breaks the contract, and nothing where it is kept."""

from typing import Any

import pytest

import simcore
from simcore.actions import parse_action
from simcore.checks.policy import check_policy
from simcore.checks.substrate import check_substrate
from simcore.decision import Decision
from simcore.policies.registry import POLICIES
from tests.support.playing import do


@pytest.mark.parametrize("name", [policy.name for policy in POLICIES.values() if policy.of_seed])
def test_our_own_policies_keep_the_contract(name):
    assert check_policy(lambda seed: simcore.make_policy(name, seed)) == []


class Lister:
    name = "lister"

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed

    def decide(self, observation, history):
        return Decision(parse_action(do("list_services")))


class Nameless(Lister):
    name = None  # type: ignore[assignment]


class Crashing(Lister):
    def decide(self, observation, history):
        if observation.kind == "error":
            raise KeyError("payload")
        return super().decide(observation, history)


class Malformed(Lister):
    def decide(self, observation, history):
        return Decision(do("reboot_everything"))


class Untyped(Lister):
    def decide(self, observation, history):
        return Decision(do("list_services"))


class Mute(Lister):
    def decide(self, observation, history):
        return None


class Forgetful(Lister):
    def decide(self, observation, history):
        history.clear()
        return super().decide(observation, history)


class Capricious(Lister):
    calls = 0

    def decide(self, observation, history):
        Capricious.calls += 1
        return Decision(parse_action(do("read_logs", "api-gateway", lines=1 + Capricious.calls % 97)))


class Longwinded(Lister):
    def decide(self, observation, history):
        return Decision(parse_action(do("list_services")), reason="well, " * 1000)


def test_a_policy_that_keeps_the_contract_is_not_complained_about():
    assert check_policy(Lister) == []


@pytest.mark.parametrize(
    ("policy", "says"),
    [
        (Nameless, "no name"),
        (Crashing, "decide raised KeyError"),
        (Malformed, "a malformed action"),
        (Untyped, "the action is a dict; `parse_action` makes an Action"),
        (Mute, "must return a Decision"),
        (Forgetful, "changes the history"),
        (Capricious, "differs when it is played again"),
        (Longwinded, "the reason has 6000 characters"),
    ],
)
def test_a_policy_that_breaks_it_is_told_how(policy, says):
    assert says in "\n".join(check_policy(policy, families=("oom_crash",)))


class Simulated:
    """The simulator as a substrate, bare; what a subclass changes is a fault."""

    name: Any = "Simulator"
    grading: Any = "Full"

    def __init__(self) -> None:
        self._episode = simcore.make("oom_crash", seed=1)
        self.max_steps = self._episode.max_steps

    def reset(self):
        return self._episode.reset()

    def step(self, action, *, idempotency_key=""):
        return self._episode.step(action)

    def snapshot(self):
        return self._episode.snapshot()

    def verdict(self):
        return self._episode.verdict()

    def close(self):
        pass


def test_the_simulator_keeps_the_contract():
    assert check_substrate(Simulated) == []


def broken(**changes):
    return type("Broken", (Simulated,), changes)


def raising(self, action, *, idempotency_key=""):
    if "action_type" not in action:
        raise KeyError("action_type")
    return self._episode.step(action)


def generous(self, action, *, idempotency_key=""):
    result = self._episode.step(action)
    result.reward += 0.1
    return result


class Unsteady(Simulated):
    made = 0

    def __init__(self) -> None:
        Unsteady.made += 1
        self._episode = simcore.make("oom_crash", seed=Unsteady.made)
        self.max_steps = 10


@pytest.mark.parametrize(
    ("substrate", "says"),
    [
        (broken(name="Sim"), "name is 'Sim'"),
        (broken(grading="None"), "grading is 'None'"),
        (broken(reset=lambda self: None), "Observation of kind `alert`"),
        (broken(snapshot=lambda self: {}), "a Snapshot"),
        (broken(verdict=lambda self: {}), "a Verdict"),
        (broken(step=raising), "raised KeyError"),
        (broken(step=generous), "after the end"),
        (broken(step=lambda self, action, idempotency_key="": {}), "should return a StepResult"),
        (Unsteady, "another observation"),
    ],
)
def test_a_substrate_that_breaks_it_is_told_how(substrate, says):
    assert says in "\n".join(check_substrate(substrate))
