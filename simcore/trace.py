"""The trace of a run: one JSON object a line, canonical key order, each line chained to the one before by SHA-256."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

TRACE_VERSION = 1
TraceKind = Literal["alert", "reset", "decision", "intent", "effect", "observation", "approval", "verdict", "end"]


@dataclass(frozen=True, slots=True)
class TraceEvent:
    """One line. `wall_time` is RFC 3339 or None in the simulator, whose trace must not depend on a clock."""

    run_uid: str
    seq: int
    kind: TraceKind
    prev_sha256: str
    sim_seconds: float | None = None
    wall_time: str | None = None
    action: dict[str, Any] | None = None
    decision: dict[str, Any] | None = None
    observation: dict[str, Any] | None = None
    reward: float | None = None
    breakdown: dict[str, float | None] | None = None
    snapshot: dict[str, Any] | None = None
    data: dict[str, Any] | None = None
    error: str | None = None
    v: int = TRACE_VERSION

    def to_json(self) -> dict[str, Any]:
        """Without the fields that are None, except `wall_time`."""
        return {key: value for key, value in asdict(self).items() if value is not None or key == "wall_time"}

    def line(self) -> str:
        return canonical_json(self.to_json())


def canonical_json(value: Any) -> str:
    """Sorted keys, no spaces, no NaN: equal values give equal bytes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


class TraceWriter:
    """Numbers and chains events; `lines` is the trace so far."""

    def __init__(self, run_uid: str) -> None:
        self.run_uid = run_uid
        self.lines: list[str] = []
        self._last_sha256 = ""

    def append(self, kind: TraceKind, **fields: Any) -> TraceEvent:
        event = TraceEvent(self.run_uid, len(self.lines), kind, self._last_sha256, **fields)
        line = event.line()
        self._last_sha256 = hashlib.sha256(line.encode()).hexdigest()
        self.lines.append(line)
        return event

    def jsonl(self) -> bytes:
        return "".join(f"{line}\n" for line in self.lines).encode()


def read_trace(jsonl: bytes) -> Iterator[dict[str, Any]]:
    """The events of a stored trace."""
    for line in jsonl.splitlines():
        if line.strip():
            yield json.loads(line)


def broken_links(lines: Iterable[str]) -> list[int]:
    """Sequence numbers of lines whose `prev_sha256` does not match the line before: empty for an honest trace."""
    broken, last = [], ""
    for number, line in enumerate(lines):
        if json.loads(line).get("prev_sha256") != last:
            broken.append(number)
        last = hashlib.sha256(line.encode()).hexdigest()
    return broken
