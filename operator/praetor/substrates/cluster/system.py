"""A namespace's workloads in one episode: read and changed through the API server alone."""

import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from praetor.guard.errors import GuardedError
from praetor.kube.blocking import BlockingKube
from praetor.resources.kubernetes_site import KubernetesSite
from praetor.substrates.cluster import checks, looking, network, payloads
from praetor.substrates.cluster.errors import NamespaceError, RefusedChangeError
from praetor.substrates.cluster.health import has_trouble
from praetor.substrates.cluster.logs import log_lines
from praetor.substrates.cluster.making import Sent, make, tried
from praetor.substrates.cluster.maps import MapReader
from praetor.substrates.cluster.plan import Patch, Plan, was_made
from praetor.substrates.cluster.planning import planned
from praetor.substrates.cluster.prometheus import RequestSource
from praetor.substrates.cluster.readiness import Readiness, look_at
from praetor.substrates.cluster.reading import Objects, read_all, read_workloads
from praetor.substrates.cluster.rights import Held, held, objection, reads_logs, rights_of
from praetor.substrates.cluster.sightings import Requests, Seen, seen
from praetor.substrates.cluster.stuck import cleared, is_in_the_way
from praetor.substrates.cluster.times import utc_now
from praetor.substrates.cluster.workloads import Workload
from praetor.substrates.live.log_lines import wanted
from praetor.substrates.live.samples import Objectives, Samples
from praetor.substrates.live.snapshots import request_slos, service_snapshot
from praetor.substrates.live.system import Made, OutcomeUnknownError
from simcore.actions import CHANGES, Action, CheckMetrics, DescribeService, ReadLogs, RunDiagnostic
from simcore.classifier.look import Look
from simcore.errors import ConflictError, SimcoreError, StoreError, UnavailableError
from simcore.observation import LogLine, Logs, Payload
from simcore.protocols import Manifest
from simcore.results import SloSnapshot, Snapshot

_LONG_AGO_S = -1e9
_WHOLE_S = 10.0
"""So often everything is read; pods, and what owns them, at each look."""
_ATTEMPTS = 6
_DIAGNOSTIC_LINES, _MOST_LINES = 200, 1000


class Promises(NamedTuple):
    """What users were promised: of requests, where somebody measures them, or of pods."""

    requests: Objectives | None = None
    readiness: float | None = 0.99


class NamespaceSystem:
    """Raises SimcoreError and GuardedError, whose texts a policy reads."""

    def __init__(
        self,
        kube: BlockingKube,
        namespace: str,
        site: KubernetesSite,
        promises: Promises,
        *,
        source: RequestSource | None = None,
        inside: bool = False,
    ) -> None:
        """`inside`: names of the cluster can be looked up from here."""
        self._kube, self._namespace, self._site, self._promises = kube, namespace, site, promises
        self._source, self._inside = source, inside
        self._objects = Objects()
        self._rights: list[Held] = []
        self._maps: dict[str, Manifest] = {}
        self._map_reader = MapReader(namespace, site.config)
        self._requests: dict[str, Requests] = {}
        self._complaints: dict[str, None] = {}
        self._usual: dict[str, int] = {}

    # what is there -------------------------------------------------------------------------------------------------
    @property
    def names(self) -> list[str]:
        return self._seen.names

    @property
    def calls(self) -> Mapping[str, Sequence[str]]:
        """Who calls whom, as far as settings tell."""
        return self._seen.calls

    def begin(self) -> None:
        """Raises NamespaceError for a namespace without workloads, or one that we may not look at."""
        self._rights = self._kube.run(lambda client: held(client, self._namespace, rights_of(self._site)))
        self._read_all()
        if not self.names:
            selector = self._site.selector.query or "all of them"
            raise NamespaceError(
                f"namespace {self._namespace!r} has no Deployment or StatefulSet at work (selector: {selector})"
            )
        if self._site.entry is not None and self._site.entry not in self.names:
            raise NamespaceError(f"spec.kubernetes.entry: there is no {self._site.entry!r}; there are {self.names}")
        self._entry = self.names[0]
        self._samples = Samples(self._entry, self._promises.requests or Objectives())
        self._readiness = Readiness(self._promises.readiness)
        self._unwell_since: dict[str, float] = {}
        self._changed_at, self._whole_at = _LONG_AGO_S, _LONG_AGO_S

    def first_look(self) -> Look:
        """Everything that the classifier is shown, after `begin`."""
        seen = looking.with_requests(self._seen, self._source)
        return looking.look_at(self._kube, self._namespace, seen, reads_logs=reads_logs(self._rights))

    def measure(self, now: float, *, everywhere: bool = False) -> None:
        """Requests are those of the entry, unless they are measured `everywhere`."""
        if now - self._whole_at >= _WHOLE_S:
            self._read_all(self.names if everywhere else [self._entry])
            self._whole_at = now
            for name in self.names:
                self._samples.add(name, now, self._seen.metrics(name))
        else:
            self._objects = self._kube.run(
                lambda client: read_workloads(client, self._namespace, self._site.selector.query, self._objects)
            )
            self._see()
        self._readiness.add(look_at(now, self._seen.workloads.values()))
        for name in self.names:
            if self._seen.health(name) == "healthy":
                self._unwell_since.pop(name, None)
            else:
                self._unwell_since.setdefault(name, now)

    def look(self, action: Action, now: float) -> Payload:
        service = action.target_service or ""
        self._read_all(self._asked_for(action, service))
        if service:
            self._workload(service)
        match action:
            case DescribeService():
                since = self._unwell_since.get(service)
                return payloads.service_detail(self._seen, service, None if since is None else now - since)
            case ReadLogs(parameters=given):
                lines = self._lines(service, _MOST_LINES if given.severity else given.lines)
                kept = [line for line in lines if wanted(line, given.severity, given.since)]
                return Logs(service, tuple(kept[-given.lines :]))
            case CheckMetrics(parameters=given):
                self._samples.add(service, now, self._seen.metrics(service))
                new = self._samples.newest(service)
                assert new is not None
                old = self._samples.before(service, now - given.window) or new
                return payloads.metrics(self._seen, new, old, service, now)
            case RunDiagnostic(parameters=given):
                return self._diagnostic(service, given.command, now - self._changed_at)
            case _:
                return payloads.service_list(self._seen)

    def _asked_for(self, action: Action, service: str) -> Sequence[str]:
        """Whose requests matter to this look."""
        if isinstance(action, RunDiagnostic):
            return [service, *self._seen.calls.get(service, ()), *self._seen.callers(service)]
        return [service] if isinstance(action, CheckMetrics) else [self._entry]

    def _diagnostic(self, service: str, command: str, newest_seconds: float) -> Payload:
        """Lines older than `newest_seconds` are from before the last change: they say nothing about now. Objects are
        looked at also where no log can be read."""
        around = [service, *self._seen.calls.get(service, ()), *self._seen.callers(service)]
        lines = {
            name: [line for line in self._lines_if_any(name) if line.seconds_ago <= newest_seconds]
            for name in dict.fromkeys(around)
        }
        names = network.names_of(self._seen, service) if command == "check_dns" else []
        found = network.looked_up(names, self._namespace, inside=self._inside)
        return checks.diagnostic(self._seen, service, command, lines, found)

    def _lines(self, service: str, lines: int) -> list[LogLine]:
        workload = self._workload(service)
        return self._kube.run(lambda client: log_lines(client, self._namespace, workload, lines))

    def _lines_if_any(self, service: str) -> list[LogLine]:
        try:
            return self._lines(service, _DIAGNOSTIC_LINES)
        except UnavailableError:
            return []

    def _read_all(self, services: Sequence[str] = ()) -> None:
        """Everything, and the requests of these services."""
        self._objects = self._kube.run(lambda client: read_all(client, self._namespace, self._site.selector.query))
        self._maps = self._kube.run(lambda client: self._map_reader.read(client, self._objects, self._rights))
        self._requests |= self._requests_of(services)
        self._see()

    def _see(self) -> None:
        """Who was there once is missed from then on."""
        self._seen: Seen = seen(
            utc_now(), self._objects, self._site.config, self._maps, self._requests, self._site.entry, self._usual
        )
        self._usual |= {name: one.desired for name, one in self._seen.workloads.items() if one.desired}

    def _workload(self, service: str) -> Workload:
        found = self._seen.workloads.get(service)
        if found is None:
            raise NamespaceError(f"there is no {service!r} any more in namespace {self._namespace!r}")
        return found

    def _requests_of(self, services: Sequence[str]) -> dict[str, Requests]:
        """One after another, until one fails: then the others would, too."""
        found: dict[str, Requests] = {}
        if self._source is None:
            return found
        try:
            for name in services:
                found[name] = self._source.of(name)
        except (SimcoreError, GuardedError) as problem:
            self._complaints[f"requests were not measured: {problem}"[:300]] = None
        return found

    # what is changed -----------------------------------------------------------------------------------------------
    def change(self, action: Action, key: str, now: float) -> Made:
        """Raises OutcomeUnknownError also for a change of which only a part was made."""
        sent = Sent()
        try:
            message = self._changed(action, key, sent)
        except (SimcoreError, GuardedError) as problem:
            if not sent and not isinstance(problem, OutcomeUnknownError):
                raise
            self._changed_at = now
            told = f"the change was sent to {sent.text}; then {problem}" if sent else str(problem)
            raise OutcomeUnknownError(told, sent.records(self._namespace)) from None
        self._changed_at = now
        cleared = self._cleared(action.target_service or "", tuple(sent.values()))
        return Made(message + cleared, sent.records(self._namespace))

    def _changed(self, action: Action, key: str, sent: Sent) -> str:
        """The receipt. An object that has changed meanwhile is read, and what to do is decided, anew. What got no
        answer is asked for at the object itself, which carries the key of its last change."""
        whole, unsure = Plan(""), False
        for attempt in range(_ATTEMPTS):
            time.sleep(0.2 * attempt)
            try:
                plan = self._plan(action, key)
                whole = plan if len(plan.patches) >= len(whole.patches) else whole
                self._make(plan, sent)
                return whole.message
            except ConflictError:
                continue
            except UnavailableError:
                unsure = True
        if unsure:
            raise OutcomeUnknownError(f"the API server at {self._kube.server} did not answer")
        done = "" if sent else ": nothing was done"
        raise RefusedChangeError(f"{action.target_service} kept changing while it was to be changed{done}")

    def check(self, action: Action) -> str:
        """By the server's own dry run, admission included."""
        plan = self._plan(action, "")
        self._kube.run(lambda client: tried(client, self._namespace, plan.patches))
        return f"the API server would accept it. {plan.message}"

    def _plan(self, action: Action, key: str) -> Plan:
        self._read_all()
        self._workload(action.target_service or "")
        plan = planned(self._seen, action, key)
        self._check_rights(plan)
        return plan

    def _make(self, plan: Plan, sent: Sent) -> None:
        self._kube.run(lambda client: make(client, self._namespace, plan.patches, sent))

    def _cleared(self, service: str, patches: Sequence[Patch]) -> str:
        """The change is made by now; whatever keeps it waiting is said with it."""
        workload = self._workload(service)
        if not is_in_the_way(workload, patches):
            return ""
        try:
            return self._kube.run(lambda client: cleared(client, self._namespace, workload))
        except StoreError as problem:
            return f"; whether a pod keeps it waiting is not known: {problem}"

    def _check_rights(self, plan: Plan) -> None:
        for patch in plan.patches:
            if why := objection(self._rights, "patch", patch.resource, patch.name, self._namespace):
                raise RefusedChangeError(why)

    @property
    def missing(self) -> Mapping[str, str]:
        """What is refused for every workload, and why."""
        workloads = self._seen.workloads.values()
        found = [objection(self._rights, "patch", one.resource, one.name, self._namespace) for one in workloads]
        return dict.fromkeys(sorted(CHANGES), found[0]) if found and all(found) else {}

    def was_made(self, service: str, key: str) -> bool:
        """Whether the change with this key has reached the service: asked of the API server."""
        self._read_all()
        found = self._seen.workloads.get(service)
        return found is not None and was_made(found.manifest, key)

    # whether it keeps what was promised ----------------------------------------------------------------------------
    def unsure_of(self) -> frozenset[str]:
        return frozenset()

    def measured_at(self) -> float | None:
        newest = self._readiness.newest
        return None if newest is None else newest.at

    def kept_since(self, at: float) -> bool:
        requests = self._promises.requests is None or self._samples.kept_since(at - _WHOLE_S)
        return requests and self._readiness.kept_since(at)

    def kept_from(self, earliest: float, now: float) -> float:
        return next((at for at in self._readiness.times(earliest) if self.kept_since(at)), now)

    def snapshot(self, now: float) -> Snapshot:
        rows = payloads.service_list(self._seen).services
        entry, newest = self._entry, self._samples.newest(self._entry)
        slos: tuple[SloSnapshot, ...] = ()
        if self._promises.requests is not None:
            slos = request_slos(entry, newest.metrics if newest else None, self._promises.requests)
        look, objective = self._readiness.newest, self._promises.readiness
        if look is not None and objective is not None:
            slos += (SloSnapshot(entry, "readiness", objective, look.share, look.share >= objective),)
        services = tuple(service_snapshot(row, self._seen.metrics(row.name)) for row in rows)
        return Snapshot(now, services, slos, self._samples.user_minutes_lost)

    def notes(self) -> tuple[str, ...]:
        told = []
        if self._promises.requests is None:
            told.append(
                "nobody measures requests here: the objective was the share of the wanted pods that are ready, and "
                "user minutes are not known"
            )
        elif (newest := self._samples.newest(self._entry)) and newest.metrics.requests_per_second is None:
            told.append(
                f"Prometheus has no requests of {self._entry}: only that nothing is in trouble was judged "
                "(spec.kubernetes.prometheus.queries says what it is asked)"
            )
        if unwell := [one.name for one in self._seen.workloads.values() if has_trouble(one) or one.is_scaled_away]:
            told.append(f"still in trouble: {', '.join(unwell)}")
        return (*told, *self._complaints)

    def close(self) -> None:
        if self._source is not None:
            self._source.close()
        self._kube.close()
