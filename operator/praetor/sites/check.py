"""`check_site`: asks a site every endpoint of the `/ops/*` contract and says which keeps it.

Without `changes` nothing is changed: reads are read, and of a change only its existence is asked (OPTIONS). With it,
one service is really restarted and scaled to what it has, the site is healed, and the other changes are asked for
what cannot be (a version, a key, a scenario that there is not): it is their answer that is looked at.
"""

import uuid
from collections.abc import Sequence
from typing import Any, Protocol

from praetor.guard.addresses import rules_of
from praetor.guard.client import Answer, GuardedClient, checked_url
from praetor.guard.errors import GuardedError
from praetor.resources.conformance import (
    Found,
    SiteConformance,
    Verdict,
    existence,
    fault_of,
    is_missing,
    is_stranger,
    report_of,
)
from praetor.resources.ops import ENDPOINTS, IDEMPOTENCY_HEADER, Endpoint, SiteHealth, SiteServices
from simcore.errors import SimcoreError

TIMEOUT_SECONDS = 15.0
NOBODY = "praetor-check-none"
_LINES = 5


class SiteUnreachableError(SimcoreError):
    """Nothing answers there, it lets nobody in, or it must not be dialled; the text says which and why."""


class SiteMisnamedError(SiteUnreachableError):
    """What was given is no URL of a site, or says wrongly what may be dialled."""


class Client(Protocol):
    """praetor.guard.client.GuardedClient."""

    def request(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, str] | None = None,
        body: Any = None,
        headers: dict[str, str] | None = None,
    ) -> Answer: ...
    def close(self) -> None: ...


def check_site(
    url: str,
    *,
    token: str = "",
    changes: bool = False,
    service: str | None = None,
    allow: Sequence[str] = (),
    client: Client | None = None,
) -> SiteConformance:
    """`service`: which to change; default the last that the site names. `allow`: networks that the URL may lead into
    beside public addresses; a URL of this machine itself is its caller's own. Raises SiteUnreachableError, and of that
    SiteMisnamedError before anything is dialled."""
    try:
        own = client or _guarded(url, token, allow)
    except (GuardedError, ValueError) as problem:
        raise SiteMisnamedError(str(problem)) from None
    try:
        return _Check(own, url.rstrip("/"), changes, service).report()
    finally:
        own.close()


def _guarded(url: str, token: str, allow: Sequence[str]) -> GuardedClient:
    parsed = checked_url(url)
    own_port = [str(parsed.port or {"http": 80, "https": 443}[parsed.scheme])]
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return GuardedClient(url, rules=rules_of([*allow, *own_port]), headers=headers, timeout_seconds=TIMEOUT_SECONDS)


class _Check:
    def __init__(self, client: Client, url: str, changes: bool, service: str | None) -> None:
        self._client, self._url, self._changes, self._service = client, url, changes, service
        self._bodies: dict[str, Any] = {}

    def report(self) -> SiteConformance:
        found = {one.name: self._endpoint(one) for one in ENDPOINTS}
        health = self._health()
        return report_of(
            self._url,
            found,
            services=[one.name for one in health.services] if health else [],
            idempotency_key=bool(health and health.idempotency_key),
        )

    def _endpoint(self, asked: Endpoint) -> Found:
        if asked.method == "GET":
            return self._read(asked)
        if not self._changes:
            return self._exists(asked)
        return self._change(asked)

    def _read(self, asked: Endpoint) -> Found:
        names: list[str | None] = [None] if asked.request is None else list(self._names())
        for name in names:
            query = {} if name is None else {"service": name}
            lines = {"lines": str(_LINES)} if asked.name == "logs" else {}
            answer = self._send(asked, "GET", asked.path, query=query | lines)
            body = answer.json_or_none()
            if is_missing(asked, answer.status, body):
                return Verdict.MISSING, f"status {answer.status}" + (f" for {name}" if name else "")
            problem = fault_of(asked, answer.status, body) or _too_many(asked, body)
            if problem:
                return Verdict.WRONG_SHAPE, problem if name is None else f"{name}: {problem}"
            self._bodies[asked.name] = body
        return Verdict.CONFORMANT, ""

    def _exists(self, asked: Endpoint) -> Found:
        answers = (self._send(asked, "OPTIONS", path) for path in asked.paths)
        return existence((one.status, one.allow) for one in answers).verdict("it is there; --changes tries it")

    def _change(self, asked: Endpoint) -> Found:
        key, body = str(uuid.uuid4()), self._body_of(asked.name)
        for path in asked.paths:
            first = self._send(asked, "POST", path, body=body, key=key)
            told = first.json_or_none()
            if not is_missing(asked, first.status, told):
                problem = fault_of(asked, first.status, told)
                problem = problem or self._nonsense(asked, path) or self._repeated(asked, path, body, key, first)
                return (Verdict.WRONG_SHAPE, problem) if problem else (Verdict.CONFORMANT, "")
        return Verdict.MISSING, f"status {first.status}"

    def _nonsense(self, asked: Endpoint, path: str) -> str:
        """A body without what is needed must be refused; heal needs nothing."""
        if asked.name == "heal":
            return ""
        answer = self._send(asked, "POST", path, body={"praetor-check": True})
        body = answer.json_or_none()
        problem = fault_of(asked, answer.status, body)
        if problem:
            return f"a body without what is needed: {problem}"
        return "a body without what is needed was accepted" if body["ok"] else ""

    def _repeated(self, asked: Endpoint, path: str, body: dict[str, Any], key: str, first: Answer) -> str:
        health = self._health()
        if health is None or not health.idempotency_key:
            return ""
        again = self._send(asked, "POST", path, body=body, key=key)
        same = (again.status, again.json_or_none()) == (first.status, first.json_or_none())
        return "" if same else f"the same {IDEMPOTENCY_HEADER} was answered otherwise: status {again.status}"

    def _body_of(self, name: str) -> dict[str, Any]:
        service = self._service or (self._names() or ["api"])[-1]
        bodies: dict[str, dict[str, Any]] = {
            "restart": {"service": service},
            "scale": {"service": service, "replicas": self._replicas(service)},
            "config": {"service": service, "key": NOBODY, "value": "1"},
            "rollback": {"service": service, "to_version": NOBODY},
            "break": {"scenario": NOBODY},
            "heal": {},
        }
        return bodies[name]

    def _replicas(self, service: str) -> int:
        """As many as it has, so that nothing changes; 1 where the site does not tell."""
        if "services" not in self._bodies:
            return 1
        told = SiteServices.model_validate(self._bodies["services"]).services
        return next((one.replicas for one in told if one.name == service and one.replicas is not None), 1)

    def _names(self) -> list[str]:
        health = self._health()
        return [one.name for one in health.services] if health else ["api"]

    def _health(self) -> SiteHealth | None:
        return SiteHealth.model_validate(self._bodies["health"]) if "health" in self._bodies else None

    def _send(self, asked: Endpoint, method: str, path: str, *, key: str = "", **options: Any) -> Answer:
        headers = {IDEMPOTENCY_HEADER: key} if key else {}
        try:
            answer = self._client.request(method, path, headers=headers, **options)
        except GuardedError as problem:
            raise SiteUnreachableError(f"{method} {self._url}{path}: {problem}") from None
        if is_stranger(asked, answer.status, answer.json_or_none()):
            told = "PRAETOR_SITE_TOKEN is to be the site's token"
            raise SiteUnreachableError(f"{method} {self._url}{path}: status {answer.status}; {told}")
        return answer


def _too_many(asked: Endpoint, body: Any) -> str:
    many = len(body["logs"]) if asked.name == "logs" and isinstance(body, dict) and "logs" in body else 0
    return f"{many} lines, {_LINES} were asked for" if many > _LINES else ""
