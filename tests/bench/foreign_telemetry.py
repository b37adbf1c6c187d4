"""The classifier on telemetry of others, beside chance: Nezha's Online Boutique and PetShop. Nothing was tuned on them.

They have no logs, no memory, no health and no releases here, so that no answer is sure; what is reported is which
service and which family the classifier ranks first among the faults.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from simcore.classifier.classify import HEALTHY, UNKNOWN, classify
from simcore.classifier.look import Figures, Look, ServiceLook
from simcore.evaluation.counts import wilson_interval
from tests.calibration.data import NEZHA, PETSHOP, VARIABLE
from tests.calibration.nezha import read_day
from tests.calibration.petshop import AVAILABILITY, CALLEES, LATENCY, read_petshop
from tests.calibration.seen import CPU, ENTRY, P99, RATE

_KINDS = {
    "cpu_contention": {"cpu_saturation", "cfs_throttling"},
    "cpu_consumed": {"cpu_saturation"},
    "exception": {"canary_errors"},
    "return": {"canary_errors"},
    "network_delay": {"network_delay"},
    LATENCY: {"network_delay", "cpu_saturation", "config_drift"},
    AVAILABILITY: {"canary_errors"},
}
Case = tuple[Look, str, str]
"""What was measured during a fault, its kind, its service."""


def foreign() -> dict[str, Any]:
    sources = (("nezha", NEZHA, _nezha), ("petshop", PETSHOP, _petshop))
    missing = "skipped: the measurements are neither at ../shared/data nor where {} says"
    return {
        name: _told(cases(folder)) if folder.exists() else missing.format(VARIABLE) for name, folder, cases in sources
    }


def _told(cases: Iterable[Case]) -> dict[str, Any]:
    cases = list(cases)
    ranked = [[one for one in classify(look).ranked if one.family not in (HEALTHY, UNKNOWN)] for look, _, _ in cases]
    services = sum(1 / len(look.services) for look, _, _ in cases)
    families = sum(len(_KINDS[kind]) / len(first) for first, (_, kind, _) in zip(ranked, cases, strict=True))
    return {
        "faults": len(cases),
        "service_ranked_first": _share(
            sum(first[0].service == where for first, (_, _, where) in zip(ranked, cases, strict=True)), len(cases)
        ),
        "service_by_chance": round(services / len(cases), 3),
        "family_ranked_first": _share(
            sum(first[0].family in _KINDS[kind] for first, (_, kind, _) in zip(ranked, cases, strict=True)), len(cases)
        ),
        "family_by_chance": round(families / len(cases), 3),
        "taken_for_healthy": sum(classify(look).family == HEALTHY for look, _, _ in cases),
    }


def _share(part: int, whole: int) -> dict[str, Any]:
    low, high = wilson_interval(part, whole)
    return {"count": part, "of": whole, "ci_low": round(low, 3), "ci_high": round(high, 3)}


def _nezha(folder: Any) -> Iterable[Case]:
    for seen in read_day(folder).seen:
        calls = [place.split(" > ") for place in seen.during if " > " in place]
        pods = [place for place in seen.during if place != ENTRY and " > " not in place]
        look = [
            ServiceLook(pod, figures=_figures(seen.during[pod]), calls=[to for by, to in calls if by == pod])
            for pod in pods
        ]
        yield Look(look), seen.kind, seen.service


def _figures(readings: Mapping[str, float]) -> Figures:
    return Figures(
        cpu_percent=_known(readings.get(CPU)),
        latency_p99_ms=_known(readings.get(P99)),
        requests_per_second=_known(readings.get(RATE)),
    )


def _petshop(folder: Any) -> Iterable[Case]:
    for issue in read_petshop(folder).issues:
        look = [
            ServiceLook(
                node.replace(" ", "-"),
                figures=Figures(
                    error_rate_percent=_known(issue.during[node].failing_percent),
                    latency_p99_ms=_known(issue.during[node].p99_ms),
                ),
                calls=[callee.replace(" ", "-") for callee in callees],
            )
            for node, callees in CALLEES.items()
        ]
        yield Look(look), issue.metric, issue.root.replace(" ", "-")


def _known(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else value
