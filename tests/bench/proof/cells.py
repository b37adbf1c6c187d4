"""What a proof is made of: cells of runs, what came of each, and the table of them with intervals."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from zlib import crc32

from simcore.evaluation.counts import wilson_interval

SIMULATED_AS = {
    "memory_limit": "oom_crash",
    "bad_version": "bad_deployment_cascade",
    "scale_to_zero": "scale_to_zero",
    "bad_config": "config_drift",
    "cpu_limit": "cfs_throttling",
}
ON_CLUSTERS = tuple(SIMULATED_AS)
"""What plain objects of Kubernetes can break, and the family of the simulator that is most like it."""


class Cell(NamedTuple):
    """One run: where, what is broken, who repairs. `number` chooses the fault's size and service, for all policies
    alike."""

    substrate: str
    family: str
    policy: str
    number: int

    def seed(self, attempt: int = 0) -> int:
        return crc32(f"{self.substrate} {self.family} {self.number} {attempt}".encode())


class Played(NamedTuple):
    """`resolved` is what users saw, `verdict` the run's own word; `unseen` counts the faults before this one that no
    user noticed before the first action: those do not count."""

    cell: Cell
    resolved: bool
    verdict: bool
    unseen: int
    seconds: float
    cause: str
    changes: list[str]
    users: dict[str, Any]
    fault: str = ""


def row(family: str, runs: list[Played]) -> dict[str, Any]:
    good, n = sum(one.resolved for one in runs), len(runs)
    low, high = wilson_interval(good, n) if n else (0.0, 1.0)
    return {
        "substrate": runs[0].cell.substrate, "family": family, "policy": runs[0].cell.policy,
        "resolved": good, "runs": n, "ci_low": round(low, 3), "ci_high": round(high, 3),
        "verdict_resolved": sum(one.verdict for one in runs),
        "unseen": sum(one.unseen for one in runs),
        "mean_seconds": round(sum(one.seconds for one in runs) / n, 1) if n else None,
        "causes": sorted({one.cause for one in runs}),
    }  # fmt: skip


def rows(played: Iterable[Played]) -> Iterator[dict[str, Any]]:
    by_cell: dict[tuple[str, str, str], list[Played]] = {}
    for one in played:
        by_cell.setdefault((one.cell.substrate, one.cell.family, one.cell.policy), []).append(one)
    for (_, family, _), runs in sorted(by_cell.items()):
        yield row(family, runs)


class Record:
    """A file with a line for each run that was played: who starts again goes on where it ended."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        lines = path.read_text().splitlines() if path is not None and path.exists() else []
        told = [json.loads(line) for line in lines]
        self.played = {Cell(*one["cell"]): Played(**one | {"cell": Cell(*one["cell"])}) for one in told}

    def add(self, one: Played) -> None:
        self.played[one.cell] = one
        if self._path is not None:
            with self._path.open("a") as file:
                file.write(json.dumps(one._asdict()) + "\n")
