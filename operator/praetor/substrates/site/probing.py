"""A look at a site that changes nothing: how it is, and which endpoints keep the contract."""

from datetime import UTC, datetime
from typing import Any, NamedTuple

from praetor.guard.errors import TooLargeError, UnreachableError
from praetor.guard.targets import SiteRequest
from praetor.resources.conformance import Found, SiteConformance, Verdict, fault_of, is_missing, report_of
from praetor.resources.ops import ENDPOINTS, Endpoint, ServiceLogs, ServiceMetrics, SiteHealth, SiteServices
from praetor.substrates.live.first_look import READ_LINES
from praetor.substrates.site.connecting import guarded_client
from praetor.substrates.site.looking import look_of
from praetor.substrates.site.ops_client import OpsClient
from simcore.classifier.look import Look

MOST_SILENT = 3
"""After so many requests without an answer no other is made: each is waited for, and repeated."""
_TRIED_BY_CHANGING = "it is there; what it answers shows when a run uses it"
_NOT_ASKED = f"not asked, since {MOST_SILENT} requests got no answer"


class Probed(NamedTuple):
    """`health` and `look` are None where the site's `/ops/health` is not what it should be."""

    conformance: SiteConformance
    health: SiteHealth | None
    look: Look | None = None


def probe(asked: SiteRequest) -> Probed:
    """Raises SiteError, GuardedError: it must not be dialled, its health gets no answer, or it does not let us in."""
    http = guarded_client(asked)
    ops = OpsClient(http)
    try:
        return _Probe(http.origin, ops).probed()
    finally:
        ops.close()


class _Probe:
    def __init__(self, origin: str, ops: OpsClient) -> None:
        self._origin, self._ops = origin, ops
        self._health: SiteHealth | None = None
        self._services: SiteServices | None = None
        self._metrics: dict[str, ServiceMetrics] = {}
        self._logs: dict[str, list[str]] = {}
        self._silent = 0

    def probed(self) -> Probed:
        found = {one.name: self._endpoint(one) for one in ENDPOINTS}
        report = report_of(
            self._origin,
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

    def _endpoint(self, asked: Endpoint) -> Found:
        if asked.method == "POST":
            return self._existence(asked)
        problems = [problem for query in self._queries(asked) if (problem := self._read(asked, query))]
        return problems[0] if problems else (Verdict.CONFORMANT, "")

    def _existence(self, asked: Endpoint) -> Found:
        if self._silent >= MOST_SILENT:
            return Verdict.UNTRIED, _NOT_ASKED
        try:
            return self._ops.existence(asked).verdict(_TRIED_BY_CHANGING)
        except UnreachableError as silent:
            self._silent += 1
            return Verdict.UNTRIED, str(silent)

    def _read(self, asked: Endpoint, query: dict[str, str]) -> Found | None:
        """What is wrong with it; what is not is kept. One service's answer says nothing of the next one's."""
        service = query.get("service", "")
        if self._silent >= MOST_SILENT:
            return Verdict.WRONG_SHAPE, _NOT_ASKED
        try:
            answer = self._ops.answer(asked, query)
        except TooLargeError as large:
            return Verdict.WRONG_SHAPE, _of(service, str(large))
        except UnreachableError as silent:
            if asked.name == "health":
                raise
            self._silent += 1
            return Verdict.WRONG_SHAPE, _of(service, str(silent))
        body = answer.json_or_none()
        if is_missing(asked, answer.status, body):
            return Verdict.MISSING, _of(service, f"status {answer.status}")
        if problem := fault_of(asked, answer.status, body):
            return Verdict.WRONG_SHAPE, _of(service, problem)
        self._keep(asked.name, service, body)
        return None

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


def _of(service: str, problem: str) -> str:
    return f"{service}: {problem}" if service else problem
