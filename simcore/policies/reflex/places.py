"""Places in a call graph as somebody names them who has looked at nothing but the page: seen from the alerted service.

A place is a way of words with dots between: `callee_1.callee_2` is the second service that the first callee of the
alerted service calls. It begins at the alerted service, or at the entry if its first word is `entry`.
"""

import re
from collections.abc import Callable
from functools import lru_cache

from simcore.topologies.topology import Topology

ALERTED, ENTRY = "alerted", "entry"
_STEP = re.compile(r"(callee|caller)_([1-8])")
_HERE: dict[str, Callable[[Topology, int], bool]] = {
    "database": lambda topology, s: topology.parts[s].role == "database",
    "consumer": lambda topology, s: topology.parts[s].role == "consumer",
    "cache": lambda topology, s: topology.parts[s].hit_ratio > 0,
    "limiter": lambda topology, s: topology.parts[s].rate_limit_rps > 0,
    "outside": lambda topology, s: topology.parts[s].outside_share > 0,
}
"""Words for the nearest service of a kind: a database, a consumer of a topic, one that has a cache, one that has a
rate limit, one that calls a third party."""


def check_place(place: str) -> str:
    """The place itself. Raises ValueError for one that has an unknown word."""
    for number, word in enumerate(place.split(".")):
        known = word in _HERE or _STEP.fullmatch(word) or (number == 0 and word in (ALERTED, ENTRY))
        if not known:
            words = ", ".join((ALERTED, ENTRY, "callee_1 to callee_8", "caller_1 to caller_8", *_HERE))
            raise ValueError(f"place {place!r}: {word!r} is none of {words} (the first two only in front)")
    return place


@lru_cache(maxsize=65536)
def service_at(topology: Topology, alerted: int, place: str) -> int | None:
    """The number of the service there, or None where this graph has no such place."""
    s = alerted
    for word in place.split("."):
        found = _step(topology, s, word)
        if found is None:
            return None
        s = found
    return s


def _step(topology: Topology, s: int, word: str) -> int | None:
    if word in (ALERTED, ENTRY):
        return s if word == ALERTED else topology.entry
    if word in _HERE:
        return _nearest(topology, s, _HERE[word])
    found = _STEP.fullmatch(word)
    assert found is not None, word
    near = _called(topology, s) if found[1] == "callee" else topology.callers(s)
    number = int(found[2]) - 1
    return near[number] if number < len(near) else None


def _called(topology: Topology, s: int) -> tuple[int, ...]:
    """Whom it calls, databases last: they have a word of their own."""
    return tuple(sorted(topology.callees(s), key=lambda callee: topology.parts[callee].role == "database"))


def _nearest(topology: Topology, s: int, fits: Callable[[Topology, int], bool]) -> int | None:
    """Down the calls as far as they go, then from whoever calls; the service itself stands first."""
    seen: list[int] = []
    for origin in (s, *_upwards(topology, s)):
        ring = [origin]
        while ring:
            seen += ring
            found = [service for service in ring if fits(topology, service)]
            if found:
                return found[0]
            ring = sorted({callee for service in ring for callee in topology.callees(service)} - set(seen))
    return None


def _upwards(topology: Topology, s: int) -> list[int]:
    """Those who call it, nearest first, up to the entry."""
    found: list[int] = []
    ring = [s]
    while ring:
        ring = sorted({caller for service in ring for caller in topology.callers(service)} - set(found))
        found += ring
    return found
