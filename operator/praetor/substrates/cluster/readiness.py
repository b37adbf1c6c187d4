"""The objective of a namespace that nobody measures requests of: the share of the wanted pods that are ready."""

from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

from praetor.substrates.cluster.health import has_trouble
from praetor.substrates.cluster.workloads import Workload

_KEPT = 2_000


class Look(NamedTuple):
    """`at` in seconds of the episode; `calm` if nothing is in a trouble that does not pass by itself."""

    at: float
    share: float
    calm: bool


def look_at(at: float, workloads: Iterable[Workload]) -> Look:
    """Of a service, more pods than wanted make up for nothing."""
    all_of_them = list(workloads)
    wanted = sum(one.wanted for one in all_of_them)
    ready = sum(min(one.ready, one.wanted) for one in all_of_them)
    calm = not any(has_trouble(one) or one.is_scaled_away for one in all_of_them)
    return Look(at, ready / wanted if wanted else 1.0, calm)


class Readiness:
    """Looks in their order. `objective` None: only that all is calm counts."""

    def __init__(self, objective: float | None) -> None:
        self.objective = objective
        self._looks: deque[Look] = deque(maxlen=_KEPT)

    def add(self, look: Look) -> None:
        self._looks.append(look)

    @property
    def newest(self) -> Look | None:
        return self._looks[-1] if self._looks else None

    def times(self, earliest: float) -> list[float]:
        return [look.at for look in self._looks if look.at >= earliest]

    def kept_since(self, at: float) -> bool:
        looks = [look for look in self._looks if look.at >= at]
        if not looks or not all(look.calm for look in looks):
            return False
        return self.objective is None or sum(look.share for look in looks) / len(looks) >= self.objective - 1e-9
