"""What a probe's answers come to in a TargetSite's status. Pure."""

from collections.abc import Sequence
from typing import Any

from praetor.controller.verdicts import Said
from praetor.controller.watching import unseen
from praetor.resources import reasons
from praetor.resources.conditions import MESSAGE_LIMIT, REACHABLE, REQUESTS_MEASURED
from praetor.resources.conformance import Verdict
from praetor.resources.site import DetectedFault, TargetSite
from praetor.substrates.live.survey import Survey
from praetor.substrates.site.probing import Probed
from simcore.classifier.look import Look

Fields = dict[str, Any]
UNMEASURED = "requests are not measured, or there are none: that all is healthy does not say that users are served"


def said_of(probed: Probed) -> tuple[Said, Fields]:
    report, states = probed.conformance, probed.health.services if probed.health else []
    bad = [one for one in report.endpoints if one.verdict in (Verdict.MISSING, Verdict.WRONG_SHAPE)]
    message = "; ".join(f"{one.endpoint}: {one.verdict.value} {one.problem}".strip() for one in bad)
    reason = reasons.SITE_ANSWERS if report.conforms else reasons.SITE_DOES_NOT_CONFORM
    fields = {
        "services": [{"name": one.name, "health": one.health} for one in states],
        "endpoints": [one.model_dump(by_alias=True, mode="json") for one in report.endpoints],
    }
    return Said(REACHABLE, "True", reason, message), fields


def nothing_seen(fault: DetectedFault | None, why: Said) -> tuple[Said, ...]:
    """`fault` is what was known before; `why` is what is said of `Reachable`."""
    words = f"{why.reason}: {why.message}"[:MESSAGE_LIMIT]
    return why, unseen(fault, why), Said(REQUESTS_MEASURED, "Unknown", reasons.SITE_NOT_SEEN, words)


def seen_of(look: Look, said: Said) -> tuple[Said, Said]:
    """`said` of faults, and whether it would be seen that users are not served; who reads only that nothing is wrong
    reads that, too."""
    requests = _requests(look)
    if said.status == "False" and requests.status == "False":
        said = said._replace(message=requests.message)
    return said, requests


def _requests(look: Look) -> Said:
    first = look.services[0]
    if first.figures.error_rate_percent is not None or first.figures.latency_p99_ms is not None:
        return Said(REQUESTS_MEASURED, "True", reasons.REQUESTS_SEEN)
    return Said(REQUESTS_MEASURED, "False", reasons.NO_REQUESTS_SEEN, f"of {first.name}: {UNMEASURED}")


def services_unseen(site: TargetSite) -> Fields:
    """Those that are known, of which nobody knows how they are now."""
    services = [{"name": one.name, "health": "unknown"} for one in site.status.services]
    return {"services": services} if services else {}


def with_strangers(said: Said, site: TargetSite, names: Sequence[str]) -> Said:
    """A protected service that is not there may be written wrongly, and then what was meant is not protected."""
    strangers = [name for name in site.spec.guardrails.protected_services if name not in names]
    if not names or not strangers:
        return said
    told = f"spec.guardrails.protectedServices: there is no {', '.join(strangers)}"
    return said._replace(message="; ".join(text for text in (said.message, told) if text))


def said_of_namespace(survey: Survey) -> tuple[Said, Fields]:
    denied = [one.text for one in survey.rights if not one.granted]
    fields = {
        "services": [{"name": name, "health": health} for name, health in survey.services],
        "endpoints": [
            {"endpoint": one.text, "verdict": "Permitted" if one.granted else "Denied", "problem": one.note}
            for one in survey.rights
        ],
    }
    reason = reasons.RIGHTS_MISSING if denied else reasons.SITE_ANSWERS
    return Said(REACHABLE, "True", reason, f"may not {', '.join(denied)}" if denied else ""), fields
