"""What the page of target sites shows, as plain values."""

from dataclasses import dataclass
from typing import Any

from praetor.console.views import Row, moment, row
from praetor.resources.conditions import FAULT_DETECTED, REACHABLE
from praetor.resources.kubernetes_site import LabelSelector
from praetor.resources.reasons import FAULT_SUSPECTED
from simcore.protocols import Manifest

_HEALTH_TONES = {"healthy": "good", "degraded": "warn", "unhealthy": "bad", "crashed": "bad", "restarting": "warn"}
_AS_WANTED = ("Conformant", "Permitted", "Untried")


@dataclass(frozen=True, slots=True)
class SiteView:
    """`state` in two or three words and `why` in a sentence; `services` with health and tone; `lacking` are endpoints
    or rights that are not as wanted, each with what is wrong."""

    name: str
    namespace: str
    description: str
    where: str
    state: str
    tone: str
    why: str
    services: tuple[tuple[str, str, str], ...]
    lacking: tuple[tuple[str, str], ...]
    probed: str
    runs: tuple[Row, ...]


def site_view(site: Manifest, runs: list[Manifest]) -> SiteView:
    metadata, spec, status = site["metadata"], site["spec"], site.get("status", {})
    state, tone, why = _state(status)
    return SiteView(
        name=metadata["name"],
        namespace=metadata["namespace"],
        description=spec.get("description", ""),
        where=_where(spec),
        state=state,
        tone=tone,
        why=why,
        services=tuple(_service(one) for one in status.get("services", ())),
        lacking=tuple(
            (one["endpoint"], f"{one['verdict']}: {one['problem']}" if one.get("problem") else one["verdict"])
            for one in status.get("endpoints", ())
            if one["verdict"] not in _AS_WANTED
        ),
        probed=moment(status["lastProbe"]) if "lastProbe" in status else "",
        runs=tuple(row(run) for run in runs),
    )


def _service(told: dict[str, Any]) -> tuple[str, str, str]:
    return told["name"], told["health"], _HEALTH_TONES.get(told["health"], "quiet")


def _where(spec: dict[str, Any]) -> str:
    if "kubernetes" in spec:
        selected = LabelSelector.model_validate(spec["kubernetes"].get("selector", {})).query
        return f"namespace {spec['kubernetes'].get('namespace', 'of its own')}{selected and f', {selected}'}"
    http = spec.get("http", {})
    if "serviceRef" in http:
        return f"service {http['serviceRef']['name']}"
    return str(http.get("url", "in the simulator"))


def _state(status: dict[str, Any]) -> tuple[str, str, str]:
    conditions = {one["type"]: one for one in status.get("conditions", ())}
    reachable, fault = conditions.get(REACHABLE, {}), conditions.get(FAULT_DETECTED, {})
    if reachable.get("status") == "False":
        return "not reachable", "bad", reachable.get("message", "")
    if reachable.get("status") == "Unknown":
        return "not asked", "warn", reachable.get("message", "")
    if fault.get("status") == "True":
        return "fault detected", "bad", fault.get("message", "")
    if fault.get("reason") == FAULT_SUSPECTED:
        return "fault suspected", "warn", fault.get("message", "")
    if fault.get("status") == "False":
        return "no fault seen", "good", fault.get("message", "")
    return ("reachable" if reachable.get("status") == "True" else "not probed yet"), "quiet", ""
