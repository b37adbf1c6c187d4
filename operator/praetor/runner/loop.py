"""One episode, from the alert to the verdict: the same loop for every substrate.

    reset -> (decide -> act -> observe)* -> verdict

It is synchronous and touches neither store nor network itself; what happens is told to `on_event`, line
by line.
"""

import json
import time
from collections.abc import Callable
from typing import Any

from praetor.runner.journal import Journal, OnEvent
from praetor.runner.request import Failure, RunOutcome, RunRequest
from praetor.runner.stage import Stage, counterfactual_of
from praetor.runner.tools import Guardrail, Tools, as_decision, guardrail_of
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
    guardrail: Guardrail | None = None,
) -> RunOutcome:
    """Plays the episode to its end and closes the stage. A policy that raises ends it with a Failure."""
    try:
        return _Episode(request, stage, policy, Journal(request, stage, on_event), guardrail).play()
    finally:
        stage.close()


class _Episode:
    def __init__(
        self,
        request: RunRequest,
        stage: Stage,
        policy: Policy,
        journal: Journal,
        guardrail: Guardrail | None,
    ) -> None:
        self._request, self._stage, self._policy, self._journal = request, stage, policy, journal
        self._tools = Tools(stage, guardrail or guardrail_of(request), f"{request.run_uid}/{request.attempt}")
        self._overdue = deadline(request.deadline_seconds)
        self._history: list[tuple[Decision, StepResult]] = []

    def play(self) -> RunOutcome:
        observation = self._stage.reset()
        self._journal.opened(observation)
        failure = self._steps(observation)
        verdict = self._verdict()
        self._journal.closed(verdict, failure)
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
        result = self._tools.act(decision.action, before)
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
