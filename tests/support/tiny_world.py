"""Small real worlds: a topology of a few services at rest, whose causes a test sets and whose time it moves."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np

from simcore.kernel import layout as at
from simcore.kernel import observe
from simcore.kernel.advance import advance
from simcore.kernel.queueing import percentile_99
from simcore.kernel.sections import sections
from simcore.kernel.told import TOLD_SLOTS, tell_detail
from simcore.observation import ServiceDetail
from simcore.topologies.rest import world_at_rest
from simcore.topologies.topology import Call, Part, Topology
from simcore.world.decoding import decode_detail

Row = np.ndarray
Seen = TypeVar("Seen")
ENDLESS = 1e9  # requests that a queue holds, threads that a pod has, ms that a caller waits
SUB_STEP_S = 10.0
_PATIENCE = [at.DEADLINE_MS, at.CLIENT_TIMEOUT_MS, at.QUEUE_LIMIT, at.WORKERS, at.PROBE_TIMEOUT_MS]


class TinyWorld:
    """Services, calls and releases are spoken of by name; numbers by the columns of `simcore.kernel.layout`."""

    def __init__(self, topology: Topology) -> None:
        self.topology = topology
        self.buffer = world_at_rest.__wrapped__(topology).copy()  # the cache of real topologies is left alone
        self._sections = sections(self.buffer, topology.graph)

    @property
    def clock(self) -> Row:
        return self._sections.clock

    @property
    def now_s(self) -> float:
        return float(self.clock[at.NOW_S])

    @property
    def services(self) -> np.ndarray:
        return self._sections.services

    def get(self, name: str, column: int) -> float:
        return float(self.services[self.topology.index[name], column])

    def set(self, name: str, causes: dict[int, float]) -> None:
        """What is set is special (only special services are asked what ails them) and needs short sub-steps again."""
        row = self.services[self.topology.index[name]]
        self.clock[at.SUB_STEP_S] = 0.0
        row[[at.SPECIAL, *causes]] = [1.0, *causes.values()]

    @property
    def all_pods(self) -> np.ndarray:
        return self._sections.pods

    def detail(self, name: str) -> ServiceDetail:
        """What `describe_service` shows."""
        part, out, told = self._sections, np.zeros(observe.OUT_COLUMNS), np.empty(TOLD_SLOTS)
        s, entry = self.topology.index[name], self.topology.entry
        observe.show_detail(part.clock, part.services, part.releases, part.pods, s, entry, out)
        tell_detail(out, self.topology.graph, s, told)
        return decode_detail(told, self.topology)

    def metrics(self, name: str, *, step: int, difficulty: float, window_s: float = 60.0, seed: int = 1) -> np.ndarray:
        """The numbers of `check_metrics` at an episode's step of that number."""
        part, out, s = self._sections, np.zeros(observe.OUT_COLUMNS), self.topology.index[name]
        part.facts[at.DIFFICULTY] = difficulty
        observe.show_metrics(
            part.clock, part.facts, part.times, part.services, part.history, s, window_s, seed, step, out
        )
        return out[observe.OUT_PAYLOAD :]

    @property
    def scrapes_s(self) -> list[float]:
        """When the scrapes that are still there were made."""
        made = min(int(self.clock[at.FINE_COUNT]), at.FINE_SLOTS)
        return sorted(self._sections.times[:made].tolist())

    def fork(self) -> "TinyWorld":
        twin = object.__new__(TinyWorld)
        twin.topology, twin.buffer = self.topology, self.buffer.copy()
        twin._sections = sections(twin.buffer, twin.topology.graph)
        return twin

    def pods(self, name: str) -> np.ndarray:
        return self._sections.pods[self.topology.index[name]]

    def release(self, name: str, causes: dict[int, float], number: int = at.MAX_RELEASES - 1) -> None:
        """What a release brings; the newest one is running."""
        self.set(name, {})
        self._sections.releases[self.topology.index[name], number, list(causes)] = list(causes.values())

    def call(self, caller: str, callee: str) -> Row:
        pair = self.topology.index[caller], self.topology.index[callee]
        return self._sections.edges[self.topology.pairs.index(pair)]

    def load(self, rate: float) -> None:
        """Requests per second at the entry, from now on."""
        self.clock[at.BASE_RPS] = rate

    def be_patient(self) -> None:
        """Nobody gives up, and there is room for all who wait: as queueing theory has it."""
        self.services[:, _PATIENCE] = ENDLESS
        self.services[:, at.SPECIAL] = 1.0

    def in_work(self, name: str) -> float:
        """Requests that a service has in work or in its queue."""
        threads = max(self.get(name, at.READY) * self.get(name, at.WORKERS), 1.0)
        return self.get(name, at.THREADS_BUSY) * threads

    def p99_ms(self, name: str) -> float:
        return float(percentile_99(self.get(name, at.MEAN_MS), self.get(name, at.VAR_MS2)))

    def advance(self, seconds: float) -> None:
        """As an action does: in as many sub-steps as the kernel sees fit."""
        advance(self.buffer, self.topology.graph, seconds)

    def run(self, seconds: float, every: float = SUB_STEP_S) -> None:
        """In sub-steps of `every` seconds, 10 or less."""
        self.watch(seconds, lambda: None, every)

    def watch(self, seconds: float, look: Callable[[], Seen], every: float = SUB_STEP_S) -> list[tuple[float, Seen]]:
        """(time, what `look` saw) after each of the sub-steps."""
        seen = []
        for end in np.linspace(0.0, seconds, round(seconds / every) + 1)[1:] + self.now_s:
            self.advance(end - self.now_s)
            seen.append((self.now_s, look()))
        return seen

    def until(self, holds: Callable[[], bool], at_most: float, every: float = SUB_STEP_S) -> float:
        """Seconds until it holds; `at_most` if it never does."""
        begin = self.now_s
        while not holds() and self.now_s - begin < at_most:
            self.run(every, every)
        return self.now_s - begin


def part(name: str = "api", **settings: Any) -> Part:
    """A pod of one core that works 10 ms for a request, unless said otherwise."""
    return Part(name, "go", **{"replicas": 1, "cpu_cores": 1.0, **settings})


def database(name: str = "db", **settings: Any) -> Part:
    """One with ample CPU and connections, and no replica."""
    usual: dict[str, Any] = {"replicas": 1, "work_ms": 4.0, "cpu_cores": 8.0, "memory_mb": 8192.0, "pool_max": 100.0}
    return Part(name, "postgres", "database", **{**usual, **settings})


def tiny_world(parts: Sequence[Part], calls: Sequence[Call] = (), *, rate: float = 10.0) -> TinyWorld:
    """At rest at `rate` requests per second to the first of the parts."""
    return TinyWorld(Topology("tiny", tuple(parts), tuple(calls), rate))


def chain(*parts: Part, rate: float = 10.0, per_request: float = 1.0) -> TinyWorld:
    """Each calls the next one `per_request` times on average."""
    names = [each.name for each in parts]
    calls = [Call(caller, callee, per_request) for caller, callee in pairwise(names)]
    return tiny_world(parts, calls, rate=rate)
