"""Following trouble down the call graph: from who suffers to the deepest service that is unwell itself."""

from collections.abc import Sequence

from simcore.observation import Check
from simcore.policies.playbook.findings import Findings

_LINKS = "check_connectivity"
_FAILING, _SLOW_MS, _SLOW_QUERY_MS = 0.02, 250.0, 60.0
_ON_THE_WAY = ("packets to", "round trip to", "retries to")
SHORT_TIMEOUT_MS = 700.0


class Trace:
    """`origin` is where it ends; `wants` the service whose connections must be looked at to go on, "" at the end."""

    def __init__(self, findings: Findings, start: str, avoid: frozenset[str] = frozenset()) -> None:
        self.path: list[str] = [start]
        self.wants = ""
        self._findings, self._avoid = findings, avoid
        self._walk()

    @property
    def origin(self) -> str:
        return self.path[-1]

    def _walk(self) -> None:
        while not self._findings.is_database(self.origin):
            checks = self._findings.checks(self.origin, _LINKS)
            if checks is None:
                self.wants = self.origin
                return
            following = self._worst(checks)
            if following is None or following in self.path:
                return
            self.path.append(following)

    def _worst(self, checks: Sequence[Check]) -> str | None:
        """The callee to go on with; none where the way itself is to blame, or all callees are well."""
        if any(not check.ok and (check.name.startswith(_ON_THE_WAY) or _is_way(check)) for check in checks):
            return None
        failing = {c.about: c.value or 0.0 for c in checks if c.name.startswith("connect ") and c.about}
        slow = {c.about: c.value or 0.0 for c in checks if c.name.startswith("latency ") and c.about}
        suspects = [name for name in failing if name not in self._avoid and self._is_unwell(name, failing, slow)]
        return max(suspects, key=lambda name: (round(failing[name], 1), slow.get(name, 0.0)), default=None)

    def _is_unwell(self, name: str, failing: dict[str, float], slow: dict[str, float]) -> bool:
        row = self._findings.rows.get(name)
        listed = row is not None and row.health != "healthy"
        too_slow = _SLOW_QUERY_MS if self._findings.is_database(name) else _SLOW_MS
        return failing[name] >= _FAILING or (listed and slow.get(name, 0.0) >= too_slow)


def _is_way(check: Check) -> bool:
    if check.name.startswith("timeouts to"):
        return (check.value or 0.0) < SHORT_TIMEOUT_MS
    words = ("does not resolve", "connect timed out", "TLS handshake", "login fails", "publishes refused")
    return any(word in check.detail for word in words)
