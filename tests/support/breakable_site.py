"""The small site with `/ops/break` and `/ops/heal`: it counts what it was told, and remembers what is broken."""

import threading
from typing import Any

from tests.support.small_site import SmallSite

FIX = {"endpoint": "restart", "service": "api"}


class BreakableSite(SmallSite):
    """A restart of the api repairs what users see; only `heal` puts things back. A change that comes again with its key
    gets the first answer again, unless the site is `forgetful`. So many times as it is `busy` it refuses to heal."""

    def __init__(self, *, forgetful: bool = False) -> None:
        super().__init__()
        self.fault: str | None = None
        self.forgetful = forgetful
        self.refuses, self.busy = "", 0
        self._telling = threading.Lock()
        self._told: dict[str, tuple[int | None, Any]] = {}

    @property
    def is_as_it_was(self) -> bool:
        return self.fault is None and set(self.health.values()) == {"healthy"}

    def told(self, name: str) -> int:
        return sum(1 for endpoint, _, _ in self.changes if endpoint == name)

    def answer(self, method: str, path: str, query: dict[str, str], body: Any, key: str) -> tuple[int | None, Any]:
        name = path.removeprefix("/ops/")
        if name == "health" and self.forgetful:
            status, told = super().answer(method, path, query, body, key)
            return status, {name: value for name, value in told.items() if name != "idempotency_key"}
        if method != "POST" or not key or self.forgetful:
            return self._answer(method, path, query, body, key)
        with self._telling:  # it may come again while it is still answered
            if key not in self._told:
                self._told[key] = self._answer(method, path, query, body, key)
            return self._told[key]

    def _answer(self, method: str, path: str, query: dict[str, str], body: Any, key: str) -> tuple[int | None, Any]:
        if path == "/ops/break" and self.refuses:
            return 422, {"ok": False, "error": self.refuses}
        if path == "/ops/break" and self.fault is not None:
            return 409, {"ok": False, "error": f"{self.fault} is under way"}
        if method == "POST" and path == "/ops/heal" and self.busy:
            self.busy -= 1
            return 409, {"ok": False, "error": "busy"}
        return super().answer(method, path, query, body, key)

    def changed(self, name: str, body: dict[str, Any]) -> None:
        if name == "break":
            self.fault = body["scenario"]
            self.breaks("api", error_rate_percent=60.0)
        elif name == "heal":
            self.fault = None
            self.heals()
        elif name == "restart" and body["service"] == "api":
            self.heals()
