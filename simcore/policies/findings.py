"""What has been read so far in an episode, by service: the playbook's notebook. Built from observations alone."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from simcore.actions import CHANGES
from simcore.decision import Decision
from simcore.observation import (
    AlertNotice,
    Diagnostic,
    Logs,
    Metrics,
    Observation,
    ServiceDetail,
    ServiceList,
    ServiceRow,
)  # fmt: skip

_DATABASE_WORDS = ("postgres", "mysql", "mariadb", "-db", "database")


@dataclass(frozen=True, slots=True)
class Reading:
    """A metrics reading and the time that it is about."""

    at: float
    metrics: Metrics


@dataclass(slots=True)
class Findings:
    """The newest of every kind of reading, and the changes that were made. Times are simulated seconds."""

    now: float = 0.0
    firing: bool = True
    last_firing: float = 0.0
    last_unwell: float = 0.0
    last_change: float = -1e9
    alerted: str = ""
    rows: dict[str, ServiceRow] = field(default_factory=dict)
    details: dict[str, ServiceDetail] = field(default_factory=dict)
    readings: dict[str, list[Reading]] = field(default_factory=dict)
    logs: dict[str, Logs] = field(default_factory=dict)
    diagnostics: dict[tuple[str, str], Diagnostic] = field(default_factory=dict)
    changed_at: dict[str, float] = field(default_factory=dict)
    restarts_at_change: dict[str, int] = field(default_factory=dict)

    def add(self, decision: Decision | None, observation: Observation) -> None:
        """Writes down what one step showed."""
        self.now, self.firing = observation.sim_seconds, bool(observation.alerts)
        if self.firing:
            self.last_firing = self.now
        if observation.error is not None:
            return
        if decision is not None and decision.action.action_type in CHANGES:
            self._note_change(decision.action.target_service or "")
        self._note_payload(observation)

    def _note_change(self, service: str) -> None:
        self.last_change = self.changed_at[service] = self.now
        self.restarts_at_change[service] = self.rows[service].restarts if service in self.rows else 0

    def _note_payload(self, observation: Observation) -> None:
        payload = observation.payload
        if isinstance(payload, AlertNotice):
            self.alerted = payload.service
        elif isinstance(payload, ServiceList):
            self.rows = {row.name: row for row in payload.services}
            if self.unwell():
                self.last_unwell = self.now
        elif isinstance(payload, ServiceDetail):
            self.details[payload.name] = payload
        elif isinstance(payload, Metrics):
            reading = Reading(self.now - payload.age_seconds, payload)
            self.readings.setdefault(payload.service, []).append(reading)
        elif isinstance(payload, Logs):
            self.logs[payload.service] = payload
        elif isinstance(payload, Diagnostic):
            self.diagnostics[payload.service, payload.command] = payload

    def unwell(self) -> list[ServiceRow]:
        return [row for row in self.rows.values() if row.health != "healthy"]

    @property
    def database(self) -> str | None:
        named = (name for name in self.rows if any(word in name for word in _DATABASE_WORDS))
        return next(named, None)

    def metrics(self, service: str) -> Iterator[Metrics]:
        """Newest first."""
        return (reading.metrics for reading in reversed(self.readings.get(service, [])))

    def quiet_seconds(self) -> float:
        """For how long nothing fired, nobody was unwell and nothing was changed."""
        return self.now - max(self.last_firing, self.last_unwell, self.last_change)
