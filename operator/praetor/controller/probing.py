"""Looks at one TargetSite on its interval, and says in its status what was found. Nothing is changed there.

A fault that was detected begins a run where the site's `onFault` is `Run`, by the same door as alerts. The status says
since when before the run is made: whoever is killed in between makes the same run again, which is no second one.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime

from pydantic import ValidationError

from praetor.alerts.intake import Intake
from praetor.alerts.manifest import runs_at
from praetor.alerts.routing import Route
from praetor.controller.care import care_of, is_left_to_others
from praetor.controller.declared import status_of
from praetor.controller.key import Key
from praetor.controller.metrics import ControllerMetrics
from praetor.controller.probed import (
    Fields,
    nothing_seen,
    said_of,
    said_of_namespace,
    seen_of,
    services_unseen,
    with_strangers,
)
from praetor.controller.references import UnusableError
from praetor.controller.site_news import news_of
from praetor.controller.sites import request_of
from praetor.controller.times import Clock, seconds_since, wire_time
from praetor.controller.verdicts import Said
from praetor.controller.watching import Watched, notification_of, watched
from praetor.guard.errors import GuardedError
from praetor.guard.targets import SiteRequest
from praetor.resources import reasons
from praetor.resources.conditions import REACHABLE
from praetor.resources.site import DetectedFault, TargetSite
from praetor.runner.worker import resolve
from praetor.store.scope import Scope
from praetor.store.validation import explain
from praetor.substrates.live.survey import Survey
from praetor.substrates.site.probing import Probed, probe
from simcore.classifier.classify import classify
from simcore.classifier.look import Look
from simcore.errors import NotFoundError, SimcoreError
from simcore.protocols import Manifest, Store

SURVEY = "praetor.substrates.cluster.probing:survey"
"""By its name, as the pool's stage is: only who has TargetSites of namespaces needs the library behind it."""


def survey_namespace(request: SiteRequest) -> Survey:
    """Raises SimcoreError, GuardedError, UnusableError where its library is not installed."""
    try:
        look = resolve(SURVEY)
    except ModuleNotFoundError as problem:
        raise UnusableError(f"{problem}: namespaces need pip install 'praetor[operator]'") from None
    found: Survey = look(request)
    return found


class SiteProber:
    def __init__(
        self,
        store: Store,
        clock: Clock,
        ask: Callable[[SiteRequest], Probed] = probe,
        survey: Callable[[SiteRequest], Survey] = survey_namespace,
        metrics: ControllerMetrics | None = None,
    ) -> None:
        self._metrics = metrics or ControllerMetrics()
        self._store, self._clock, self._ask, self._survey = store, clock, ask, survey
        self._intake = Intake(store, Scope(home=""))

    async def look_at(self, key: Key) -> float | None:
        """The seconds until the next look, None for never. Raises StoreError; the queue looks again."""
        try:
            manifest = await self._store.get(*key)
        except NotFoundError:
            self._metrics.site(key.namespace, key.name, {})
            return None
        try:
            site = TargetSite.model_validate(manifest)
        except ValidationError as problem:
            why = Said(REACHABLE, "Unknown", reasons.SPEC_INVALID, explain(problem))
            await self._write(manifest, {}, *nothing_seen(None, why))
            return None
        if site.spec.http is None and site.spec.kubernetes is None:
            message = "neither spec.http nor spec.kubernetes is set: runs on this site fail"
            why = Said(REACHABLE, "Unknown", reasons.NOTHING_TO_PROBE, message)
            await self._write(manifest, {}, *nothing_seen(site.status.detected_fault, why))
            return None
        left_seconds = until_due(site, self._clock())
        if left_seconds <= 0:
            await self._probe(manifest, site)
            return float(site.spec.probe_seconds)
        self._show(manifest)
        return left_seconds

    async def _probe(self, manifest: Manifest, site: TargetSite) -> None:
        said, fields, look = await self._found(site)
        said = with_strangers(said, site, [one["name"] for one in fields.get("services", ())])
        fields |= {"lastProbe": wire_time(self._clock())}
        if look is None:
            await self._write(manifest, fields, *nothing_seen(site.status.detected_fault, said))
            return
        at_site = await self._runs_at(site)
        seen = await self._watched(site, look, at_site, fields["lastProbe"])
        if seen.over is not None:
            await self._tell(site, seen.over, at_site, firing=False)
        fault = seen.fault.model_dump(by_alias=True, exclude_none=True) if seen.fault else None
        await self._write(manifest, fields | {"detectedFault": fault}, said, *seen_of(look, seen.said))
        if seen.fires and seen.fault is not None:
            await self._tell(site, seen.fault, at_site, firing=True)

    async def _runs_at(self, site: TargetSite) -> list[Manifest]:
        """Nothing is asked while there is no fault that could have any."""
        if site.spec.on_fault != "Run" or site.status.detected_fault is None:
            return []
        return runs_at(site.metadata.name, await self._store.find("IncidentRun", site.metadata.namespace))

    async def _watched(self, site: TargetSite, look: Look, at_site: list[Manifest], now: str) -> Watched:
        before = site.status.detected_fault
        care = care_of(notification_of(site, before, firing=True), at_site) if before else "None"
        return watched(before, await asyncio.to_thread(classify, look), now, care)

    async def _tell(self, site: TargetSite, fault: DetectedFault, at_site: list[Manifest], *, firing: bool) -> None:
        """A site that somebody is at work on already gets no second run."""
        told = notification_of(site, fault, firing=firing)
        if site.spec.on_fault == "Run" and not (firing and is_left_to_others(told, at_site)):
            await self._intake.take(Route(site.metadata.namespace or "", site.metadata.name, told))

    async def _found(self, site: TargetSite) -> tuple[Said, Fields, Look | None]:
        try:
            request = await request_of(site, self._store)
            if request.kubernetes is not None:
                survey = await asyncio.to_thread(self._survey, request)
                return *said_of_namespace(survey), survey.look
            probed = await asyncio.to_thread(self._ask, request)
            return *said_of(probed), probed.look
        except UnusableError as problem:
            return Said(REACHABLE, "Unknown", reasons.SITE_UNAVAILABLE, str(problem)), services_unseen(site), None
        except (GuardedError, SimcoreError) as problem:
            return Said(REACHABLE, "False", reasons.SITE_DOES_NOT_ANSWER, str(problem)), services_unseen(site), None

    async def _write(self, manifest: Manifest, fields: Fields, *said: Said) -> None:
        """A field that is None is taken out. What is news is recorded first, and is none when it is seen again."""
        now, status = wire_time(self._clock()), manifest.get("status", {})
        for one in said:
            status = status_of(manifest | {"status": status}, now, one)
        status = {name: value for name, value in (status | fields).items() if value is not None}
        changed = manifest | {"status": status}
        if status != manifest.get("status"):
            for event in news_of(manifest, changed):
                await self._store.record_event(manifest, event.reason, event.message, warning=event.warning)
            await self._store.update_status(changed)
        self._show(changed)

    def _show(self, manifest: Manifest) -> None:
        metadata, conditions = manifest["metadata"], manifest.get("status", {}).get("conditions", ())
        statuses = {one["type"]: one["status"] for one in conditions}
        self._metrics.site(metadata["namespace"], metadata["name"], statuses)


def until_due(site: TargetSite, now: datetime) -> float:
    """Seconds until the next probe; a changed spec is probed at once."""
    last = site.status.last_probe
    if last is None or site.status.observed_generation != site.metadata.generation:
        return 0.0
    return site.spec.probe_seconds - seconds_since(last, now)
