"""What pods use, as metrics.k8s.io has it, held against their limits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from praetor.substrates.cluster.templates import limit_of, main_container
from praetor.substrates.cluster.times import seconds_ago
from praetor.substrates.cluster.workloads import Workload
from simcore.protocols import Manifest
from simcore.quantity import MEBIBYTE

_SUFFIXES = {
    "n": 1e-9, "u": 1e-6, "m": 1e-3, "": 1.0, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15,
    "Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40, "Pi": 2.0**50,
}  # fmt: skip


def number(quantity: str | None) -> float | None:
    """A quantity in its base unit, in every notation that the API server writes. None for what is none."""
    if not quantity:
        return None
    digits = quantity.rstrip("numkKMGTPi")
    try:
        return float(digits) * _SUFFIXES[quantity[len(digits) :]]
    except (ValueError, KeyError):
        return None


@dataclass(frozen=True, slots=True)
class Usage:
    """Of one service: cores of all pods together; of the pod that uses most: its memory, its cores, and the shares of
    its limits.
    None for what nobody measured, or where there is no limit."""

    cores: float | None = None
    memory_mib: float | None = None
    memory_limit_mib: float | None = None
    cpu_share: float | None = None
    age_seconds: float = 0.0
    most_cores: float | None = None

    @property
    def memory_share(self) -> float | None:
        if self.memory_mib is None or not self.memory_limit_mib:
            return None
        return self.memory_mib / self.memory_limit_mib


def usage_of(workload: Workload, measured: Sequence[Manifest], now: datetime) -> Usage:
    """Of its main container."""
    container = main_container(workload.template)
    names = {pod.name for pod in workload.pods}
    found = [one for one in measured if one["metadata"]["name"] in names]
    uses = [use for one in found if (use := _of_container(one, container["name"]))]
    limit, cpu_limit = number(limit_of(container, "memory")), number(limit_of(container, "cpu"))
    cores = [value for use in uses if (value := number(use.get("cpu"))) is not None]
    memory = [value for use in uses if (value := number(use.get("memory"))) is not None]
    return Usage(
        cores=sum(cores) if cores else None,
        memory_mib=max(memory) / MEBIBYTE if memory else None,
        memory_limit_mib=limit / MEBIBYTE if limit else None,
        cpu_share=max(cores) / cpu_limit if cores and cpu_limit else None,
        age_seconds=min((seconds_ago(one.get("timestamp"), now) or 0.0 for one in found), default=0.0),
        most_cores=max(cores, default=None),
    )


def _of_container(measured: Manifest, name: str) -> Mapping[str, str] | None:
    return next((one["usage"] for one in measured.get("containers") or () if one["name"] == name), None)
