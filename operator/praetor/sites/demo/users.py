"""What the users saw over the last minutes: the judgement that knows nothing of the site's own figures."""

import time
from collections import Counter, deque
from dataclasses import dataclass
from math import ceil
from typing import Any

from praetor.sites.demo.serving import is_failure

KEPT_SECONDS = 600.0
_NOTHING = 0


@dataclass(frozen=True, slots=True)
class Seen:
    at: float
    path: str
    status: int
    ms: float

    @property
    def failed(self) -> bool:
        return self.status == _NOTHING or is_failure(self.status)


class Users:
    def __init__(self) -> None:
        self._seen: deque[Seen] = deque()

    def heard(self, told: dict[str, Any]) -> None:
        self._seen.append(Seen(time.time(), told["path"], told["status"], told["ms"]))
        while self._seen[0].at < time.time() - KEPT_SECONDS:
            self._seen.popleft()

    def summary(self, seconds: float) -> dict[str, Any]:
        """Of the requests that ended within so many seconds."""
        recent = [one for one in self._seen if one.at >= time.time() - seconds]
        paths = sorted({one.path for one in recent})
        return _figures(recent) | {
            "paths": {path: _figures([one for one in recent if one.path == path]) for path in paths}
        }


def _figures(seen: list[Seen]) -> dict[str, Any]:
    took = sorted(one.ms for one in seen)
    failed = sum(one.failed for one in seen)
    return {
        "requests": len(seen),
        "failed": failed,
        "error_rate_percent": round(100.0 * failed / len(seen), 2) if seen else 0.0,
        "p99_ms": took[ceil(0.99 * len(took)) - 1] if took else 0.0,
        "statuses": dict(sorted(Counter(str(one.status) for one in seen).items())),
    }
