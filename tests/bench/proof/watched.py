"""A run on something real: broken, noticed by its users, repaired or not, and judged by what its users see after."""

import json
import random
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from praetor.runner.request import RunOutcome
from tests.bench.proof.cells import Cell, Played

NOTICED_PERCENT, NOTICED_TIMES_PROMISED = 5.0, 2.0
WELL_PERCENT = 1.0
NOTICED_SECONDS, JUDGED_SECONDS, HEALTHY_SECONDS = 6.0, 15.0, 6.0
PATIENCE_SECONDS = 90.0
LATEST_PAGE_SECONDS = 15.0
MOST_UNSEEN = 5
Figures = dict[str, Any]
"""`requests`, `error_rate_percent`, `p99_ms` of what a load generator that knows nothing of faults saw."""


class Stage(Protocol):
    """Something real with users on it, who were promised an answer within `promised_ms`, 99 times of 100."""

    poll_seconds: float
    """Between two looks at its users: where they cost something they are not to be the load."""

    @property
    def promised_ms(self) -> float: ...
    def users(self, seconds: float) -> Figures: ...
    def break_(self) -> str:
        """Breaks it; says what was broken and how much."""

    def play(self) -> RunOutcome: ...


class UnhealthyError(Exception):
    """What is to be broken is not well to begin with: the machine is too slow, or something is left over."""


def played(cell: Cell, stage_of: Callable[[int], AbstractContextManager[Stage]], traces: Path | None = None) -> Played:
    """`stage_of(attempt)` makes one of its own for each attempt; `traces` is a folder for what was done and seen.
    Raises UnhealthyError."""
    for attempt in range(MOST_UNSEEN):
        with stage_of(attempt) as stage:
            one = _once(cell, stage, attempt, traces)
        if one is not None:
            return one
    raise UnhealthyError(f"{cell}: no user noticed {MOST_UNSEEN} faults in turn")


def _once(cell: Cell, stage: Stage, unseen: int, traces: Path | None) -> Played | None:
    if not _comes(lambda: are_well(stage.users(HEALTHY_SECONDS), stage.promised_ms), stage.poll_seconds):
        raise UnhealthyError(f"{cell}: {stage.users(HEALTHY_SECONDS)} before the fault")
    fault = stage.break_()
    if not _comes(lambda: suffer(stage.users(NOTICED_SECONDS), stage.promised_ms), stage.poll_seconds):
        return None
    time.sleep(random.Random(f"{cell}").uniform(0.0, LATEST_PAGE_SECONDS))
    if not suffer(stage.users(NOTICED_SECONDS), stage.promised_ms):
        return None
    began = time.monotonic()
    outcome = stage.play()
    seconds = round(time.monotonic() - began, 1)
    if traces is not None:
        (traces / f"{'-'.join(map(str, cell))}.jsonl").write_bytes(outcome.trace)
    time.sleep(JUDGED_SECONDS)
    seen = stage.users(JUDGED_SECONDS)
    resolved, cause = in_short(outcome)
    return Played(
        cell, are_well(seen, stage.promised_ms), resolved, unseen, seconds, cause, changes_of(outcome), seen, fault
    )


def suffer(seen: Figures, promised_ms: float) -> bool:
    slow = seen["p99_ms"] >= NOTICED_TIMES_PROMISED * promised_ms
    return bool(seen["requests"]) and (seen["error_rate_percent"] >= NOTICED_PERCENT or slow)


def are_well(seen: Figures, promised_ms: float) -> bool:
    """An empty window is no proof of anything."""
    return seen["requests"] > 0 and seen["error_rate_percent"] <= WELL_PERCENT and seen["p99_ms"] <= promised_ms


def _comes(met: Callable[[], bool], step_seconds: float) -> bool:
    ends = time.monotonic() + PATIENCE_SECONDS
    while not met():
        if time.monotonic() > ends:
            return False
        time.sleep(step_seconds)
    return True


def in_short(outcome: RunOutcome) -> tuple[bool, str]:
    """(its own verdict, what it declared or why it failed)."""
    verdict = outcome.verdict
    causes = ", ".join(f"{one['service']}/{one['mechanism']}" for one in verdict["declared"] or ())
    return verdict["resolved"], causes if outcome.failure is None else outcome.failure.message


def changes_of(outcome: RunOutcome) -> list[str]:
    events = [json.loads(line) for line in outcome.trace.splitlines()]
    return [
        f"{event['action']['action_type']} {event['action']['target_service']} {event['action']['parameters']}"
        + (f": {event['error']}" if event.get("error") else "")
        for event in events
        if event["kind"] == "effect"
    ]
