"""Who is whose child: one look through the processes of the machine serves everybody who asks within a moment.

Such a look is most of what the supervisor does all day. The kernel would name the children of a single process
(`/proc/PID/task/TID/children`), but leaves some out when others end meanwhile, as PostgreSQL's do.
"""

import os
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import suppress

import psutil

FRESH_SECONDS = 0.25


def parents(proc: str = "/proc") -> dict[int, int]:
    """The parent of each process: psutil knows it everywhere, Linux tells it in less time."""
    found: dict[int, int] = {}
    for name in os.listdir(proc) if os.path.exists(f"{proc}/self/stat") else ():
        with suppress(ValueError, OSError), open(f"{proc}/{int(name)}/stat", "rb") as file:
            found[int(name)] = int(file.read().rpartition(b")")[2].split()[1])
    return found or {one.pid: one.info["ppid"] for one in psutil.process_iter(["ppid"])}


class Families:
    def __init__(
        self, read: Callable[[], Mapping[int, int]] = parents, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._read, self._clock = read, clock
        self._children: dict[int, list[int]] = {}
        self._read_at = -FRESH_SECONDS

    def below(self, pid: int) -> list[int]:
        """The process's children, their children, and so on."""
        self._refresh()
        family = [pid]
        for one in family:  # it grows meanwhile
            family += [child for child in self._children.get(one, ()) if child not in family]
        return family[1:]

    def _refresh(self) -> None:
        if self._clock() - self._read_at < FRESH_SECONDS:
            return
        self._children = defaultdict(list)
        for child, parent in self._read().items():
            self._children[parent].append(child)
        self._read_at = self._clock()
