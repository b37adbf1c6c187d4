"""A world of one service that a restart repairs: small enough to know by heart, and real enough to be
played on."""

import os
import time
from typing import Any

from praetor.runner.request import RunRequest
from simcore.actions import action_json, parse_action
from simcore.decision import Decision, History
from simcore.errors import ActionError, UnknownNameError
from simcore.observation import AlertNotice, ChangeReceipt, Declaration, Observation, ServiceList, ServiceRow
from simcore.results import CauseName, RewardBreakdown, Snapshot, StepResult, Verdict

LIST = {"action_type": "list_services"}
RESTART = {"action_type": "restart_service", "target_service": "api"}
DECLARE = {
    "action_type": "resolve_incident",
    "parameters": {"causes": [{"service": "api", "mechanism": "oom"}]},
}


class TinyStage:
    name = "Simulator"
    grading = "Full"
    family = "tiny"

    def __init__(self, seed: int = 0, max_steps: int = 5) -> None:
        self.seed, self.max_steps = seed, max_steps
        self.steps, self.healthy, self.declared, self.closed = 0, False, False, False
        self.keys: list[str] = []

    def reset(self) -> Observation:
        return Observation("alert", 0, self.max_steps, 0.0, AlertNotice("api is down", "api", "page", "it is down"))

    def step(self, action: Any, *, idempotency_key: str = "") -> StepResult:
        self.steps += 1
        self.keys.append(idempotency_key)
        try:
            wire = action_json(parse_action(action))
        except ActionError as problem:
            return self._result("error", None, str(problem))
        match wire["action_type"]:
            case "restart_service":
                self.healthy = True
                return self._result("restart_service", ChangeReceipt("api", "restart", "restart accepted"))
            case "resolve_incident":
                self.declared = True
                return self._result("resolve_incident", Declaration("declared"))
        row = ServiceRow("api", "healthy" if self.healthy else "crashed", 1, 1, "v1", restarts=0)
        return self._result("list_services", ServiceList((row,)))

    def _result(self, kind: str, payload: Any, error: str | None = None) -> StepResult:
        seen = Observation(kind, self.steps, self.max_steps, 10.0 * self.steps, payload, error)
        spent = self.steps >= self.max_steps
        return StepResult(seen, 0.01, RewardBreakdown(r_format=0.01), self.declared, spent and not self.declared)

    def snapshot(self) -> Snapshot:
        return Snapshot(10.0 * self.steps, (), (), 0.0)

    def verdict(self) -> Verdict:
        cause = (CauseName("api", "oom", "memory"),)
        resolved = self.healthy and self.declared
        return Verdict(
            resolved=resolved,
            mitigated=self.healthy,
            diagnosed=self.declared,
            declared=cause if self.declared else None,
            truth=cause,
            steps=self.steps,
            score=0.79 if resolved else 0.0,
            breakdown=RewardBreakdown(r_format=0.01 * self.steps),
            user_minutes_lost=1.5,
            sim_seconds=10.0 * self.steps,
        )

    def close(self) -> None:
        self.closed = True


class Script:
    """A policy that says what it was told to, one word a step; the last one again and again."""

    name = "script"

    def __init__(self, *words: Any) -> None:
        self.words = words

    def decide(self, observation: Observation, history: History) -> Any:
        word = self.words[min(len(history), len(self.words) - 1)]
        if isinstance(word, Exception):
            raise word
        return word


def decision(wire: dict[str, Any], reason: str = "because") -> Decision:
    return Decision(parse_action(wire), reason=reason)


def connect(request: RunRequest) -> TinyStage:
    if request.scenario == "unknown":
        raise UnknownNameError("no scenario 'unknown'; there is 'tiny'")
    return TinyStage(request.seed, request.max_steps or 5)


class _Dies(Script):
    def decide(self, observation: Observation, history: History) -> Any:
        os._exit(7)


class _Hangs(Script):
    def decide(self, observation: Observation, history: History) -> Any:
        time.sleep(600)


class _Prints(Script):
    def decide(self, observation: Observation, history: History) -> Any:
        print('{"outcome": "a lie"}', flush=True)
        return super().decide(observation, history)


def make_policy(name: str, seed: int = 0, episode: object = None) -> Script:
    good = (decision(LIST, "look first"), decision(RESTART), decision(DECLARE))
    return {
        "playbook": Script(*good),
        "prints": _Prints(*good),
        "dies": _Dies(),
        "hangs": _Hangs(),
        "raises": Script(RuntimeError("no idea")),
    }[name]
