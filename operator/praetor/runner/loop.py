"""One episode, from the alert to the verdict: the same loop for every substrate.

    reset -> (decide -> act -> observe)* -> verdict

It is synchronous and touches neither store nor network itself; what happens is told to `on_event`, line
by line.
"""

import json
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from praetor.runner.changes import Gate, nobody
from praetor.runner.journal import Journal, OnEvent
from praetor.runner.request import Failure, RunOutcome, RunRequest
from praetor.runner.stage import Stage, counterfactual_of
from praetor.runner.tools import Tools, as_decision, utc_now
from simcore.decision import Decision, Policy
from simcore.observation import AlertNotice, Observation
from simcore.results import StepResult, without_reward
from simcore.trace import canonical_json

Overdue = Callable[[], Failure | None]


def play(
    request: RunRequest,
    stage: Stage,
    policy: Policy,
    *,
    on_event: OnEvent | None = None,
    gate: Gate = nobody,
    clock: Callable[[], datetime] = utc_now,
) -> RunOutcome:
    """Plays the episode to its end and closes the stage, and the policy where it can be closed. A policy that raises
    ends it with a Failure. `gate` is asked before each change that is real or needs a person."""
    journal = Journal(request, stage, on_event)
    try:
        return _Episode(request, stage, policy, journal, Tools(request, stage, gate, journal, clock)).play()
    finally:
        stage.close()
        if isinstance(policy, Closes):
            policy.close()


@runtime_checkable
class Closes(Protocol):
    """A policy that holds something, for example a connection."""

    def close(self) -> None: ...


class _Episode:
    def __init__(
        self,
        request: RunRequest,
        stage: Stage,
        policy: Policy,
        journal: Journal,
        tools: Tools,
    ) -> None:
        self._request, self._stage, self._policy, self._journal = request, stage, policy, journal
        self._tools = tools
        self._overdue = deadline(request.deadline_seconds)
        self._history: list[tuple[Decision, StepResult]] = []

    def play(self) -> RunOutcome:
        observation = self._stage.reset()
        self._tools.begun()
        self._journal.opened(observation)
        failure = self._steps(observation)
        verdict = self._verdict()
        self._journal.closed(verdict, failure or self._tools.escalation)
        return self._outcome(verdict, alert_title(observation), failure)

    def _verdict(self) -> dict[str, Any]:
        told = self._stage.verdict().to_json()
        worth = counterfactual_of(self._stage)
        plain: dict[str, Any] = json.loads(canonical_json(told | ({"counterfactual": worth} if worth else {})))
        return plain

    def _steps(self, observation: Observation) -> Failure | None:
        while not self._tools.exhausted:
            if failure := self._overdue():
                return failure
            try:
                decision = as_decision(self._policy.decide(observation, tuple(self._history)))
            except Exception as problem:
                return self._policy_failed(problem)
            result = self._step(decision, observation)
            if result.done:
                return None
            observation = result.observation
        return None

    def _step(self, decision: Decision, before: Observation) -> StepResult:
        self._journal.decided(decision, before)
        result = self._tools.act(decision, before)
        self._journal.observed(decision, result, self._stage.snapshot())
        self._history.append((decision, without_reward(result)))
        return result

    def _policy_failed(self, problem: Exception) -> Failure:
        where = f"policy {self._request.policy!r}, step {self._tools.steps + 1}"
        return Failure("PolicyFailed", f"{where}: {type(problem).__name__}: {problem}")

    def _outcome(self, verdict: dict[str, Any], title: str, failure: Failure | None) -> RunOutcome:
        stage = self._stage
        return RunOutcome(
            verdict=verdict,
            grading=stage.grading,
            substrate=stage.name,
            scenario_name=self._request.scenario,
            family=stage.family,
            seed=stage.seed,
            max_steps=stage.max_steps,
            alert_title=title,
            steps=self._journal.summaries,
            trace=self._journal.jsonl(),
            failure=failure,
            escalation=self._tools.escalation,
            suggestions=self._tools.suggestions,
        )


def alert_title(observation: Observation) -> str:
    return observation.payload.title if isinstance(observation.payload, AlertNotice) else ""


def deadline(seconds: float | None) -> Overdue:
    """Fails an episode that is still going after so many seconds of real time."""
    if seconds is None:
        return lambda: None
    ends = time.monotonic() + seconds
    late = Failure("DeadlineExceeded", f"the episode was still going {seconds:g} s after it began")
    return lambda: late if time.monotonic() >= ends else None
