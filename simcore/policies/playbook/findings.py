"""What has been read so far in an episode, by service: the playbook's notebook. Built from observations alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from simcore.actions import CHANGES
from simcore.decision import Decision
from simcore.observation import (
    AlertNotice,
    Check,
    Diagnostic,
    Metrics,
    Observation,
    ServiceDetail,
    ServiceList,
    ServiceRow,
)  # fmt: skip
from simcore.quantity import mebibytes
from simcore.settings import BY_NAME

_ALMOST_ALL = 0.95
DATABASE_RUNTIMES = ("postgres", "mysql", "mariadb", "mongodb")


@dataclass(frozen=True, slots=True)
class Reading:
    """A metrics reading and the time that it is about."""

    at: float
    metrics: Metrics


@dataclass(slots=True)
class Findings:
    """The newest of every kind of reading, and the changes that were made. Times are simulated seconds."""

    now: float = 0.0
    title: str = ""
    alerted: str = ""
    firing: bool = True
    last_firing: float = 0.0
    last_unwell: float = 0.0
    last_change: float = -1e9
    rows: dict[str, ServiceRow] = field(default_factory=dict)
    rows_at: float = -1e9
    details: dict[str, ServiceDetail] = field(default_factory=dict)
    details_at: dict[str, float] = field(default_factory=dict)
    readings: dict[str, list[Reading]] = field(default_factory=dict)
    diagnostics: dict[tuple[str, str], Diagnostic] = field(default_factory=dict)
    diagnostics_at: dict[tuple[str, str], float] = field(default_factory=dict)
    changed_at: dict[str, float] = field(default_factory=dict)
    restarts_at_change: dict[str, int] = field(default_factory=dict)
    refused: str = ""

    def add(self, decision: Decision | None, observation: Observation) -> None:
        """Writes down what one step showed."""
        self.now = observation.sim_seconds
        payload = observation.payload
        if isinstance(payload, AlertNotice):
            self.alerted, self.title = payload.service, payload.title
        self.firing = self.title in observation.alerts
        if self.firing:
            self.last_firing = self.now
        self.refused = observation.error or ""
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
        if isinstance(payload, ServiceList):
            self.rows, self.rows_at = {row.name: row for row in payload.services}, self.now
            if self.unwell():
                self.last_unwell = self.now
        elif isinstance(payload, ServiceDetail):
            self.details[payload.name], self.details_at[payload.name] = payload, self.now
            if payload.health != "healthy":
                self.last_unwell = self.now
        elif isinstance(payload, Metrics):
            reading = Reading(self.now - payload.age_seconds, payload)
            self.readings.setdefault(payload.service, []).append(reading)
        elif isinstance(payload, Diagnostic):
            self.diagnostics[payload.service, payload.command] = payload
            self.diagnostics_at[payload.service, payload.command] = self.now

    def unwell(self) -> list[ServiceRow]:
        return [row for row in self.rows.values() if row.health != "healthy"]

    def leads_elsewhere(self) -> bool:
        """Whether somebody is unwell, and the one who was paged is not."""
        unwell = [row.name for row in self.unwell()]
        return bool(unwell) and self.alerted not in unwell

    def is_database(self, service: str) -> bool:
        row = self.rows.get(service)
        return row is not None and row.runtime in DATABASE_RUNTIMES

    def checks(self, service: str, command: str) -> Sequence[Check] | None:
        """The newest checks of a diagnostic; None if it was never run."""
        found = self.diagnostics.get((service, command))
        return found.checks if found else None

    def check(self, service: str, command: str, name: str) -> Check | None:
        return next((check for check in self.checks(service, command) or () if check.name == name), None)

    def metrics(self, service: str) -> Iterator[Metrics]:
        """Newest first."""
        return (reading.metrics for reading in reversed(self.readings.get(service, [])))

    def quiet_seconds(self) -> float:
        """For how long nothing fired, nobody was unwell and nothing was changed."""
        return self.now - max(self.last_firing, self.last_unwell, self.last_change)

    # what cures need to know -------------------------------------------------------------------------------------
    def replicas(self, service: str) -> int | None:
        row = self.rows.get(service)
        return row.replicas_desired if row else None

    def shortage(self, service: str) -> float | None:
        """By its newest health check: of what it turns away, and of what it cannot answer in time."""
        limited, load = (self.check(service, "check_health", name) for name in ("rate limit", "load"))
        turned_away = min(limited.value or 0.0, _ALMOST_ALL) if limited else 0.0
        asked = max(1.0 / (1.0 - turned_away), load.value or 0.0 if load else 0.0)
        return asked if asked > 1.0 else None

    def memory_limit_mb(self, service: str) -> float | None:
        """None where none is shown: sites write what they like."""
        detail = self.details.get(service)
        try:
            return mebibytes(detail.memory_limit) or None if detail else None
        except ValueError:
            return None

    def previous_version(self, service: str) -> str | None:
        detail = self.details.get(service)
        if detail is None or len(detail.rollouts) < 2:
            return None
        older = [deploy.version for deploy in detail.rollouts if deploy.version != detail.version]
        return detail.version if detail.canary_version else older[-1] if older else None

    def setting(self, service: str, key: str) -> float | None:
        detail = self.details.get(service)
        shown = dict(detail.config).get(key) if detail else None
        try:
            return BY_NAME[key].parse(shown) if shown is not None else None
        except ValueError:  # on a real system a setting may say anything
            return None

    def old_value(self, service: str, key: str) -> str | None:
        detail = self.details.get(service)
        changes = detail.config_changes if detail else ()
        return next((change.old for change in changes if change.key == key), None)

    def database_of(self, service: str) -> str | None:
        detail = self.details.get(service)
        return next((name for name in detail.depends_on if self.is_database(name)), None) if detail else None

    def starved(self) -> Sequence[str]:
        """Services that have no pods although they should."""
        return [row.name for row in self.rows.values() if row.replicas_ready == 0 < row.replicas_desired]
