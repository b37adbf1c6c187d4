"""What a run on a TargetSite is about: where the site is, who may enter, what may be done there."""

import os
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from praetor.alerts.classify import classify
from praetor.controller.observed import Playable, Unplayable
from praetor.controller.references import (
    Lookup,
    Secrets,
    Services,
    UnusableError,
    address_of,
    as_network,
    secret_of,
    value_of,
    value_outside,
)  # fmt: skip
from praetor.guard.targets import SiteRequest
from praetor.policies.registry import POLICIES
from praetor.resources import reasons
from praetor.resources.alert import Alert
from praetor.resources.run import IncidentRun
from praetor.resources.site import SecretRef, SiteServiceRef, TargetSite
from praetor.store.validation import explain
from simcore.errors import DeniedError, NotFoundError

TOKEN_VARIABLE = "PRAETOR_SITE_TOKEN"  # noqa: S105 (a variable's name)
HOME_VARIABLE = "PRAETOR_NAMESPACE"
UNKNOWN_FAMILY = "unknown"


async def site_subject(run: IncidentRun, name: str, store: Lookup) -> Playable | Unplayable:
    """Raises StoreError when the store cannot say."""
    try:
        site = await _site(run.metadata.namespace or "", name, store)
        _check(run)
        request = await request_of(site, store)
    except UnusableError as problem:
        return Unplayable(reasons.SUBSTRATE_UNAVAILABLE, str(problem))
    family = _family(run.spec.alert)
    return Playable(family, family, site=request)


def _family(alert: Alert | None) -> str:
    """What the sender names, as a probe does, else what the alert's words say. An experiment says nothing of what it
    breaks."""
    if alert is None:
        return UNKNOWN_FAMILY
    if alert.scenario:
        return alert.scenario.replace("-", "_")
    return classify(alert.model_dump(by_alias=True, exclude_none=True)).family or UNKNOWN_FAMILY


async def _site(namespace: str, name: str, store: Lookup) -> TargetSite:
    try:
        return TargetSite.model_validate(await store.get("TargetSite", namespace, name))
    except NotFoundError:
        raise UnusableError(
            f"spec.target.siteRef.name: there is no TargetSite {name!r} in namespace {namespace!r}"
        ) from None
    except ValidationError as problem:
        raise UnusableError(f"TargetSite {name!r} cannot be read: {explain(problem)}") from None


def _check(run: IncidentRun) -> None:
    if run.spec.alert is None and run.spec.inject is None:
        raise UnusableError("spec.scenarioRef: what is wrong at a site is not chosen; give spec.alert instead")
    policy = POLICIES[run.spec.policy.name]
    if policy.of_seed is None:
        raise UnusableError(
            f"spec.policy.name: {policy.name!r} reads the simulator's episode, which there is none of at a site"
        )


async def request_of(site: TargetSite, store: Lookup) -> SiteRequest:
    """Where it is and how to enter. Raises UnusableError, and StoreError when the store cannot say."""
    request, namespace = request_of_site(site), site.metadata.namespace or ""
    if site.spec.http is not None and site.spec.http.service_ref is not None:
        url, allow = await place_of(site.spec.http.service_ref, namespace, store)
        request = replace(request, url=url, allow=allow)
    if site.spec.secret_ref is not None:
        request = replace(request, token=await token_of(site.spec.secret_ref, namespace, store))
    return request


async def place_of(ref: SiteServiceRef, namespace: str, store: Lookup) -> tuple[str, tuple[str, ...]]:
    """(URL, what may be dialled for it): the Service's name, and the address that the API server has for it."""
    where, there = f"spec.http.serviceRef: Service {ref.name!r}", ref.namespace or namespace
    if not isinstance(store, Services):
        raise UnusableError(f"{where}: there are no Services outside a cluster; set spec.http.url")
    if there != namespace and namespace != os.environ.get(HOME_VARIABLE):
        raise UnusableError(f"{where}: only TargetSites of the operator's namespace may name namespace {there!r}")
    try:
        spec = (await store.service(there, ref.name))["spec"]
    except NotFoundError:
        raise UnusableError(f"{where}: there is none in {there!r}") from None
    except DeniedError:
        raise UnusableError(
            f"{where}: the operator may not read it; give its ServiceAccount the verb get on Services of {there!r}"
        ) from None
    address = address_of(spec, ref.port, where)
    return f"{ref.scheme}://{ref.name}.{there}.svc:{ref.port}{ref.path.rstrip('/')}", (as_network(address),)


def request_of_site(site: TargetSite) -> SiteRequest:
    """Without its token, and without what the API server knows of it. Raises UnusableError."""
    spec, name = site.spec, site.metadata.name
    if spec.http is None and spec.kubernetes is None:
        raise UnusableError(
            f"TargetSite {name!r} has no spec.http and no spec.kubernetes, so that nothing can be done there"
        )
    objectives = {slo.sli: slo.objective for slo in spec.slos}
    return SiteRequest(
        name=name,
        url=(spec.http.url or "") if spec.http else "",
        kubernetes=_workloads_of(site),
        availability=objectives.get("availability", 0.99),
        latency_p99_ms=objectives.get("latency_p99_ms", 500.0),
        readiness=objectives.get("readiness"),
        action_seconds=float(spec.action_seconds),
        stabilization_seconds=float(spec.stabilization_seconds),
        guardrails=spec.guardrails.model_dump(by_alias=True, exclude_none=True, mode="json"),
    )


def _workloads_of(site: TargetSite) -> dict[str, Any] | None:
    """spec.kubernetes with its namespace. Who may make a TargetSite in one namespace must not thereby reach another:
    only the operator's own namespace, which is its administrators', may point elsewhere. Outside a cluster there is
    no operator's namespace, and the rights are those of the person."""
    if site.spec.kubernetes is None:
        return None
    own, home = site.metadata.namespace or "", os.environ.get(HOME_VARIABLE, "")
    wanted = site.spec.kubernetes.namespace or own
    if home and wanted != own != home:
        raise UnusableError(
            f"spec.kubernetes.namespace: a TargetSite in {own!r} is about {own!r}; only one in {home!r}, the "
            "operator's own namespace, may name another"
        )
    plain = site.spec.kubernetes.model_dump(by_alias=True, exclude_none=True, mode="json")
    return plain | {"namespace": wanted}


async def token_of(ref: SecretRef, namespace: str, store: Lookup) -> str:
    """From the Secret; where there are no Secrets, from the environment. Raises UnusableError."""
    where = "spec.secretRef"
    if not isinstance(store, Secrets):
        return value_outside(TOKEN_VARIABLE, f"the token of {ref.name!r}", where)
    return value_of(await secret_of(ref.name, where, namespace, store), ref.key, ref.name, where)
