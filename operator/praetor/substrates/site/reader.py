"""What the looking actions read of a site, as the payloads that policies know."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import TypeVar

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
from simcore.observation import Check, Diagnostic, LogLine, Logs, ServiceDetail, ServiceList

_READ_LINES, _MOST_LINES = 400, 1000
T = TypeVar("T")


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
        """Lines older than `newest_seconds` are from before the last change: they say nothing about now. What could not
        be read is said to be so, and hides nothing else."""
        self._find(service)
        health = {state.name: state.health for state in self.health.services}
        around = {service, *calls_of(service, self.facts), *callers_of(service, self.facts)} & health.keys()
        metrics, without_metrics = _of_each(around, self._ops.metrics)
        lines, without_lines = _of_each(around, lambda name: self._lines(name, _READ_LINES))
        newer = {name: [one for one in lines.get(name, ()) if one.seconds_ago <= newest_seconds] for name in around}
        unread = [*_unread("metrics", without_metrics), *_unread("log", without_lines)]
        return diagnosed(Sight(service, health, self.facts, metrics, newer), command, unread)

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


def _of_each(names: Iterable[str], read: Callable[[str], T]) -> tuple[dict[str, T], dict[str, str]]:
    """What is read of each, and why nothing is of the others."""
    found: dict[str, T] = {}
    problems: dict[str, str] = {}
    for name in sorted(names):
        try:
            found[name] = read(name)
        except SiteError as problem:
            problems[name] = str(problem)
        except GuardedError:  # its words (a name that does not resolve) would read as if they were about the service
            problems[name] = "there is no answer"
    return found, problems


def _unread(what: str, problems: Mapping[str, str]) -> Iterator[Check]:
    return (Check(f"{what} of {name}", False, f"could not be read: {why}") for name, why in problems.items())
