"""The store's list of changes: one JSON line each, whose last line is the store's revision.

A line is written before the change that it announces, and readers take the store's lock: whoever reads a
line finds the change done, or its writer dead. An announced change that never came costs a reader one look.
"""

import json
from pathlib import Path
from typing import NamedTuple

from praetor.store.files import write_atomic

COMPACT_BYTES = 1_000_000
KEPT_LINES = 2_000
_TAIL_BYTES = 4096


class Change(NamedTuple):
    """Where something was created, changed or deleted."""

    kind: str
    namespace: str
    name: str


class Journal:
    def __init__(self, path: Path) -> None:
        self._path = path

    def _size_bytes(self) -> int:
        try:
            return self._path.stat().st_size
        except FileNotFoundError:
            return 0

    def last_revision(self) -> int:
        """0 for a new store."""
        if not self._size_bytes():
            return 0
        with self._path.open("rb") as file:
            file.seek(max(0, self._size_bytes() - _TAIL_BYTES))
            entries = _entries(file.read())
        return entries[-1][0] if entries else 0

    def append(self, revision: int, change: Change) -> None:
        line = json.dumps([revision, *change], separators=(",", ":")).encode() + b"\n"
        with self._path.open("ab") as file:
            file.write(line if self._ends_with_newline() else b"\n" + line)
        if self._size_bytes() > COMPACT_BYTES:
            self._compact()

    def since(self, revision: int) -> list[Change] | None:
        """What changed after `revision`, each place once; None if the journal does not reach that far."""
        entries = _entries(self._path.read_bytes()) if self._size_bytes() else []
        first, last = (entries[0][0], entries[-1][0]) if entries else (1, 0)
        if revision + 1 < first or revision > last:
            return None
        return list(dict.fromkeys(change for number, change in entries if number > revision))

    def _ends_with_newline(self) -> bool:
        if not self._size_bytes():
            return True
        with self._path.open("rb") as file:
            file.seek(-1, 2)
            return file.read(1) == b"\n"

    def _compact(self) -> None:
        lines = self._path.read_bytes().splitlines(keepends=True)
        write_atomic(self._path, b"".join(lines[-KEPT_LINES:]))


def _entries(data: bytes) -> list[tuple[int, Change]]:
    """Whole lines only: the writer of a torn one died before it changed anything."""
    entries = []
    for line in data.split(b"\n"):
        try:
            revision, *change = json.loads(line)
            entries.append((int(revision), Change(*change)))
        except (ValueError, TypeError):
            continue
    return entries
