"""Traces written by hand: what a run of a given course leaves behind, with any text in any place."""

from typing import Any

from simcore.trace import TraceWriter

BREAKDOWN = {
    "r_diagnostic": 0.08,
    "r_correct_op": 0.1,
    "r_resolution": 0.45,
    "r_format": 0.04,
    "r_efficiency": 0.1,
    "r_penalty": 0.0,
}
ALERT = {"title": "order-service is failing", "service": "order-service", "severity": "critical"}
CAUSE = {"service": "order-service", "mechanism": "heap_oom", "mechanism_class": "memory"}

RUBRIC = [
    {"description": "Read the log", "weight": 0.45, "done": True},
    {"description": "Scaled it out", "weight": 0.55, "done": False},
    {"description": "Told the others", "weight": 1.0, "done": None},
]


def verdict(**changes: Any) -> dict[str, Any]:
    """Of a clean resolution, but for the changes."""
    usual = {
        "resolved": True,
        "mitigated": True,
        "diagnosed": True,
        "declared": [CAUSE],
        "truth": [CAUSE],
        "steps": 3,
        "score": 0.77,
        "breakdown": BREAKDOWN,
        "user_minutes_lost": 41.25,
        "sim_seconds": 425.0,
        "notes": [],
        "rubric": RUBRIC,
    }
    return {**usual, **changes}


def action(kind: str, service: str | None = "order-service", **parameters: Any) -> dict[str, Any]:
    return {"action_type": kind, "target_service": service, "parameters": parameters}


def snapshot(availability: float) -> dict[str, Any]:
    slo = {"service": "frontend-bff", "sli": "availability", "objective": 0.99}
    return {"slos": [{**slo, "value": availability, "met": availability >= 0.99}], "user_minutes_lost": 41.25}


class TraceBook:
    """Steps are added one by one; `jsonl` is the trace with its end."""

    def __init__(self, **setting: Any) -> None:
        self._writer, self._seconds = TraceWriter("uid-1"), 0.0
        usual = {"scenario": "oom_crash", "seed": 7, "difficulty": 0.5, "policy": "playbook", "max_steps": 20}
        where = {"substrate": "Simulator", "grading": "Full"}
        self._writer.append("alert", data=ALERT, sim_seconds=0.0)
        self._writer.append("reset", data=usual | where | setting, snapshot=snapshot(0.4), sim_seconds=0.0)

    def step(self, done: dict[str, Any] | None, *, effect: bool = False, **said: Any) -> "TraceBook":
        breakdown = said.pop("breakdown", {"r_format": 0.01})
        error = said.pop("error", None)
        decision = {"action": done, "hypothesis": None, "evidence": [], "reason": "", "ruled_out": []} | said
        self._writer.append("decision", decision=decision, sim_seconds=self._seconds)
        self._seconds += 30.0
        self._writer.append(
            "effect" if effect else "observation",
            action=done,
            reward=sum(breakdown.values()),
            breakdown=breakdown,
            snapshot=snapshot(1.0),
            error=error,
            sim_seconds=self._seconds,
        )
        return self

    def asked(self, done: dict[str, Any], state: str, by: str = "", message: str = "") -> "TraceBook":
        """What became of a change that waited for a person."""
        data = {"request": "0" * 16, "state": state, "by": by, "message": message}
        self._writer.append("approval", action=done, data=data, sim_seconds=self._seconds)
        return self

    def jsonl(self, *, message: str | None = None, **changes: Any) -> bytes:
        end = verdict(**changes)
        self._writer.append("verdict", data=end, breakdown=end["breakdown"], sim_seconds=end["sim_seconds"])
        self._writer.append("end", data={"reason": "Ended"}, error=message, sim_seconds=end["sim_seconds"])
        return self._writer.jsonl()


def resolved_run() -> TraceBook:
    """Look, fix, look again, declare."""
    hypothesis = {"service": "order-service", "mechanism": "heap_oom", "ruled_out_by": ""}
    excluded = {"service": "postgres-db", "mechanism": "connection_leak", "ruled_out_by": "pool 3/20"}
    return (
        TraceBook()
        .step(action("read_logs"), reason="The page names it", evidence=["[FATAL] Java heap space"])
        .step(
            action("restart_service", memory_limit="1024Mi"),
            effect=True,
            reason="The heap outgrew its limit",
            hypothesis=hypothesis,
            ruled_out=[excluded],
        )
        .step(action("check_metrics"), reason="Is it better?")
        .step(action("resolve_incident", None, root_cause="heap too small", resolution="limit raised", causes=[]))
    )
