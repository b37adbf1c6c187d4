"""A service whose replicas let so many requests a second through and turn the rest away, and users who ask for more."""

from dataclasses import replace
from typing import Any

from simcore.actions import CHANGES
from simcore.decision import Decision
from simcore.observation import (
    AlertNotice,
    ChangeReceipt,
    Check,
    Declaration,
    Diagnostic,
    Observation,
    Payload,
    ServiceDetail,
    ServiceList,
    ServiceRow,
)
from simcore.policies.playbook.policy import PlaybookPolicy
from simcore.results import RewardBreakdown, StepResult

TITLE = "Users are turned away"
STEP_SECONDS, MAX_STEPS = 10.0, 60
_ROW = ServiceRow("api", "healthy", 1, 1, "v1", restarts=0)
_DETAIL = ServiceDetail("api", "healthy", "v1", 1, 1, 0, "512Mi", "1000m", (), (), (), (), None, ())


class LimitedService:
    """`asked` has the requests per second before the first change of replicas, after it, after the second, and so on.
    `most` is what goes through however many replicas there are."""

    def __init__(self, *asked: float, per_replica: float = 20.0, most: float = 1e9, replicas: int = 1) -> None:
        self._asked, self._per_replica, self._most = asked, per_replica, most
        self.replicas, self.scaled_to, self.changes = replicas, [], []
        self.declared: list[dict[str, Any]] | None = None

    def played(self) -> "LimitedService":
        policy, history = PlaybookPolicy(), []
        seen = self._seen(0, "alert", AlertNotice(TITLE, "api", "critical", ""))
        while self.declared is None:
            decision = policy.decide(seen, history)
            seen = self._seen(seen.step + 1, decision.action.action_type, self._done(decision))
            history.append((decision, StepResult(seen, 0.0, RewardBreakdown(), False, False)))
        return self

    @property
    def turned_away(self) -> float:
        asked = self._asked[min(len(self.scaled_to), len(self._asked) - 1)]
        return max(0.0, 1.0 - min(self._per_replica * self.replicas, self._most) / asked)

    def _seen(self, step: int, kind: str, payload: Payload) -> Observation:
        alerts = (TITLE,) if self.turned_away > 0.01 else ()
        return Observation(kind, step, MAX_STEPS, STEP_SECONDS * step, payload, None, alerts)

    def _done(self, decision: Decision) -> Payload:
        given = decision.action.parameters.model_dump()
        match decision.action.action_type:
            case "scale_service":
                self.replicas = given["replicas"]
                self.scaled_to.append(self.replicas)
            case "resolve_incident":
                self.declared = given["causes"]
                return Declaration("declared")
            case "run_diagnostic":
                return Diagnostic("api", given["command"], self._checks(given["command"]))
            case "describe_service":
                return replace(_DETAIL, **self._now())
            case "list_services":
                return ServiceList((replace(_ROW, **self._now()),))
            case change if change in CHANGES:
                self.changes.append(change)
        return ChangeReceipt("api", decision.action.action_type, "accepted")

    def _now(self) -> dict[str, Any]:
        health = "degraded" if self.turned_away > 0.01 else "healthy"
        return {"health": health, "replicas_ready": self.replicas, "replicas_desired": self.replicas}

    def _checks(self, command: str) -> tuple[Check, ...]:
        if command != "check_health" or self.turned_away <= 0.01:
            return (Check(command, True, "nothing to be seen"),)
        share = self.turned_away
        return (
            Check("direct clients", False, f"{100 * share:.0f} % of requests", share + 0.1),
            Check("rate limit", False, f"{100 * share:.0f} % answered 429", share),
        )
