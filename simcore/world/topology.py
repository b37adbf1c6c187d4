"""Topologies: which services there are, how they are built and who calls whom."""

from dataclasses import dataclass, field

import numpy as np

from simcore.world.layout import Floats, Ints


@dataclass(frozen=True, slots=True)
class Topology:
    """Columns by service number. `calls[a, b]`: how often one request of a calls b, on average."""

    names: tuple[str, ...]
    languages: tuple[str, ...]
    replicas: tuple[int, ...]
    work_ms: tuple[float, ...]
    cpu_cores: tuple[float, ...]
    memory_mb: tuple[float, ...]
    heap_mb: tuple[float, ...]
    pool_max: tuple[float, ...]
    calls: Floats
    order: Ints
    entry: int
    database: int
    nominal_rps: float
    index: dict[str, int]
    arrivals: Floats = field(init=False)
    """Requests per second of each service at nominal load without faults."""
    requested_mb: float = field(init=False)
    """MiB that the memory limits of all pods add up to."""
    _callers: tuple[tuple[int, ...], ...] = field(init=False, repr=False)
    _callees: tuple[tuple[int, ...], ...] = field(init=False, repr=False)

    def callers(self, service: int) -> tuple[int, ...]:
        return self._callers[service]

    def callees(self, service: int) -> tuple[int, ...]:
        return self._callees[service]

    def neighbours(self, service: int) -> frozenset[int]:
        return frozenset(self.callers(service)) | frozenset(self.callees(service))

    def __post_init__(self) -> None:
        object.__setattr__(self, "arrivals", self._flow())
        object.__setattr__(self, "_callers", _numbers(self.calls.T))
        object.__setattr__(self, "_callees", _numbers(self.calls))
        limits = zip(self.replicas, self.memory_mb, strict=True)
        object.__setattr__(self, "requested_mb", sum(count * limit for count, limit in limits))

    def _flow(self) -> Floats:
        rates = np.zeros(len(self.names))
        rates[self.entry] = self.nominal_rps
        for service in self.order:
            rates += rates[service] * self.calls[service]
        return rates


_SHOP = (
    # name, language, replicas, work ms, cores, memory MiB, live heap MiB, connection limit
    ("frontend-bff", "node", 2, 8.0, 1.0, 256.0, 120.0, 0.0),
    ("api-gateway", "go", 3, 5.0, 0.5, 512.0, 210.0, 0.0),
    ("order-service", "java", 2, 20.0, 1.0, 512.0, 260.0, 0.0),
    ("payment-service", "java", 2, 30.0, 1.2, 512.0, 270.0, 0.0),
    ("inventory-service", "java", 2, 12.0, 0.6, 512.0, 250.0, 0.0),
    ("user-service", "java", 2, 10.0, 0.6, 512.0, 240.0, 0.0),
    ("auth-service", "go", 2, 8.0, 0.5, 256.0, 110.0, 0.0),
    ("notification-service", "python", 2, 10.0, 0.4, 256.0, 115.0, 0.0),
    ("postgres-db", "postgres", 1, 4.0, 4.0, 1024.0, 400.0, 20.0),
)
_SHOP_CALLS = {
    ("frontend-bff", "api-gateway"): 1.0,
    ("api-gateway", "order-service"): 0.5,
    ("api-gateway", "user-service"): 0.6,
    ("api-gateway", "notification-service"): 0.2,
    ("order-service", "payment-service"): 0.8,
    ("order-service", "inventory-service"): 1.0,
    ("order-service", "postgres-db"): 1.5,
    ("user-service", "auth-service"): 0.7,
    ("user-service", "postgres-db"): 0.8,
    ("inventory-service", "postgres-db"): 1.0,
    ("auth-service", "postgres-db"): 0.5,
}


def shop() -> Topology:
    """The nine services of the shop."""
    names, languages, replicas, work_ms, cpu_cores, memory_mb, heap_mb, pool_max = zip(*_SHOP, strict=True)
    index = {name: number for number, name in enumerate(names)}
    calls = np.zeros((len(names), len(names)))
    for (caller, callee), rate in _SHOP_CALLS.items():
        calls[index[caller], index[callee]] = rate
    return Topology(
        names=names,
        languages=languages,
        replicas=replicas,
        work_ms=work_ms,
        cpu_cores=cpu_cores,
        memory_mb=memory_mb,
        heap_mb=heap_mb,
        pool_max=pool_max,
        calls=calls,
        order=callers_first(calls),
        entry=0,
        database=index["postgres-db"],
        nominal_rps=100.0,
        index=index,
    )


def _numbers(rows: Floats) -> tuple[tuple[int, ...], ...]:
    """For each row, where it is not zero."""
    return tuple(tuple(np.nonzero(row)[0].tolist()) for row in rows)


def callers_first(calls: Floats) -> Ints:
    """Service numbers in an order in which every caller stands before its callees (Kahn, 1962)."""
    waiting = (calls > 0).sum(axis=0)
    order: list[int] = []
    ready = [number for number, count in enumerate(waiting) if count == 0]
    while ready:
        caller = ready.pop(0)
        order.append(caller)
        for callee in np.nonzero(calls[caller])[0]:
            waiting[callee] -= 1
            if waiting[callee] == 0:
                ready.append(int(callee))
    if len(order) != len(calls):
        raise ValueError("the call graph has a cycle")
    return np.array(order, dtype=np.int64)


SHOP = shop()
