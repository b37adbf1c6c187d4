"""Requests, errors, latency and CPU throttling of a service, by PromQL, from whoever measures them."""

import math
from collections.abc import Callable, Mapping
from string import Template
from typing import Any

from praetor.kube.paths import SERVICES
from praetor.resources.kubernetes_site import Prometheus, RequestQueries
from praetor.substrates.cluster.sightings import Requests
from simcore.errors import SimcoreError

Get = Callable[[str, dict[str, str]], Any]
"""(path, query) -> the parsed answer. Raises SimcoreError, GuardedError."""
QUERY_PATH = "/api/v1/query"
NOW: Mapping[str, str] = {}


class PrometheusError(SimcoreError):
    """It answers, and not as Prometheus does."""


def proxied_path(prometheus: Prometheus, namespace: str) -> str:
    """Of its Service, through the API server: so nothing else has to be reachable, and RBAC decides who may ask."""
    ref = prometheus.service_ref
    assert ref is not None
    return SERVICES.path(ref.namespace or namespace, f"{ref.name}:{ref.port}", "proxy")


class RequestSource:
    """What one Prometheus knows of the services of a namespace."""

    def __init__(
        self, get: Get, queries: RequestQueries, namespace: str, close: Callable[[], None] = lambda: None
    ) -> None:
        self._get, self._queries, self._namespace, self.close = get, queries, namespace, close

    def of(self, service: str, *, throttling: bool = True) -> Requests:
        """All of one moment, by Prometheus' own clock: figures that are compared have seen the same scrapes. Of a
        service without requests the share that fails is not known. Raises SimcoreError, GuardedError."""
        asked = self._answer(self._queries.requests, service)
        total, at = value_of(asked), moment_of(asked)
        failing = self._value(self._queries.errors, service, at)
        seconds = self._value(self._queries.latency_p99_seconds, service, at)
        return Requests(
            per_second=total,
            failing_share=None if not total else min((failing or 0.0) / total, 1.0),
            latency_p99_ms=None if seconds is None else 1000.0 * seconds,
            throttled_share=self._value(self._queries.cpu_throttled, service, at) if throttling else None,
        )

    def _value(self, query: str, service: str, at: Mapping[str, str]) -> float | None:
        return value_of(self._answer(query, service, at))

    def _answer(self, query: str, service: str, at: Mapping[str, str] = NOW) -> Any:
        filled = Template(query).safe_substitute(
            namespace=self._namespace, service=service, window=f"{self._queries.window_seconds}s"
        )
        try:
            return self._get(QUERY_PATH, {"query": filled, **at})
        except ValueError:
            raise PrometheusError("Prometheus: an answer that is no JSON") from None


def moment_of(answer: Any) -> Mapping[str, str]:
    """Of an instant vector that `value_of` could read: what asks for others of the same moment; of an empty one, for
    those of now."""
    result = answer["data"]["result"]
    return {"time": str(result[0]["value"][0])} if answer["data"]["resultType"] == "vector" and result else NOW


def value_of(answer: Any) -> float | None:
    """The sum of an instant vector, or a scalar; None for an empty one and for NaN. Raises PrometheusError."""
    try:
        if answer["status"] != "success":
            raise PrometheusError(f"Prometheus: {answer.get('error', 'it says no success')}"[:300])
        kind, result = answer["data"]["resultType"], answer["data"]["result"]
        pairs = [result] if kind == "scalar" else [series["value"] for series in result]
        values = [value for _, text in pairs if not math.isnan(value := float(text))]
    except (KeyError, TypeError, ValueError) as problem:
        raise PrometheusError(f"Prometheus: an answer of another shape than a query's: {problem!r}") from None
    return sum(values) if values else None
