"""One episode, from the alert to the verdict: the same loop for every substrate.

    reset -> (decide -> act -> observe)* -> verdict

It is synchronous and touches neither store nor network itself; what happens is told to `on_event`, line
by line.
"""

import json
import math
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from praetor.guard.means import NOTHING, Means, Spent
from praetor.runner.changes import Gate, WantedCall, nobody
from praetor.runner.journal import Journal, OnEvent
from praetor.runner.request import Failure, RunOutcome, RunRequest
from praetor.runner.stage import Stage, counterfactual_of
from praetor.runner.tools import Tools, as_decision, utc_now
from simcore.decision import Decision, Policy
from simcore.observation import AlertNotice, Observation
from simcore.results import StepResult, without_reward
from simcore.trace import canonical_json


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
    ends it with a Failure. `gate` is asked before each change that is real or needs a person, and before each call of a
    language model."""
    journal, deadline = Journal(request, stage, on_event), _Deadline(request.deadline_seconds)
    if isinstance(policy, Spends):
        policy.begin(_means(request, gate, deadline))
    try:
        return _Episode(request, stage, policy, journal, Tools(request, stage, gate, journal, clock), deadline).play()
    finally:
        stage.close()
        if isinstance(policy, Closes):
            policy.close()


@runtime_checkable
class Closes(Protocol):
    """A policy that holds something, for example a connection."""

    def close(self) -> None: ...


@runtime_checkable
class Spends(Protocol):
    """A policy whose decisions take time and cost something: it keeps to what the run has left of both."""

    @property
    def spent(self) -> Spent:
        """By all attempts of the run."""

    @property
    def unfinished(self) -> dict[str, Any] | None:
        """The transcript of a decision that did not come; None if nothing was said."""

    def begin(self, means: Means) -> None:
        """Said once, before the first decision."""


def _means(request: RunRequest, gate: Gate, deadline: "_Deadline") -> Means:
    def announce(spent: Spent) -> None:
        gate(WantedCall(spent))

    own = [change for change in request.past if change.run == request.name]
    return Means(request.spent, tuple(change.in_words for change in own), announce, deadline.seconds_left)


class _Episode:
    def __init__(
        self,
        request: RunRequest,
        stage: Stage,
        policy: Policy,
        journal: Journal,
        tools: Tools,
        deadline: "_Deadline",
    ) -> None:
        self._request, self._stage, self._policy, self._journal = request, stage, policy, journal
        self._tools, self._deadline = tools, deadline
        self._history: list[tuple[Decision, StepResult]] = []

    def play(self) -> RunOutcome:
        observation = self._stage.reset()
        self._tools.begun()
        self._journal.opened(observation)
        failure = self._steps(observation)
        verdict = self._verdict()
        unfinished = self._policy.unfinished if failure and isinstance(self._policy, Spends) else None
        self._journal.closed(verdict, failure or self._tools.escalation, unfinished)
        return self._outcome(verdict, alert_title(observation), failure)

    def _verdict(self) -> dict[str, Any]:
        told = self._stage.verdict().to_json()
        worth = counterfactual_of(self._stage)
        plain: dict[str, Any] = json.loads(canonical_json(told | ({"counterfactual": worth} if worth else {})))
        return plain

    def _steps(self, observation: Observation) -> Failure | None:
        while not self._tools.exhausted:
            if failure := self._deadline.passed():
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
        """One that gave up because no time was left has not failed."""
        where = f"policy {self._request.policy!r}, step {self._tools.steps + 1}"
        told = f"{where}: {type(problem).__name__}: {problem}"
        late = self._deadline.passed()
        return Failure(late.reason, f"{late.message}: {told}") if late else Failure("PolicyFailed", told)

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
            spent=self._policy.spent if isinstance(self._policy, Spends) else NOTHING,
        )


def alert_title(observation: Observation) -> str:
    return observation.payload.title if isinstance(observation.payload, AlertNotice) else ""


class _Deadline:
    """Fails an episode that is still going after so many seconds of real time; never without them."""

    def __init__(self, seconds: float | None) -> None:
        self._seconds, self._ends = seconds, time.monotonic() + (math.inf if seconds is None else seconds)

    def seconds_left(self) -> float | None:
        return None if self._seconds is None else self._ends - time.monotonic()

    def passed(self) -> Failure | None:
        if self._seconds is None or time.monotonic() < self._ends:
            return None
        return Failure("DeadlineExceeded", f"the episode was still going {round(self._seconds, 1):g} s after it began")
