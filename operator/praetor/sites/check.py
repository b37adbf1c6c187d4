"""`check_site`: asks a site every endpoint of the `/ops/*` contract and says which keeps it.

Without `changes` nothing is changed: reads are read, and of a change only its existence is asked (OPTIONS). With it,
one service is really restarted and scaled to what it has, the site is healed, and the other changes are asked for
what cannot be (a version, a key, a scenario that there is not): it is their answer that is looked at.
"""

import json
import uuid
from typing import Any

import httpx

from praetor.resources.conformance import NOT_THERE, SiteConformance, Verdict, fault_of, report_of
from praetor.resources.ops import ENDPOINTS, IDEMPOTENCY_HEADER, Endpoint, SiteHealth, SiteServices
from simcore.errors import SimcoreError

TIMEOUT_SECONDS = 15.0
LONGEST_ANSWER_BYTES = 4_000_000
NOBODY = "praetor-check-none"
_LINES = 5
Found = tuple[Verdict, str]


class SiteUnreachableError(SimcoreError):
    """Nothing answers there, or it lets nobody in; the text says which and why."""


def check_site(
    url: str,
    *,
    token: str = "",
    changes: bool = False,
    service: str | None = None,
    client: httpx.Client | None = None,
) -> SiteConformance:
    """`service`: which to change; default the last that the site names. Raises SiteUnreachableError."""
    own = client or httpx.Client(timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=False)
    try:
        return _Check(own, url.rstrip("/"), token, changes, service).report()
    finally:
        if client is None:
            own.close()


class _Check:
    def __init__(self, client: httpx.Client, url: str, token: str, changes: bool, service: str | None) -> None:
        self._client, self._url, self._changes, self._service = client, url, changes, service
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
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
            query: dict[str, str | int] = {} if name is None else {"service": name}
            answer = self._send("GET", asked.path, params=query | ({"lines": _LINES} if asked.name == "logs" else {}))
            if answer.status_code in NOT_THERE:
                return Verdict.MISSING, f"status {answer.status_code}" + (f" for {name}" if name else "")
            body = _json(answer)
            problem = fault_of(asked, answer.status_code, body) or _too_many(asked, body)
            if problem:
                return Verdict.WRONG_SHAPE, problem if name is None else f"{name}: {problem}"
            self._bodies[asked.name] = body
        return Verdict.CONFORMANT, ""

    def _exists(self, asked: Endpoint) -> Found:
        """OPTIONS is safe by HTTP's definition; a server that knows the path but not OPTIONS answers 405."""
        answer = self._send("OPTIONS", asked.path)
        allowed = {method.strip().upper() for method in answer.headers.get("allow", "").split(",")}
        if answer.status_code in (404, 501) or (allowed != {""} and "POST" not in allowed):
            return Verdict.MISSING, f"OPTIONS: status {answer.status_code}"
        return Verdict.UNTRIED, "it is there; --changes tries it"

    def _change(self, asked: Endpoint) -> Found:
        key = str(uuid.uuid4())
        body = self._body_of(asked.name)
        first = self._send("POST", asked.path, json=body, key=key)
        if first.status_code in NOT_THERE and not _is_refusal(asked, first):
            return Verdict.MISSING, f"status {first.status_code}"
        problem = fault_of(asked, first.status_code, _json(first))
        problem = problem or self._nonsense(asked) or self._repeated(asked, body, key, first)
        return (Verdict.WRONG_SHAPE, problem) if problem else (Verdict.CONFORMANT, "")

    def _nonsense(self, asked: Endpoint) -> str:
        """A body without what is needed must be refused; heal needs nothing."""
        if asked.name == "heal":
            return ""
        answer = self._send("POST", asked.path, json={"praetor-check": True})
        body = _json(answer)
        problem = fault_of(asked, answer.status_code, body)
        if problem:
            return f"a body without what is needed: {problem}"
        return "a body without what is needed was accepted" if body["ok"] else ""

    def _repeated(self, asked: Endpoint, body: dict[str, Any], key: str, first: httpx.Response) -> str:
        health = self._health()
        if health is None or not health.idempotency_key:
            return ""
        again = self._send("POST", asked.path, json=body, key=key)
        same = (again.status_code, _json(again)) == (first.status_code, _json(first))
        return "" if same else f"the same {IDEMPOTENCY_HEADER} was answered otherwise: status {again.status_code}"

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

    def _send(self, method: str, path: str, *, key: str = "", **options: Any) -> httpx.Response:
        headers = self._headers | ({IDEMPOTENCY_HEADER: key} if key else {})
        try:
            answer = self._client.request(method, f"{self._url}{path}", headers=headers, **options)
        except (httpx.HTTPError, httpx.InvalidURL) as problem:
            told = f"{type(problem).__name__}: {problem}"
            raise SiteUnreachableError(f"{method} {self._url}{path}: {told}") from None
        if answer.status_code in (401, 403):
            told = "PRAETOR_SITE_TOKEN is to be the site's token"
            raise SiteUnreachableError(f"{method} {self._url}{path}: status {answer.status_code}; {told}")
        return answer


def _json(answer: httpx.Response) -> Any:
    if len(answer.content) > LONGEST_ANSWER_BYTES:
        return None
    try:
        return json.loads(answer.content)
    except ValueError:
        return None


def _too_many(asked: Endpoint, body: Any) -> str:
    many = len(body["logs"]) if asked.name == "logs" and isinstance(body, dict) and "logs" in body else 0
    return f"{many} lines, {_LINES} were asked for" if many > _LINES else ""


def _is_refusal(asked: Endpoint, answer: httpx.Response) -> bool:
    """404 in the form of a change: the path is there, what was asked for is not."""
    return answer.status_code == 404 and fault_of(asked, answer.status_code, _json(answer)) == ""
