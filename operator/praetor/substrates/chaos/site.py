"""Experiments on a site that implements `/ops/*`: its own `/ops/break` and `/ops/heal`, and what it shows."""

import asyncio
import secrets
from collections.abc import Callable
from typing import TypeVar

from praetor.guard.targets import SiteRequest
from praetor.resources.experiment import Inject
from praetor.substrates.chaos.errors import ChaosRefusedError
from praetor.substrates.chaos.judging import ServiceSight, Sight
from praetor.substrates.chaos.plan import Order, Plan, Step, expiry_of, key_of
from praetor.substrates.chaos.site_faults import SITE_FAULTS, cause_of
from praetor.substrates.site.connecting import guarded_client
from praetor.substrates.site.errors import MissingEndpointError, RefusedError, WrongShapeError
from praetor.substrates.site.ops_client import OpsClient

T = TypeVar("T")
_HEAL = "/ops/heal"
_ATTEMPT_BYTES = 8


class SiteGround:
    """Every call runs in a thread: the guarded client waits for its answers."""

    async def plan(self, order: Order) -> Plan:
        """Raises ChaosRefusedError, SiteError, GuardedError. Nothing is changed."""
        return await _called(order.place, lambda ops: _plan(order, ops))

    def eyes(self, place: SiteRequest) -> "SiteEyes":
        return SiteEyes(place)

    async def rehearse(self, plan: Plan, token: str) -> None:
        """Whether the undo would be accepted: the site answers, knows the token and has what heals."""
        place = _place(plan, token)

        def rehearsed() -> None:
            http = guarded_client(place)
            try:
                ops = OpsClient(http)
                ops.health()
                if not ops.has("heal"):
                    raise ChaosRefusedError(f"this site has no POST {_HEAL}")
            finally:
                http.close()

        await asyncio.to_thread(rehearsed)

    async def inject(self, plan: Plan, token: str) -> None:
        """Raises ChaosRefusedError when the site does not do it."""
        try:
            await _called(_place(plan, token), lambda ops: _post(ops, plan.breaking))
        except (RefusedError, MissingEndpointError, WrongShapeError) as problem:
            raise ChaosRefusedError(f"{plan.fault}: {problem}") from None

    async def heal(self, plan: Plan, token: str) -> None:
        """May be said again, each time under a key of its own: a site answers one that it knows as it did the first
        time, and if that was a refusal nobody would ever heal. Raises SiteError, GuardedError: say it again."""
        attempt = secrets.token_hex(_ATTEMPT_BYTES)
        steps = tuple(step | {"key": f"{step['key']}/{attempt}"} for step in plan.undoing)
        await _called(_place(plan, token), lambda ops: _post(ops, steps))


def _place(plan: Plan, token: str) -> SiteRequest:
    return SiteRequest(plan.name, plan.url, token, allow=plan.allow)


class SiteEyes:
    """What the site shows of itself. Raises SiteError, GuardedError."""

    def __init__(self, place: SiteRequest) -> None:
        self._ops = OpsClient(guarded_client(place))

    def look(self) -> Sight:
        return _sight(self._ops)

    def close(self) -> None:
        self._ops.close()


async def _called(place: SiteRequest, call: Callable[[OpsClient], T]) -> T:
    def answered() -> T:
        ops = OpsClient(guarded_client(place))
        try:
            return call(ops)
        finally:
            ops.close()

    return await asyncio.to_thread(answered)


def _post(ops: OpsClient, steps: tuple[Step, ...]) -> None:
    for step in steps:
        ops.change(step["endpoint"], step["body"], step["key"])


def _plan(order: Order, ops: OpsClient) -> Plan:
    inject, health = order.inject, ops.health()
    if given := [name for name in ("pods", "memory_limit", "cpu_limit", "version", "key") if getattr(inject, name)]:
        raise ChaosRefusedError(f"spec.inject.{given[0]}: a site with /ops/* takes the fault's name only")
    names = [state.name for state in health.services]
    known, service = SITE_FAULTS.get(inject.fault), _broken(inject, names)
    _check_radius(order, service, ops)
    return Plan(
        kind="Site",
        namespace=order.namespace,
        name=order.name,
        uid=order.uid,
        fault=inject.fault,
        service=service,
        expires_at=expiry_of(inject),
        breaking=({"endpoint": "break", "body": {"scenario": inject.fault}, "key": key_of(order.uid, "break")},),
        undoing=({"endpoint": "heal", "body": {}, "key": key_of(order.uid, "heal")},),
        causes=(cause_of(service, known.mechanism),) if known and service else None,
        repeatable=health.idempotency_key,
        touches=tuple(name for name in known.touches if name in names) if known else (),
        url=order.place.url,
        allow=order.place.allow,
        target_namespace=order.namespace,
        secret=order.secret,
    )


def _broken(inject: Inject, names: list[str]) -> str | None:
    """The service that the fault hits: of the contract's faults the contract's, where the site has one of that name."""
    known, named = SITE_FAULTS.get(inject.fault), inject.service
    if named is not None and named not in names:
        raise ChaosRefusedError(f"spec.inject.service: there is no {named!r}; there are {', '.join(names)}")
    if known is None or known.service not in names:
        return named
    if named not in (None, known.service):
        raise ChaosRefusedError(
            f"spec.inject.service: by the contract of /ops/break {inject.fault} hits {known.service!r}, not {named!r}; "
            f"name {known.service!r}, or none"
        )
    return known.service


def _check_radius(order: Order, service: str | None, ops: OpsClient) -> None:
    """Of a service, `/ops/break` hits all that there is."""
    if order.rules.max_percent < 100:
        raise ChaosRefusedError(
            f"a site with /ops/* breaks a service as a whole, and spec.chaos.maxPercent of the TargetSite is "
            f"{order.rules.max_percent}"
        )
    limit = f"spec.chaos.maxPods of the TargetSite is {order.rules.max_pods}"
    if service is None:
        raise ChaosRefusedError(f"{limit}, and which service is hit is not known: spec.inject.service names it")
    facts = ops.services().get(service)
    if facts is None or facts.replicas is None:
        raise ChaosRefusedError(f"{limit}, and /ops/services of the site does not tell how many replicas {service} has")
    if facts.replicas > order.rules.max_pods:
        raise ChaosRefusedError(f"{service} has {facts.replicas} replicas, and {limit}")


def _sight(ops: OpsClient) -> Sight:
    health, facts = ops.health(), ops.services()
    found = []
    for state in health.services:
        metrics = ops.metrics(state.name)
        rate = metrics.error_rate_percent
        share = None if rate is None else rate / 100.0
        found.append(ServiceSight(state.name, state.health, share, metrics.request_latency_p99_ms))
    return Sight(tuple(found), {name: tuple(one.calls) for name, one in facts.items()})
