"""What probes of a site add up to: a fault is one when two in a row see it, and over when two in a row do not. Pure.

So a site that flaps from probe to probe is neither paged for nor declared well. What a fault is called may change while
it lasts; the name under which it was detected stays its run's.
"""

from datetime import datetime
from typing import NamedTuple

from praetor.alerts.notification import Notification
from praetor.alerts.single import Single
from praetor.controller.verdicts import Said
from praetor.resources import reasons
from praetor.resources.conditions import FAULT_DETECTED, MESSAGE_LIMIT
from praetor.resources.site import DetectedFault, TargetSite
from simcore.classifier.classify import UNKNOWN, Classification

CONSECUTIVE = 2
SOURCE = "probe"
_MOST_COUNTED = 1000
_EVIDENCE_CHARACTERS = 300


class Watched(NamedTuple):
    """`firing` is None where nobody needs to be told: nothing is certain yet, or anew."""

    said: Said
    fault: DetectedFault | None
    firing: bool | None = None


def watched(before: DetectedFault | None, found: Classification, now: str) -> Watched:
    """`before` is what the last probe left in the status; `now` is on the wire's form."""
    if not found.is_fault:
        return _not_seen(before)
    last = before or _first(found, now)
    count = min(last.seen_probes + 1, _MOST_COUNTED) if before is not None else 1
    is_detected = _is_detected(last) or count >= CONSECUTIVE
    named = last.first_family if _is_detected(last) else found.family
    fault = _as_found(last, found).model_copy(
        update={"seen_probes": max(count, CONSECUTIVE if is_detected else 0), "missed_probes": 0, "first_family": named}
    )
    if not is_detected:
        return Watched(_said("Unknown", reasons.FAULT_SUSPECTED, _told(fault)), fault)
    return Watched(_said("True", reasons.FAULT_SEEN, _told(fault)), fault, firing=True)


def _not_seen(before: DetectedFault | None) -> Watched:
    if before is None or not _is_detected(before):
        return Watched(_said("False", reasons.NO_FAULT_SEEN), None)
    missed = before.missed_probes + 1
    if missed >= CONSECUTIVE:
        return Watched(_said("False", reasons.NO_FAULT_SEEN), None, firing=False)
    message = f"the last probe did not see it: {_told(before)}"
    return Watched(_said("True", reasons.FAULT_SEEN, message), before.model_copy(update={"missed_probes": missed}))


def _is_detected(fault: DetectedFault) -> bool:
    return fault.seen_probes >= CONSECUTIVE


def _first(found: Classification, now: str) -> DetectedFault:
    return DetectedFault(family=found.family, confidence=0.0, since=now, first_family=found.family)


def _as_found(last: DetectedFault, found: Classification) -> DetectedFault:
    return last.model_copy(
        update={
            "family": found.family,
            "service": found.service,
            "confidence": round(found.confidence, 3),
            "evidence": [words[:_EVIDENCE_CHARACTERS] for words in found.evidence],
        }
    )


def _said(status: str, reason: str, message: str = "") -> Said:
    return Said(FAULT_DETECTED, status, reason, message[:MESSAGE_LIMIT])  # type: ignore[arg-type]


def _told(fault: DetectedFault) -> str:
    where = f" at {fault.service}" if fault.service else ""
    why = f": {'; '.join(fault.evidence)}" if fault.evidence else ""
    return f"{fault.family}{where}, {100 * fault.confidence:.0f} % sure{why}"


def notification_of(site: TargetSite, fault: DetectedFault, *, firing: bool) -> Notification:
    """The fault as an alert of the site: the same name and occurrence whenever it is told again."""
    title = fault.evidence[0] if fault.evidence else f"{site.metadata.name} is not well"
    told = Single(
        title=title,
        description=f"A probe found {_told(fault)}.",
        service=fault.service,
        scenario="" if fault.family == UNKNOWN else fault.family,
        firing=firing,
        starts_at=datetime.fromisoformat(fault.since),
        labels={"alertname": "FaultDetected", "family": fault.family},
    )
    return told.notification(SOURCE, (site.metadata.name, fault.first_family))
