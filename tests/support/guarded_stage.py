"""A site of a few services that does all it is told: what was done there is what a guardrail let pass."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from simcore.actions import CHANGES, action_json, parse_action
from simcore.errors import ActionError
from simcore.observation import AlertNotice, ChangeReceipt, Declaration, Observation, ServiceList
from simcore.results import RewardBreakdown, ServiceSnapshot, Snapshot, StepResult, Verdict

MORNING = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
SERVICES = {"frontend": 2, "api": 4, "postgres": 1}


class GuardedStage:
    """`made` has every change that came through, with the time at which it did. Each look at the clock, and each step,
    takes `step` of time."""

    name = "Site"
    grading = "Partial"
    family = "unknown"
    seed = 0

    def __init__(self, max_steps: int = 30, step: timedelta = timedelta(seconds=10), now: datetime = MORNING) -> None:
        self.max_steps, self._step, self.now = max_steps, step, now
        self.replicas, self.memory_mb = dict(SERVICES), dict.fromkeys(SERVICES, 512.0)
        self.made: list[tuple[datetime, dict[str, Any]]] = []
        self.keys: list[str] = []
        self.steps, self.declared = 0, False

    @property
    def clock(self) -> Callable[[], datetime]:
        return lambda: self.now

    def reset(self) -> Observation:
        return Observation("alert", 0, self.max_steps, 0.0, AlertNotice("it hurts", "api", "page", "it hurts"))

    def step(self, action: Any, *, idempotency_key: str = "") -> StepResult:
        self.steps += 1
        self.keys.append(idempotency_key)
        try:
            wire = action_json(parse_action(action))
        except ActionError as problem:
            return self._result("error", None, str(problem))
        if wire["action_type"] in CHANGES:
            return self._changed(wire)
        if wire["action_type"] == "resolve_incident":
            self.declared = True
            return self._result("resolve_incident", Declaration("declared"))
        return self._result(wire["action_type"], ServiceList(()))

    def _changed(self, wire: dict[str, Any]) -> StepResult:
        self.made.append((self.now, wire))
        if wire["action_type"] == "scale_service" and wire["target_service"] in self.replicas:
            self.replicas[wire["target_service"]] = wire["parameters"]["replicas"]
        return self._result(wire["action_type"], ChangeReceipt(wire["target_service"], wire["action_type"], "done"))

    def _result(self, kind: str, payload: Any, error: str | None = None) -> StepResult:
        self.now += self._step
        seen = Observation(kind, self.steps, self.max_steps, 10.0 * self.steps, payload, error)
        spent = self.steps >= self.max_steps
        return StepResult(seen, 0.0, RewardBreakdown(), self.declared, spent and not self.declared)

    def snapshot(self) -> Snapshot:
        rows = tuple(
            ServiceSnapshot(name, "healthy", many, many, "v1", 0.0, 10.0, 100.0, self.memory_mb[name], 1.0)
            for name, many in self.replicas.items()
        )
        return Snapshot(10.0 * self.steps, rows, (), 0.0)

    def verdict(self) -> Verdict:
        return Verdict(
            resolved=False, mitigated=False, diagnosed=None, declared=() if self.declared else None, truth=None,
            steps=self.steps, score=0.0, breakdown=RewardBreakdown(), user_minutes_lost=0.0,
            sim_seconds=10.0 * self.steps,
        )  # fmt: skip

    def close(self) -> None:
        """There is nothing to give back."""
