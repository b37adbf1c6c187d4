"""From a request to a namespace's substrate: who we are to the API server, what was promised, the alert."""

from collections.abc import Callable
from typing import Any, Literal

from pydantic import ValidationError

from praetor.guard.addresses import rules_of
from praetor.guard.client import GuardedClient
from praetor.guard.errors import GuardError, UnreachableError
from praetor.guard.targets import SiteRequest
from praetor.kube.blocking import BlockingKube
from praetor.kube.credentials import in_cluster, load_credentials
from praetor.resources.conformance import problem_text
from praetor.resources.kubernetes_site import KubernetesSite, Prometheus
from praetor.substrates.cluster.errors import NamespaceError
from praetor.substrates.cluster.prometheus import Get, RequestSource, proxied_path
from praetor.substrates.cluster.system import NamespaceSystem, Promises
from praetor.substrates.live.alerts import notice_of
from praetor.substrates.live.episode import LiveSubstrate
from praetor.substrates.live.first_look import family_of
from praetor.substrates.live.samples import Objectives
from praetor.substrates.live.system import Pace
from simcore.classifier.classify import classify
from simcore.errors import UnavailableError

_MAX_STEPS, _SAMPLE_S, _READINESS = 60, 2.0, 0.99


class ClusterSubstrate(LiveSubstrate):
    """One episode on the workloads of one namespace."""

    name: Literal["Simulator", "Site", "Cluster"] = "Cluster"


def cluster_substrate(
    asked: SiteRequest, alert: dict[str, Any] | None, *, family: str, max_steps: int | None = None
) -> ClusterSubstrate:
    """`alert` is an IncidentRun's. Raises NamespaceError, DeniedError without credentials, UnreachableError for an API
    server that does not answer: it may do so later."""
    system = namespace_system(asked)
    try:
        system.begin()
        found = classify(system.first_look())
    except UnavailableError as problem:
        system.close()
        raise UnreachableError(str(problem)) from None
    except Exception:
        system.close()
        raise
    return ClusterSubstrate(
        system,
        notice_of(alert or {}, system.names, found),
        family=family_of(family, found),
        max_steps=max_steps or _MAX_STEPS,
        pace=Pace(asked.action_seconds, _SAMPLE_S, asked.stabilization_seconds),
    )


def namespace_system(asked: SiteRequest) -> NamespaceSystem:
    """Nothing is asked yet. Raises NamespaceError, and DeniedError without credentials."""
    site, namespace = site_of(asked)
    kube = BlockingKube(load_credentials())
    source = request_source(asked, site, namespace, kube)
    return NamespaceSystem(kube, namespace, site, promises_of(asked, site), source=source, inside=in_cluster())


def site_of(asked: SiteRequest) -> tuple[KubernetesSite, str]:
    """(spec.kubernetes, the namespace). Raises NamespaceError."""
    try:
        site = KubernetesSite.model_validate(asked.kubernetes)
    except ValidationError as problem:
        raise NamespaceError(f"spec.kubernetes: {problem_text(problem)}") from None
    if site.namespace is None:
        raise NamespaceError("spec.kubernetes.namespace: it is not said where the workloads are")
    return site, site.namespace


def promises_of(asked: SiteRequest, site: KubernetesSite) -> Promises:
    if site.prometheus is None:
        return Promises(None, _READINESS if asked.readiness is None else asked.readiness)
    return Promises(Objectives(asked.availability, asked.latency_p99_ms), asked.readiness)


def request_source(
    asked: SiteRequest, site: KubernetesSite, namespace: str, kube: BlockingKube
) -> RequestSource | None:
    """Raises NamespaceError for a URL that must not be dialled."""
    if site.prometheus is None:
        return None
    get, close = _getter(asked, site.prometheus, namespace, kube)
    return RequestSource(get, site.prometheus.queries, namespace, close)


def _getter(
    asked: SiteRequest, prometheus: Prometheus, namespace: str, kube: BlockingKube
) -> tuple[Get, Callable[[], None]]:
    if prometheus.url is None:
        root = proxied_path(prometheus, namespace)
        return lambda path, query: kube.run(
            lambda client: client.request("GET", root + path, query=query)
        ), lambda: None
    headers = {"Authorization": f"Bearer {asked.token}"} if asked.token else {}
    try:
        http = GuardedClient(prometheus.url, rules=rules_of(asked.allow), headers=headers)
    except (GuardError, ValueError) as problem:
        raise NamespaceError(f"spec.kubernetes.prometheus.url: {problem}") from None
    return lambda path, query: http.request("GET", path, query=query).json(), http.close
