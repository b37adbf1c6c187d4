"""Takes a delivery in. The store's compare-and-swap is the only lock: any number of receivers may run."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Literal
from weakref import WeakValueDictionary

from praetor.alerts.deciding import FOREIGN, Attach, CreateRun, Decision, KnownRun, Nothing, decide
from praetor.alerts.ledger import Ledger
from praetor.alerts.manifest import GROUP_LABEL, alert_run, known_run, source_of
from praetor.alerts.naming import group_digest
from praetor.alerts.notification import Notification
from praetor.alerts.pressure import Pressure
from praetor.alerts.routing import Route, routes
from praetor.store.scope import Scope
from simcore.errors import AlreadyExistsError, ConflictError, NotFoundError, StoreError
from simcore.protocols import Manifest, Store

_ATTEMPTS = 30
_LONGEST_PAUSE_SECONDS = 0.05


class ContendedError(StoreError):
    """Others changed the group's runs again and again while a delivery was taken in; it can be repeated."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The run that has a delivery; `created` by it, or joined."""

    name: str
    namespace: str
    created: bool


Later = Callable[[Coroutine[None, None, None]], Awaitable[None]]
"""Does some work now, or lets it be done."""


async def at_once(work: Coroutine[None, None, None]) -> None:
    await work


Permit = Callable[[str], Awaitable[None]]
"""Raises for a namespace that the sender may not make runs in."""


async def anywhere(namespace: str) -> None:
    """The sender acts with the receiver's own rights."""


WhenResolved = Literal["Annotate", "Graceful", "Now"]
"""What happens to a run that is open when all its alerts are resolved: that is noted, and the run goes on; or it
is cancelled as `spec.cancel` has it."""


@dataclass(frozen=True, slots=True)
class Intake:
    """Takes deliveries in. New runs are deleted `ttl_seconds` after their end, or kept."""

    store: Store
    scope: Scope
    ttl_seconds: int | None = None
    when_resolved: WhenResolved = "Annotate"
    pressure: Pressure = field(default_factory=Pressure)
    later: Later = at_once
    turns: WeakValueDictionary[str, asyncio.Lock] = field(default_factory=WeakValueDictionary)
    """By the group's hash: duplicates that come at once would only take the store's answers from each other."""

    async def accept(self, notification: Notification, *, permit: Permit = anywhere) -> list[Accepted]:
        """Every run that the delivery belongs to, stored.

        Raises StoreError when it could not be stored, TooMuchError when it was not tried, and what `permit`
        raises before anything is; repeating a delivery is always safe.
        """
        with self.pressure.delivery():
            sites = await self.scope.find(self.store, "TargetSite", may_lag=True) if notification.alerts else []
            wanted = list(routes(notification, sites, self.scope.home))
            for namespace in dict.fromkeys(route.namespace for route in wanted):
                await permit(namespace)
            accepted = [await self._in_turn(_Settling(self, route)) for route in wanted]
        return [one for one in accepted if one is not None]

    async def take(self, route: Route) -> Accepted | None:
        """One part of a delivery whose site is known; raises as `accept` does."""
        return await self._in_turn(_Settling(self, route))

    async def _in_turn(self, settling: "_Settling") -> Accepted | None:
        turn = self.turns.setdefault(f"{settling.route.namespace}/{settling.digest}", asyncio.Lock())
        async with turn:
            return await settling.settle()


async def accept(
    store: Store,
    notification: Notification,
    scope: Scope,
    *,
    permit: Permit = anywhere,
    ttl_seconds: int | None = None,
) -> list[Accepted]:
    """One delivery, as an Intake takes it in."""
    return await Intake(store, scope, ttl_seconds).accept(notification, permit=permit)


@dataclass(slots=True)
class _Settling:
    """One route of one delivery; it looks and decides anew whenever another writer was faster."""

    intake: Intake
    route: Route
    seen: dict[str, Manifest] = field(default_factory=dict)
    foreign: dict[str, KnownRun] = field(default_factory=dict)

    @property
    def store(self) -> Store:
        return self.intake.store

    @property
    def digest(self) -> str:
        return group_digest(self.route.notification.group_parts)

    async def settle(self) -> Accepted | None:
        for attempt in range(_ATTEMPTS):
            may_lag = attempt == 0
            decision = decide(await self._known_runs(may_lag=may_lag), self.route.notification, self.route.target)
            if may_lag and isinstance(decision, Nothing):
                continue  # nothing is written, so nothing would tell that the look was late
            try:
                return await self._apply(decision)
            except (AlreadyExistsError, ConflictError, NotFoundError):
                await asyncio.sleep(random.uniform(0, _LONGEST_PAUSE_SECONDS))
        raise ContendedError(f"alert group {self.digest}: its runs changed {_ATTEMPTS} times during one delivery")

    async def _known_runs(self, *, may_lag: bool) -> list[KnownRun]:
        """A first look may be late: whatever is written on it is compared and swapped, and fails if it was."""
        labels = {GROUP_LABEL: self.digest}
        found = await self.store.find("IncidentRun", self.route.namespace, labels=labels, may_lag=may_lag)
        own = [manifest for manifest in found if source_of(manifest) == self.route.notification.source]
        self.seen = {manifest["metadata"]["name"]: manifest for manifest in own}
        return [*(known_run(manifest, self.digest) for manifest in own), *self.foreign.values()]

    async def _apply(self, decision: Decision) -> Accepted | None:
        match decision:
            case CreateRun():
                return await self._create(decision)
            case Attach(run, ledger):
                await self._record(run, ledger)
                return Accepted(run.name, self.route.namespace, created=False)
            case _:
                return None

    async def _create(self, decision: CreateRun) -> Accepted:
        self.intake.pressure.new_run()
        route = self.route
        manifest = alert_run(route.notification, self.digest, decision, route.namespace, route.target)
        if self.intake.ttl_seconds is not None:
            manifest["spec"]["ttlSecondsAfterFinished"] = self.intake.ttl_seconds
        name = manifest["metadata"]["name"]
        try:
            created = await self.store.create(manifest)
        except AlreadyExistsError:
            await self._look_at(name)
            raise
        await self.intake.later(self._first_record(created, decision.ledger))
        return Accepted(name, route.namespace, created=True)

    async def _look_at(self, name: str) -> None:
        """A name can be taken by an object that is no run of this group: then the next number is."""
        run = known_run(await self.store.get("IncidentRun", self.route.namespace, name), self.digest)
        if run.target is FOREIGN:
            self.foreign[name] = run

    async def _first_record(self, created: Manifest, ledger: Ledger) -> None:
        """A controller that is already at work wins; until it has paused, the annotation says the same. So does it
        when this is never done: the delivery is stored with the run itself."""
        for _ in range(_ATTEMPTS):
            try:
                if "alerts" not in created.get("status", {}):
                    await self.store.update_status(_with_ledger(created, ledger))
                return
            except ConflictError:
                created = await self.store.get("IncidentRun", self.route.namespace, created["metadata"]["name"])
            except NotFoundError:
                return

    async def _record(self, run: KnownRun, ledger: Ledger) -> None:
        """Written over the very version that was decided on: a run that finished meanwhile takes nothing in.
        Nothing is written when nothing is new: a repeated delivery changes nothing."""
        manifest = self.seen[run.name]
        if ledger != run.ledger:
            manifest = await self.store.update_status(_with_ledger(manifest, ledger))
        if not run.finished and self._ends(ledger, manifest):
            spec = manifest["spec"] | {"cancel": self.intake.when_resolved}
            await self.store.update(manifest | {"spec": spec})

    def _ends(self, ledger: Ledger, manifest: Manifest) -> bool:
        """Alerts that were left out of the delivery may still fire."""
        over = ledger.firing == 0 and not self.route.notification.truncated
        return over and self.intake.when_resolved != "Annotate" and "cancel" not in manifest["spec"]


def _with_ledger(manifest: Manifest, ledger: Ledger) -> Manifest:
    return manifest | {"status": manifest.get("status", {}) | {"alerts": ledger.to_json()}}
