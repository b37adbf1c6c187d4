"""What a service did over the last seconds, from what its processes report and the kernel says of them."""

import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from math import ceil

import psutil

from praetor.sites.demo.families import Families

WINDOW_SECONDS = 15.0
_MIB = 1024 * 1024
_FAMILIES = Families()


@dataclass(frozen=True, slots=True)
class Sample:
    """One report of one process."""

    at: float
    requests: int
    failed: int
    milliseconds: tuple[float, ...]
    under_way: int


class Window:
    """The reports of all replicas of a service."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._samples: deque[Sample] = deque()

    def add(self, requests: int, failed: int, milliseconds: Iterable[float], under_way: int) -> None:
        self._samples.append(Sample(self._clock(), requests, failed, tuple(milliseconds), under_way))

    def clear(self) -> None:
        self._samples.clear()

    def recent(self, seconds: float = WINDOW_SECONDS) -> list[Sample]:
        oldest = self._clock() - seconds
        while self._samples and self._samples[0].at < self._clock() - WINDOW_SECONDS:
            self._samples.popleft()
        return [one for one in self._samples if one.at >= oldest]


def error_rate_percent(samples: list[Sample]) -> float:
    requests = sum(one.requests for one in samples)
    return round(100.0 * sum(one.failed for one in samples) / requests, 2) if requests else 0.0


def requests_per_second(samples: list[Sample], seconds: float = WINDOW_SECONDS) -> float:
    return round(sum(one.requests for one in samples) / seconds, 2)


def p99_ms(samples: list[Sample]) -> float:
    """The nearest-rank 99th percentile; 0 when nothing was served."""
    served = sorted(value for one in samples for value in one.milliseconds)
    return served[ceil(0.99 * len(served)) - 1] if served else 0.0


class Usage:
    """CPU and memory of a process and its children, looked at once a second."""

    def __init__(self, pid: int, charged_mb: Callable[[], float | None], families: Families = _FAMILIES) -> None:
        """`charged_mb`: what the kernel charges it for, where it says."""
        self._pid, self._charged_mb, self._families = pid, charged_mb, families
        self._process = _process_of(pid)
        self._cpu_seconds, self._at = _cpu_seconds([self._process] if self._process else []), time.monotonic()
        self.cpu_percent, self.memory_mb = 0.0, 0.0

    def look(self) -> None:
        """Keeps the old figures when the process has just ended."""
        try:
            family = self._family()
        except psutil.Error:
            return
        now, cpu_seconds = time.monotonic(), _cpu_seconds(family)
        passed = max(now - self._at, 1e-3)
        self.cpu_percent = max(0.0, 100.0 * (cpu_seconds - self._cpu_seconds) / passed)
        self._cpu_seconds, self._at = cpu_seconds, now
        charged_mb = self._charged_mb()
        self.memory_mb = _memory_bytes(family) / _MIB if charged_mb is None else charged_mb

    def _family(self) -> list[psutil.Process]:
        """Raises psutil.Error when the process has ended."""
        if self._process is None or not self._process.is_running():
            raise psutil.NoSuchProcess(self._pid)
        found = [self._process]
        for pid in self._families.below(self._pid):
            with suppress(psutil.Error):
                found.append(psutil.Process(pid))
        return found


def _process_of(pid: int) -> psutil.Process | None:
    """None: it has ended already."""
    with suppress(psutil.Error):
        return psutil.Process(pid)
    return None


def _cpu_seconds(family: list[psutil.Process]) -> float:
    seconds = 0.0
    for one in family:
        with suppress(psutil.Error):
            times = one.cpu_times()
            seconds += times.user + times.system
    return seconds


def _memory_bytes(family: list[psutil.Process]) -> float:
    """What a process shares with strangers (libraries) does not count, what it shares with its children (the
    buffers of PostgreSQL) once."""
    private, shared = 0, 0
    for one in family:
        with suppress(psutil.Error):
            memory = one.memory_info()
            private += memory.rss - memory.shared
            shared = max(shared, memory.shared)
    return float(private + (shared if len(family) > 1 else 0))
