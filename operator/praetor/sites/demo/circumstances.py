"""What the site lives in: traffic, data, batch jobs, settings. Faults change these, never a symptom.

One small JSON file that the supervisor writes and the processes read again and again; a process learns of a change
within half a second, as of a reloaded configuration.
"""

import json
import os
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

DEFAULT_POOL = 20
DEFAULT_REQUESTS_PER_SECOND = 12.0


@dataclass(frozen=True, slots=True)
class Circumstances:
    requests_per_second: float = DEFAULT_REQUESTS_PER_SECOND
    """That users send."""
    catalogue_mb: int = 20
    """MiB that the api's catalogue takes in memory: it grows with what is on sale."""
    pages_mb: int = 8
    """MiB of ready pages that the frontend keeps in memory."""
    invoice_mb: int = 6
    """MiB that v1.1 of the api keeps of each sale."""
    basket_mb: int = 1
    """MiB that v1.1 of the frontend keeps of each request."""
    locked_articles: int = 3
    """Articles whose rows the report of v1.2 locks, of ten."""
    dump_kib: int = 1024
    """KiB that debug logging adds for each checkout."""
    settlements: int = 0
    """Transactions that settle accounts at the same time; each holds a connection while the bank thinks."""
    pool_max: int = DEFAULT_POOL
    """db.pool.max_size: of the api's pool, and of its role in the database."""
    debug_since: float = 0.0
    """When somebody switched debug logging on in the running api (seconds since 1970); a restart forgets it."""
    resolver_port: int = 0
    """Where the api's resolver asks for names, at `resolver_host`."""
    frontend_resolver_port: int = 0
    """Where the frontend's does."""
    resolver_host: str = "127.0.0.1"
    endpoints: tuple[int, ...] = field(default=())
    """Ports of the api's replicas that are ready."""


class CircumstancesFile:
    """`write` is the supervisor's, `now` everybody's."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._known: tuple[str, Circumstances] | None = None

    def now(self) -> Circumstances:
        """Asked by all threads of a process."""
        text, known = self.path.read_text(), self._known  # its inode and times may be those of another writing
        if known is not None and known[0] == text:
            return known[1]
        value = _parsed(json.loads(text))
        self._known = text, value
        return value

    def write(self, value: Circumstances) -> None:
        partly = self.path.with_suffix(".new")
        partly.write_text(json.dumps(asdict(value)))
        os.replace(partly, self.path)

    def change(self, **changes: Any) -> None:
        self.write(replace(self.now(), **changes))


def _parsed(raw: dict[str, Any]) -> Circumstances:
    return Circumstances(**raw | {"endpoints": tuple(raw["endpoints"])})
