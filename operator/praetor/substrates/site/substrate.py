"""Any site that implements `/ops/*` as a substrate."""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Literal

from praetor.guard.errors import GuardedError, UnreachableError
from praetor.resources.ops import endpoint
from praetor.substrates.live.episode import LiveSubstrate
from praetor.substrates.live.samples import Objectives, Samples
from praetor.substrates.live.snapshots import snapshot_of
from praetor.substrates.live.system import Clock, Made, OutcomeUnknownError, Pace
from praetor.substrates.live.told import metrics_of
from praetor.substrates.site import told
from praetor.substrates.site.changes import ENDPOINT_OF, asked_of
from praetor.substrates.site.errors import MissingEndpointError, SiteError, UnclearError
from praetor.substrates.site.ops_client import OpsClient
from praetor.substrates.site.reader import SiteReader
from simcore.actions import Action, CheckMetrics, DescribeService, ReadLogs, RunDiagnostic
from simcore.classifier.look import GONE
from simcore.observation import AlertNotice, Payload
from simcore.results import Snapshot

_LONG_AGO_S = -1e9


class OpsSystem:
    """The site, by its `/ops/*` alone. Raises SiteError, GuardedError."""

    def __init__(self, ops: OpsClient, objectives: Objectives) -> None:
        self._ops, self._reader, self._objectives = ops, SiteReader(ops), objectives
        self.missing: Mapping[str, str] = {}

    @property
    def names(self) -> list[str]:
        return self._reader.names

    def begin(self) -> None:
        self._reader.refresh()
        self._entry = self.names[0]
        self._samples = Samples(self._entry, self._objectives)
        self._unwell_since: dict[str, float] = {}
        self._unread: dict[str, str] = {}
        self._changed_at = _LONG_AGO_S
        self.missing = {action: _not_there(name) for action, name in ENDPOINT_OF.items() if not self._has(name)}

    def measure(self, now: float) -> None:
        self._reader.health = self._ops.health()
        self._unread = {}
        for state in self._reader.health.services:
            self._note(state.name, state.health, now)
            self._try_to_sample(state.name, now)

    def look(self, action: Action, now: float) -> Payload:
        service = action.target_service or ""
        match action:
            case DescribeService():
                since = self._unwell_since.get(service)
                return self._reader.detail(service, None if since is None else now - since)
            case ReadLogs():
                return self._reader.logs(action)
            case CheckMetrics():
                return self._metrics(service, action.parameters.window, now)
            case RunDiagnostic():
                return self._reader.diagnostic(service, action.parameters.command, now - self._changed_at)
            case _:
                return self._reader.services()

    def change(self, action: Action, key: str, now: float) -> Made:
        name, body = asked_of(action)
        try:
            message = self._ops.change(name, body, key)
        except MissingEndpointError:
            self.missing = {**self.missing, action.action_type: _not_there(name)}
            raise
        except (UnreachableError, UnclearError) as problem:
            self._changed_at = now
            raise OutcomeUnknownError(str(problem)) from None
        self._changed_at = now
        with suppress(SiteError, GuardedError):  # the change was made, whatever the next look says
            self._reader.refresh()
        return Made(message)

    def check(self, action: Action) -> str:
        """The contract has no dry run: nothing is sent."""
        name, body = asked_of(action)
        if why := self.missing.get(action.action_type):
            raise SiteError(why)
        return f"nothing was sent; it would be POST {endpoint(name).path} {json.dumps(body)}"

    def measured_at(self) -> float | None:
        newest = self._samples.newest(self._entry)
        return None if newest is None else newest.at

    def kept_since(self, at: float) -> bool:
        return self._samples.kept_since(at)

    def kept_from(self, earliest: float, now: float) -> float:
        return self._samples.kept_from(earliest, now)

    def snapshot(self, now: float) -> Snapshot:
        rows = told.service_list(self._reader.health, self._reader.facts).services
        return snapshot_of(now, rows, self._samples, self._objectives)

    def unsure_of(self) -> frozenset[str]:
        told = {name for name, facts in self._reader.facts.items() if facts.replicas is not None}
        return frozenset(self.names) - told

    def notes(self) -> tuple[str, ...]:
        unread = [f"{name}: its figures could not be read at last: {why}" for name, why in self._unread.items()]
        newest = self._samples.newest(self._entry)
        if newest is None or newest.metrics.error_rate_percent is not None:
            return tuple(unread)
        return (*unread, f"{self._entry} tells no error rate: its health stands for it")

    def close(self) -> None:
        self._ops.close()

    def _has(self, change: str) -> bool:
        """A site that does not say is taken to have it: what is not there shows when it is asked for."""
        try:
            return self._ops.has(change)
        except (SiteError, GuardedError):
            return True

    def _metrics(self, service: str, window: float, now: float) -> Payload:
        self._sample(service, now)
        new = self._samples.newest(service)
        assert new is not None
        return metrics_of(service, new, self._samples.before(service, new.at - window) or new, now, None)

    def _try_to_sample(self, service: str, now: float) -> None:
        """One that does not tell its figures keeps nobody from telling theirs."""
        try:
            self._sample(service, now)
        except (SiteError, GuardedError) as problem:
            self._unread[service] = str(problem)

    def _sample(self, service: str, now: float) -> None:
        metrics = self._ops.metrics(service)
        health = next((state.health for state in self._reader.health.services if state.name == service), "")
        away = {*GONE, "unhealthy"} if metrics.error_rate_percent is None else GONE
        self._samples.add(service, now, metrics, serves=health not in away)

    def _note(self, service: str, health: str, now: float) -> None:
        if health == "healthy":
            self._unwell_since.pop(service, None)
        else:
            self._unwell_since.setdefault(service, now)


def _not_there(change: str) -> str:
    return f"this site has no POST {endpoint(change).path}"


class SiteSubstrate(LiveSubstrate):
    """One episode on one site."""

    name: Literal["Simulator", "Site", "Cluster"] = "Site"

    def __init__(
        self,
        ops: OpsClient,
        alert: AlertNotice,
        *,
        family: str = "unknown",
        max_steps: int = 50,
        pace: Pace | None = None,
        objectives: Objectives | None = None,
        clock: Clock | None = None,
    ) -> None:
        system = OpsSystem(ops, objectives or Objectives())
        super().__init__(system, alert, family=family, max_steps=max_steps, pace=pace, clock=clock)
