"""The small site with `/ops/break` and `/ops/heal`: it counts what it was told, and remembers what is broken."""

from typing import Any

from tests.support.small_site import SmallSite

FIX = {"endpoint": "restart", "service": "api"}


class BreakableSite(SmallSite):
    """A restart of the api repairs what users see; only `heal` puts things back. A change that comes again with its key
    is not made again, unless the site is `forgetful`."""

    def __init__(self, *, forgetful: bool = False) -> None:
        super().__init__()
        self.fault: str | None = None
        self.forgetful = forgetful
        self.refuses = ""
        self._keys: set[str] = set()

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
        if method == "POST" and key and not self.forgetful:
            if key in self._keys:
                return 200, {"ok": True, "message": "done already"}
            self._keys.add(key)
        if name == "break" and self.refuses:
            return 422, {"ok": False, "error": self.refuses}
        if name == "break" and self.fault is not None:
            return 409, {"ok": False, "error": f"{self.fault} is under way"}
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
