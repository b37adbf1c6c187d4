"""What a run on a TargetSite is about: where the site is, who may enter, what may be done there."""

import os
from dataclasses import replace
from typing import Any, Protocol, runtime_checkable

from pydantic import ValidationError

from praetor.alerts.classify import classify
from praetor.controller.observed import Playable, Unplayable
from praetor.policies.registry import POLICIES
from praetor.resources import reasons
from praetor.resources.alert import Alert
from praetor.resources.run import IncidentRun
from praetor.resources.site import SecretRef, TargetSite
from praetor.runner.request import SiteRequest
from praetor.store.validation import explain
from simcore.errors import DeniedError, NotFoundError
from simcore.protocols import Manifest

TOKEN_VARIABLE = "PRAETOR_SITE_TOKEN"  # noqa: S105 (a variable's name)
HOME_VARIABLE = "PRAETOR_NAMESPACE"
UNKNOWN_FAMILY = "unknown"


class Lookup(Protocol):
    """What of a Store is needed here."""

    async def get(self, kind: str, namespace: str, name: str) -> Manifest: ...


@runtime_checkable
class Secrets(Protocol):
    """A store that can also read Secrets."""

    async def secret(self, namespace: str, name: str) -> dict[str, str]:
        """Its values by key. Raises NotFoundError, DeniedError."""


class UnavailableSiteError(Exception):
    """Nothing can be done there; the text says why and what would help."""


async def site_subject(run: IncidentRun, name: str, store: Lookup) -> Playable | Unplayable:
    """Raises StoreError when the store cannot say."""
    try:
        site = await _site(run.metadata.namespace or "", name, store)
        _check(run)
        request = request_of_site(site)
        if site.spec.secret_ref is not None:
            token = await token_of(site.spec.secret_ref, run.metadata.namespace or "", store)
            request = replace(request, token=token)
    except UnavailableSiteError as problem:
        return Unplayable(reasons.SUBSTRATE_UNAVAILABLE, str(problem))
    family = (
        _family(run.spec.alert) if run.spec.alert else UNKNOWN_FAMILY
    )  # an experiment says nothing of what it breaks
    return Playable(family, family, site=request)


def _family(alert: Alert) -> str:
    """What the sender names, as a probe does, else what the alert's words say."""
    if alert.scenario:
        return alert.scenario.replace("-", "_")
    return classify(alert.model_dump(by_alias=True, exclude_none=True)).family or UNKNOWN_FAMILY


async def _site(namespace: str, name: str, store: Lookup) -> TargetSite:
    try:
        return TargetSite.model_validate(await store.get("TargetSite", namespace, name))
    except NotFoundError:
        raise UnavailableSiteError(
            f"spec.target.siteRef.name: there is no TargetSite {name!r} in namespace {namespace!r}"
        ) from None
    except ValidationError as problem:
        raise UnavailableSiteError(f"TargetSite {name!r} cannot be read: {explain(problem)}") from None


def _check(run: IncidentRun) -> None:
    if run.spec.alert is None and run.spec.inject is None:
        raise UnavailableSiteError("spec.scenarioRef: what is wrong at a site is not chosen; give spec.alert instead")
    policy = POLICIES[run.spec.policy.name]
    if policy.of_seed is None:
        raise UnavailableSiteError(
            f"spec.policy.name: {policy.name!r} reads the simulator's episode, which there is none of at a site"
        )


def request_of_site(site: TargetSite) -> SiteRequest:
    """Without its token. Raises UnavailableSiteError."""
    spec, name = site.spec, site.metadata.name
    if spec.http is None and spec.kubernetes is None:
        raise UnavailableSiteError(
            f"TargetSite {name!r} has no spec.http.url and no spec.kubernetes, so that nothing can be done there"
        )
    objectives = {slo.sli: slo.objective for slo in spec.slos}
    return SiteRequest(
        name=name,
        url=spec.http.url if spec.http else "",
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
        raise UnavailableSiteError(
            f"spec.kubernetes.namespace: a TargetSite in {own!r} is about {own!r}; only one in {home!r}, the "
            "operator's own namespace, may name another"
        )
    plain = site.spec.kubernetes.model_dump(by_alias=True, exclude_none=True, mode="json")
    return plain | {"namespace": wanted}


async def token_of(ref: SecretRef, namespace: str, store: Lookup) -> str:
    """From the Secret; where there are no Secrets, from the environment. Raises UnavailableSiteError."""
    if not isinstance(store, Secrets):
        return _token_of_environment(ref)
    try:
        values = await store.secret(namespace, ref.name)
    except NotFoundError:
        raise UnavailableSiteError(f"spec.secretRef: there is no Secret {ref.name!r} in {namespace!r}") from None
    except DeniedError:
        raise UnavailableSiteError(
            f"spec.secretRef: the operator may not read Secret {ref.name!r}; give its ServiceAccount the verb get on "
            f"this one by a Role in {namespace!r}"
        ) from None
    if not values.get(ref.key):
        raise UnavailableSiteError(f"spec.secretRef: Secret {ref.name!r} has no key {ref.key!r}")
    return values[ref.key].strip()


def _token_of_environment(ref: SecretRef) -> str:
    token = os.environ.get(TOKEN_VARIABLE, "")
    if not token:
        raise UnavailableSiteError(
            f"spec.secretRef: there are no Secrets outside a cluster: set {TOKEN_VARIABLE} to the token of {ref.name!r}"
        )
    return token
