"""Workloads of a namespace as a site: which they are, which of their settings may be set, who measures requests."""

from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from praetor.resources.rules import exactly_one, must_hold
from praetor.resources.wire import Wire

_NAMESPACE = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
_OBJECT_NAME = r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"
_LabelKey = Annotated[str, StringConstraints(min_length=1, max_length=317)]
_LabelValue = Annotated[str, StringConstraints(max_length=63)]
_WITH_VALUES = ("In", "NotIn")
_PODS = '{namespace="$namespace",pod=~"$service-([a-z0-9]+-[a-z0-9]{5}|[0-9]+)",container!=""}'
"""As a Deployment's and a StatefulSet's are named; no other whose name only begins in the same way."""


class LabelRequirement(Wire):
    """A condition on one label, as Kubernetes' own selectors have them."""

    model_config = ConfigDict(
        json_schema_extra=must_hold(
            "(self.operator in ['In', 'NotIn']) == (has(self.values) && size(self.values) > 0)",
            "In and NotIn want values, Exists and DoesNotExist have none",
        )
    )

    key: _LabelKey = Field(description="The label.")
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist"] = Field(description="How it is compared.")
    values: list[_LabelValue] = Field(default_factory=list, max_length=20, description="With what it is compared.")

    @model_validator(mode="after")
    def _values(self) -> Self:
        if bool(self.values) != (self.operator in _WITH_VALUES):
            raise ValueError("In and NotIn want values, Exists and DoesNotExist have none")
        return self


class LabelSelector(Wire):
    """Labels that a Deployment or StatefulSet must have. Everything that is given must hold."""

    match_labels: dict[_LabelKey, _LabelValue] = Field(
        default_factory=dict, max_length=16, description="Labels with these values."
    )
    match_expressions: list[LabelRequirement] = Field(
        default_factory=list, max_length=16, description="Conditions on labels."
    )

    @property
    def query(self) -> str:
        """As the API server's `labelSelector` takes it; "" for all objects."""
        equal = [f"{key}={value}" for key, value in self.match_labels.items()]
        return ",".join([*equal, *map(_term, self.match_expressions)])


def _term(one: LabelRequirement) -> str:
    words = {"In": "in", "NotIn": "notin"}
    if one.operator in words:
        return f"{one.key} {words[one.operator]} ({','.join(one.values)})"
    return one.key if one.operator == "Exists" else f"!{one.key}"


class ConfigMapKey(Wire):
    """A key of a ConfigMap."""

    name: str = Field(min_length=1, max_length=253, pattern=_OBJECT_NAME, description="The ConfigMap's name.")
    key: str = Field(min_length=1, max_length=253, description="The key whose value is the setting.")


class EnvironmentVariable(Wire):
    """An environment variable of a container."""

    name: str = Field(min_length=1, max_length=253, pattern=r"^[^=]+$", description="The variable's name.")
    container: str | None = Field(
        None, min_length=1, max_length=63, description="Whose it is; default: the service's main container."
    )


class ConfigSetting(Wire):
    """A setting that `update_config` may set, and where it stands: exactly one of `configMap` and `env`."""

    model_config = ConfigDict(json_schema_extra=exactly_one("configMap", "env"))

    service: str = Field(min_length=1, max_length=253, description="The Deployment or StatefulSet that it is of.")
    key: str = Field(min_length=1, max_length=128, description="What actions call it, such as `db.pool.max_size`.")
    config_map: ConfigMapKey | None = Field(None, description="It is a key of this ConfigMap.")
    env: EnvironmentVariable | None = Field(None, description="It is this environment variable.")

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.config_map is None) == (self.env is None):
            raise ValueError("exactly one of configMap and env must be set")
        return self


class ServiceRef(Wire):
    """A Service, asked through the API server."""

    namespace: str | None = Field(
        None, max_length=63, pattern=_NAMESPACE, description="Where it is; default: with the workloads."
    )
    name: str = Field(min_length=1, max_length=63, pattern=_NAMESPACE, description="The Service's name.")
    port: int = Field(9090, ge=1, le=65_535, description="Its port.")


class RequestQueries(Wire):
    """PromQL for the figures of one service; `$namespace`, `$service` and `$window` are filled in. Default: the metrics
    `http_requests_total` (label `code`) and `http_request_duration_seconds`, with labels `namespace` and `service`, and
    what the kubelet's cAdvisor tells of the periods of CPU quotas, by the names that pods have."""

    requests: str = Field(
        'sum(rate(http_requests_total{namespace="$namespace",service="$service"}[$window]))',
        min_length=1, max_length=1000, description="Requests per second.",
    )  # fmt: skip
    errors: str = Field(
        'sum(rate(http_requests_total{namespace="$namespace",service="$service",code=~"5..|429"}[$window]))',
        min_length=1, max_length=1000, description="Requests per second that failed.",
    )  # fmt: skip
    latency_p99_seconds: str = Field(
        "histogram_quantile(0.99, sum by (le) "
        '(rate(http_request_duration_seconds_bucket{namespace="$namespace",service="$service"}[$window])))',
        min_length=1, max_length=1000, description="Seconds that the slowest hundredth took.",
    )  # fmt: skip
    cpu_throttled: str = Field(
        f"sum(rate(container_cpu_cfs_throttled_periods_total{_PODS}[$window])) / "
        f"sum(rate(container_cpu_cfs_periods_total{_PODS}[$window]))",
        min_length=1, max_length=1000, description="The share of its CPU quota's periods in which it was held back.",
    )  # fmt: skip
    window_seconds: int = Field(60, ge=5, le=3600, description="What `$window` stands for.")


class Prometheus(Wire):
    """Who measures requests: exactly one of `url` and `serviceRef`."""

    model_config = ConfigDict(json_schema_extra=exactly_one("url", "serviceRef"))

    url: str | None = Field(
        None, min_length=8, max_length=2000, pattern=r"^https?://[^\s@?#]+$",
        description="Where it is, without credentials, query or fragment.",
    )  # fmt: skip
    service_ref: ServiceRef | None = Field(None, description="Its Service in this cluster.")
    queries: RequestQueries = Field(RequestQueries(), description="What it is asked.")

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.url is None) == (self.service_ref is None):
            raise ValueError("exactly one of url and serviceRef must be set")
        return self


class KubernetesSite(Wire):
    """Deployments and StatefulSets of a namespace, which need to know nothing of Praetor."""

    namespace: str | None = Field(
        None, min_length=1, max_length=63, pattern=_NAMESPACE,
        description="Where they are; default: with the TargetSite. In a cluster only TargetSites of the operator's own "
        "namespace may name another.",
    )  # fmt: skip
    selector: LabelSelector = Field(
        LabelSelector(),
        description="Which of them; default: all.",
    )
    entry: str | None = Field(
        None, min_length=1, max_length=253, pattern=_OBJECT_NAME,
        description="The one that users reach; default: one that an Ingress leads to, else the first by name.",
    )  # fmt: skip
    config: list[ConfigSetting] = Field(
        default_factory=list,
        max_length=50,
        description="What `update_config` may set, beside the CPU limit (`cpu.limit`).",
    )
    prometheus: Prometheus | None = Field(
        None, description="Who measures requests; without it the objective is the share of pods that are ready."
    )
