"""What was read of a namespace at one moment, as services: the value that payloads, checks and plans are made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from praetor.resources.kubernetes_site import ConfigSetting
from praetor.resources.ops import ServiceMetrics
from praetor.substrates.cluster.calls import calls_among
from praetor.substrates.cluster.health import health_of
from praetor.substrates.cluster.reading import Objects
from praetor.substrates.cluster.settings import ConfigMaps, values_of
from praetor.substrates.cluster.usage import Usage, usage_of
from praetor.substrates.cluster.workloads import Workload, workloads_of
from simcore.classifier.look import DATABASES
from simcore.protocols import Manifest


@dataclass(frozen=True, slots=True)
class Requests:
    """Of one service, as its Prometheus has them, and what holds them up; None for what it does not have."""

    per_second: float | None = None
    failing_share: float | None = None
    latency_p99_ms: float | None = None
    throttled_share: float | None = None
    """Of the periods of its CPU quota."""

    @property
    def throttled_percent(self) -> float | None:
        return None if self.throttled_share is None else 100.0 * self.throttled_share


@dataclass(frozen=True, slots=True)
class Seen:
    """`requests` by service, where somebody measures them. Services are by name, the entry first."""

    now: datetime
    objects: Objects
    settings: Sequence[ConfigSetting] = ()
    config_maps: ConfigMaps = field(default_factory=dict)
    requests: Mapping[str, Requests] = field(default_factory=dict)
    workloads: Mapping[str, Workload] = field(default_factory=dict)
    calls: Mapping[str, list[str]] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        return list(self.workloads)

    def health(self, service: str) -> str:
        return health_of(self.workloads[service], self.requests.get(service, Requests()).failing_share)

    def usage(self, service: str) -> Usage:
        return usage_of(self.workloads[service], self.objects.usage, self.now)

    def callers(self, service: str) -> list[str]:
        return [name for name, called in self.calls.items() if service in called]

    def callers_of_callers(self, service: str) -> list[str]:
        """Who calls it, and who calls those, and so on."""
        reached = [service]
        for one in reached:  # which grows meanwhile
            reached += [name for name in self.callers(one) if name not in reached]
        return reached[1:]

    def runtime(self, service: str) -> str:
        """The database that its image or its name is of; "" for all else."""
        workload = self.workloads[service]
        text = f"{workload.image.rpartition('/')[2]} {workload.name}".lower()
        return next((database for database in DATABASES if database in text), "")

    def metrics(self, service: str) -> ServiceMetrics:
        """In the form that sites have them."""
        usage, requests = self.usage(service), self.requests.get(service, Requests())
        failing = requests.failing_share
        return ServiceMetrics(
            cpu_percent=None if usage.cores is None else 100.0 * usage.cores,
            memory_mb=usage.memory_mib,
            memory_limit_mb=usage.memory_limit_mib,
            error_rate_percent=None if failing is None else min(100.0 * failing, 100.0),
            request_latency_p99_ms=requests.latency_p99_ms,
            active_connections=None,
            requests_per_second=requests.per_second,
        )


def seen(
    now: datetime,
    objects: Objects,
    settings: Sequence[ConfigSetting] = (),
    config_maps: ConfigMaps | None = None,
    requests: Mapping[str, Requests] | None = None,
    entry: str | None = None,
    usual: Mapping[str, int] | None = None,
) -> Seen:
    """Services that nobody misses are left out. `usual` is how many replicas were seen of them before."""
    maps, before = config_maps or {}, usual or {}
    remembered = (
        replace(one, usual_replicas=max(one.usual_replicas, before.get(one.name, 0)))
        for one in workloads_of(objects, now)
    )
    found = [one for one in remembered if not one.is_idle]
    first = _entry(found, objects.ingresses, entry)
    workloads = {one.name: one for one in sorted(found, key=lambda one: (one.name != first, one.name))}
    told = {one.name: [value.text or "" for value in values_of(settings, one, maps)] for one in found}
    return Seen(now, objects, settings, maps, requests or {}, workloads, calls_among(found, told, maps))


def _entry(workloads: Sequence[Workload], ingresses: Sequence[Manifest], named: str | None) -> str | None:
    """The one that is named, else one that an Ingress leads to."""
    if named is not None:
        return named
    behind = {name for one in ingresses for name in _backends(one)}
    return next((one.name for one in workloads if behind & set(one.services)), None)


def _backends(ingress: Manifest) -> list[str]:
    spec = ingress.get("spec") or {}
    paths = [path for rule in spec.get("rules") or () for path in (rule.get("http") or {}).get("paths") or ()]
    backends = [path.get("backend") or {} for path in paths] + [spec.get("defaultBackend") or {}]
    return [name for one in backends if (name := (one.get("service") or {}).get("name"))]
