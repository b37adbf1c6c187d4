"""What probes of a site add up to: which of them see a fault, the same one or another, and when it is over. Pure.

A fault is one from the first of two probes in a row that see it until two in a row see none (after a run that
Succeeded until one does: the run itself has seen the site well), whatever it is called meanwhile, and begins one run.
Once that has ended, two probes in a row that give what they see the same new name see another fault, which begins a
run of its own. A name, family and service, is new if no run has begun under it since the site was well and, unless the
run Succeeded, it is not `unknown` and no probe has given it while a run was at work.

So a site that flaps from probe to probe is neither paged for nor declared well; answers that waver while a fault grows
begin nothing, and neither does what a run has left to a person. No name begins two runs before the site is well.
"""

from datetime import datetime
from typing import Any, NamedTuple

from praetor.alerts.notification import Notification
from praetor.alerts.single import Single
from praetor.controller.care import Care
from praetor.controller.verdicts import Said
from praetor.resources import reasons
from praetor.resources.conditions import FAULT_DETECTED, MESSAGE_LIMIT
from praetor.resources.site import MOST_FAULT_NAMES, DetectedFault, TargetSite
from simcore.classifier.classify import UNKNOWN, Classification

CONSECUTIVE = 2
SOURCE = "probe"
_MOST_COUNTED = 1000
_EVIDENCE_CHARACTERS = 300


class Watched(NamedTuple):
    """`fault` is what the status has from now on, `over` the one that ended. With `fires` the fault is certain and was
    seen just now: whoever begins runs is told."""

    said: Said
    fault: DetectedFault | None = None
    over: DetectedFault | None = None
    fires: bool = False


def watched(before: DetectedFault | None, found: Classification, now: str, care: Care = "None") -> Watched:
    """`before` is what the last probe left in the status, `care` what runs have to do with it; `now` is on the wire's
    form."""
    missed = (before.missed_probes if before else 0) + (0 if found.is_fault else 1)
    is_over = before is not None and is_detected(before) and missed >= _patience(care)
    if not found.is_fault:
        return Watched(_said("False", reasons.NO_FAULT_SEEN), over=before) if is_over else _not_seen(before, missed)
    return _seen(None, found, now, "None")._replace(over=before) if is_over else _seen(before, found, now, care)


def unseen(before: DetectedFault | None, why: Said) -> Said:
    """Of a probe that saw nothing, which changes nothing about a fault. `why` is what is said of `Reachable`."""
    if before is None:
        return _said("Unknown", reasons.SITE_NOT_SEEN, f"{why.reason}: {why.message}")
    status, reason = ("True", reasons.FAULT_SEEN) if is_detected(before) else ("Unknown", reasons.FAULT_SUSPECTED)
    return _said(status, reason, f"the last probe saw nothing ({why.reason}): {_told(before)}")


def is_detected(fault: DetectedFault) -> bool:
    return fault.seen_probes >= CONSECUTIVE


def _patience(care: Care) -> int:
    return 1 if care == "Resolved" else CONSECUTIVE


def _not_seen(last: DetectedFault | None, missed: int) -> Watched:
    if last is None or not is_detected(last):
        return Watched(_said("False", reasons.NO_FAULT_SEEN))
    message = f"the last probe did not see it: {_told(last)}"
    still = last.model_copy(update={"missed_probes": missed, "another_since": None})
    return Watched(_said("True", reasons.FAULT_SEEN, message), still)


def _seen(last: DetectedFault | None, found: Classification, now: str, care: Care) -> Watched:
    fault = _as_seen(last or _first(found, now), found)
    if not is_detected(fault):
        return Watched(_said("Unknown", reasons.FAULT_SUSPECTED, _told(fault)), _called(fault, "None"))
    said = _said("True", reasons.FAULT_SEEN, _told(fault))
    if last is None or not is_detected(last):
        return Watched(said, _called(fault, "None"), fires=True)
    if not _is_new(fault, care):
        return Watched(said, _called(fault, care), fires=True)
    if last.another_since is None or _name(last) != _name(fault):
        return Watched(said, fault.model_copy(update={"another_since": now}), fires=True)
    return Watched(said, _called(_another(fault, last.another_since), "None"), over=last, fires=True)


def _first(found: Classification, now: str) -> DetectedFault:
    return DetectedFault(family=found.family, confidence=0.0, since=now, first_family=found.family, seen_probes=0)


def _as_seen(last: DetectedFault, found: Classification) -> DetectedFault:
    looks: dict[str, Any] = {
        "family": found.family,
        "service": found.service,
        "confidence": round(found.confidence, 3),
        "evidence": [words[:_EVIDENCE_CHARACTERS] for words in found.evidence],
    }
    counts = {"seen_probes": min(last.seen_probes + 1, _MOST_COUNTED), "missed_probes": 0, "another_since": None}
    named = {"first_family": last.first_family if is_detected(last) else found.family}
    return last.model_copy(update=looks | counts | named)


def _name(fault: DetectedFault) -> str:
    return f"{fault.family} at {fault.service}" if fault.service else fault.family


def _is_new(fault: DetectedFault, care: Care) -> bool:
    old = [fault.called_before]
    if care == "Unresolved":
        old += [fault.called_meanwhile, [UNKNOWN]]
    has_ended = care in ("Resolved", "Unresolved")
    return has_ended and all(_name(fault) not in names and len(names) < MOST_FAULT_NAMES for names in old)


def _called(fault: DetectedFault, care: Care) -> DetectedFault:
    """With its name among those that it has had, up to the end of its run."""
    field = {"None": "called_before", "AtWork": "called_meanwhile"}.get(care)
    if field is None:
        return fault
    names = dict.fromkeys([*getattr(fault, field), _name(fault)])
    return fault.model_copy(update={field: list(names)[:MOST_FAULT_NAMES]})


def _another(fault: DetectedFault, since: str) -> DetectedFault:
    """It keeps the names of those before it: whatever they are, they have had their runs."""
    return fault.model_copy(update={"since": since, "first_family": fault.family, "seen_probes": CONSECUTIVE})


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
