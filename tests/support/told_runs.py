"""Runs of every kind, with their traces: what reports are made of."""

from functools import cache
from typing import Any

from praetor.cli.playing import play_run
from praetor.cli.wanted import from_library
from praetor.resources.conditions import RUN_CONDITIONS
from praetor.resources.run import IncidentRun
from tests.support.traces import TraceBook

NOW = "2026-11-23T12:00:00Z"
PLAYED = {
    "resolved": ("oom-crash", 3, "playbook"),
    "not resolved": ("consumer-lag", 5, "random"),
    "no fault": ("slow-query", 1, "playbook"),
    "healed by itself": ("disk-full", 4, "playbook"),
    "two faults": ("dns-failure", 1, "playbook"),
}
KINDS = (*PLAYED, "policy failed", "nothing to act on", "failed")


@cache
def told(kind: str) -> tuple[IncidentRun, bytes]:
    if kind in PLAYED:
        return played(*PLAYED[kind])
    if kind == "policy failed":
        trace = TraceBook().jsonl(
            message="policy 'llm', step 1: no answer", declared=None, resolved=False, mitigated=False
        )
        return run_of(scenarioRef={"name": "oom-crash"}), trace
    reason, ended = (
        ("NothingToActOn", "Complete") if kind == "nothing to act on" else ("BackoffLimitExceeded", "Failed")
    )
    alert = {
        "source": "alertmanager",
        "groupKey": "g",
        "title": "Certificate of the coffee machine",
        "service": "kitchen",
    }
    return run_of(status_of(reason, ended, f"It ended so: {reason}."), alert=alert), b""


def played(scenario: str, seed: int, policy: str, difficulty: float = 0.5) -> tuple[IncidentRun, bytes]:
    spec = {"difficulty": difficulty, "policy": {"name": policy}}
    (wanted,) = from_library(scenario, range(seed, seed + 1), spec)
    ended = play_run(wanted.run, wanted.subject)
    return ended.run, ended.artifacts["trace.jsonl"]


def run_of(status: dict[str, Any] | None = None, **spec: Any) -> IncidentRun:
    head = {"apiVersion": "praetor.dev/v1alpha1", "kind": "IncidentRun"}
    metadata = {"name": "one-1", "namespace": "shop", "uid": "0f8e"}
    return IncidentRun.model_validate(head | {"metadata": metadata, "spec": spec, "status": status or {}})


def status_of(reason: str, ended: str, message: str) -> dict[str, Any]:
    conditions = [
        {"type": one, "status": "True" if one == ended else "False", "reason": reason, "lastTransitionTime": NOW}
        for one in RUN_CONDITIONS
    ]
    return {"phase": ended, "message": message, "conditions": conditions}
