"""A look at a site that changes nothing: how it is, and which endpoints keep the contract."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

from praetor.guard.client import Answer, GuardedClient
from praetor.guard.targets import SiteRequest
from praetor.resources.conformance import NOT_THERE, SiteConformance, Verdict, fault_of, is_there, report_of
from praetor.resources.ops import ENDPOINTS, Endpoint, ServiceLogs, ServiceMetrics, SiteHealth, SiteServices
from praetor.substrates.live.first_look import READ_LINES
from praetor.substrates.site.connecting import guarded_client
from praetor.substrates.site.errors import SiteError
from praetor.substrates.site.looking import look_of
from simcore.classifier.look import Look

_UNAUTHORIZED = frozenset({401, 403})
_TRIED_BY_CHANGING = "it is there; what it answers shows when a run uses it"


class Probed(NamedTuple):
    """`health` and `look` are None where the site's `/ops/health` is not what it should be."""

    conformance: SiteConformance
    health: SiteHealth | None
    look: Look | None = None


def probe(asked: SiteRequest) -> Probed:
    """Raises SiteError, GuardedError: it must not be dialled, does not answer, or does not let us in."""
    http = guarded_client(asked)
    try:
        return _Probe(http).probed()
    finally:
        http.close()


class _Probe:
    def __init__(self, http: GuardedClient) -> None:
        self._http = http
        self._health: SiteHealth | None = None
        self._services: SiteServices | None = None
        self._metrics: dict[str, ServiceMetrics] = {}
        self._logs: dict[str, list[str]] = {}

    def probed(self) -> Probed:
        found = {one.name: self._endpoint(one) for one in ENDPOINTS}
        report = report_of(
            self._http.origin,
            found,
            services=self._names(),
            idempotency_key=bool(self._health and self._health.idempotency_key),
        )
        return Probed(report, self._health, self._look())

    def _look(self) -> Look | None:
        """From what was read anyway: the site is not asked twice."""
        if self._health is None:
            return None
        facts = {one.name: one for one in self._services.services} if self._services else {}
        return look_of(self._health, facts, self._metrics, self._logs, datetime.now(UTC))

    def _names(self) -> list[str]:
        return [state.name for state in self._health.services] if self._health else []

    def _endpoint(self, asked: Endpoint) -> tuple[Verdict, str]:
        if asked.method == "POST":
            return self._exists(asked)
        problem = next((problem for problem in self._problems(asked) if problem), None)
        return problem or (Verdict.CONFORMANT, "")

    def _problems(self, asked: Endpoint) -> Iterator[tuple[Verdict, str] | None]:
        for query in self._queries(asked):
            status, body = self._get(asked.path, query)
            if status in NOT_THERE:
                yield Verdict.MISSING, f"status {status}"
            elif problem := fault_of(asked, status, body):
                yield Verdict.WRONG_SHAPE, problem
            else:
                self._keep(asked.name, query.get("service", ""), body)

    def _keep(self, name: str, service: str, body: Any) -> None:
        match name:
            case "health":
                self._health = SiteHealth.model_validate(body)
            case "services":
                self._services = SiteServices.model_validate(body)
            case "metrics":
                self._metrics[service] = ServiceMetrics.model_validate(body)
            case "logs":
                self._logs[service] = ServiceLogs.model_validate(body).logs

    def _queries(self, asked: Endpoint) -> list[dict[str, str]]:
        if asked.request is None:
            return [{}]
        lines = {"lines": str(READ_LINES)} if asked.name == "logs" else {}
        return [{"service": name} | lines for name in self._names() or ["api"]]

    def _exists(self, asked: Endpoint) -> tuple[Verdict, str]:
        for path in asked.paths:
            answer = self._asked("OPTIONS", path, {})
            if is_there(answer.status, answer.headers.get("allow", "")):
                return Verdict.UNTRIED, _TRIED_BY_CHANGING
        return Verdict.MISSING, f"OPTIONS: status {answer.status}"

    def _asked(self, method: str, path: str, query: dict[str, str]) -> Answer:
        answer = self._http.request(method, path, query=query)
        if answer.status in _UNAUTHORIZED:
            raise SiteError(f"{method} {path}: status {answer.status}: the site does not know the token")
        return answer

    def _get(self, path: str, query: dict[str, str]) -> tuple[int, Any]:
        answer = self._asked("GET", path, query)
        try:
            return answer.status, answer.json()
        except ValueError:
            return answer.status, None
