"""What the looking actions read of a site, as the payloads that policies know."""

from datetime import UTC, datetime

from praetor.guard.errors import GuardedError
from praetor.resources.ops import ServiceFacts, SiteHealth
from praetor.substrates.live.checks import diagnosed
from praetor.substrates.live.log_lines import log_line, wanted
from praetor.substrates.live.sight import Sight, callers_of, calls_of
from praetor.substrates.live.supposing import supposed
from praetor.substrates.site import told
from praetor.substrates.site.errors import SiteError
from praetor.substrates.site.ops_client import OpsClient
from simcore.actions import ReadLogs
from simcore.observation import Diagnostic, LogLine, Logs, ServiceDetail, ServiceList

_READ_LINES, _MOST_LINES = 400, 1000


class SiteReader:
    """Remembers the newest health and facts. Raises SiteError, GuardedError."""

    def __init__(self, ops: OpsClient) -> None:
        self._ops = ops
        self.health: SiteHealth
        self.facts: dict[str, ServiceFacts] = {}

    @property
    def names(self) -> list[str]:
        return [state.name for state in self.health.services]

    def refresh(self) -> None:
        """How the services are, and what runs; at a site that does not tell, whom their lines name."""
        self.health = self._ops.health()
        self.facts = self._ops.services() or supposed({name: self._readable(name) for name in self.names})

    def services(self) -> ServiceList:
        self.refresh()
        endings = {name: told.endings_of(self._readable(name)) for name in self.names}
        return told.service_list(self.health, self.facts, endings)

    def detail(self, service: str, unwell_seconds: float | None) -> ServiceDetail:
        self._find(service)
        endings = told.endings_of(self._lines(service, _READ_LINES))
        rows = told.service_list(self.health, self.facts, {service: endings}).services
        row = next(row for row in rows if row.name == service)
        return told.service_detail(row, self.facts, self._ops.metrics(service), endings, unwell_seconds)

    def logs(self, asked: ReadLogs) -> Logs:
        service, given = asked.target_service, asked.parameters
        lines = self._lines(service, _MOST_LINES if given.severity else given.lines)
        kept = [line for line in lines if wanted(line, given.severity, given.since)]
        return Logs(service, tuple(kept[-given.lines :]))

    def diagnostic(self, service: str, command: str, newest_seconds: float) -> Diagnostic:
        """Lines older than `newest_seconds` are from before the last change: they say nothing about now."""
        self._find(service)
        health = {state.name: state.health for state in self.health.services}
        around = {service, *calls_of(service, self.facts), *callers_of(service, self.facts)} & health.keys()
        metrics = {name: self._ops.metrics(name) for name in around}
        lines = {
            name: [line for line in self._lines(name, _READ_LINES) if line.seconds_ago <= newest_seconds]
            for name in around
        }
        return diagnosed(Sight(service, health, self.facts, metrics, lines), command)

    def _find(self, service: str) -> None:
        """Services come and go between two looks."""
        self.refresh()
        if service not in self.names:
            raise SiteError(f"{service} is not there any more; there are {', '.join(self.names)}")

    def _lines(self, service: str, lines: int) -> list[LogLine]:
        now = datetime.now(UTC)
        return [log_line(text, now) for text in self._ops.logs(service, lines)]

    def _readable(self, service: str) -> list[LogLine]:
        """Nothing where the site does not tell."""
        try:
            return self._lines(service, _READ_LINES)
        except (SiteError, GuardedError):
            return []
