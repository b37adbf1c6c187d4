"""What a probe says of a site that was not said before, as Events. Pure."""

from pydantic import ValidationError

from praetor.controller.effects import RecordEvent
from praetor.controller.watching import is_detected
from praetor.resources import reasons
from praetor.resources.conditions import FAULT_DETECTED, REACHABLE, find_condition
from praetor.resources.site import DetectedFault, TargetSiteStatus
from simcore.protocols import Manifest


def news_of(before: Manifest, now: Manifest) -> list[RecordEvent]:
    """Of a TargetSite whose status another version wrote so that this one cannot read it, none."""
    try:
        old, new = (TargetSiteStatus.model_validate(one.get("status", {})) for one in (before, now))
    except ValidationError:
        return []
    return [*_of_reachable(old, new), *_of_fault(old, new)]


def _of_reachable(before: TargetSiteStatus, now: TargetSiteStatus) -> list[RecordEvent]:
    """A site that answers at first sight is no news."""
    old, new = find_condition(before.conditions, REACHABLE), find_condition(now.conditions, REACHABLE)
    if new is None or (old is not None and (old.status, old.reason) == (new.status, new.reason)):
        return []
    if new.reason != reasons.SITE_ANSWERS:
        return [RecordEvent(new.reason, new.message, warning=True)]
    return [RecordEvent(new.reason, f"{old.reason} since {old.last_transition_time} is over")] if old else []


def _of_fault(before: TargetSiteStatus, now: TargetSiteStatus) -> list[RecordEvent]:
    old, new = _certain(before.detected_fault), _certain(now.detected_fault)
    said = find_condition(now.conditions, FAULT_DETECTED)
    if new is not None and said is not None and (old is None or old.since != new.since):
        return [RecordEvent(said.reason, said.message, warning=True)]
    if old is not None and new is None:
        return [RecordEvent(reasons.NO_FAULT_SEEN, f"what was seen since {old.since} is over")]
    return []


def _certain(fault: DetectedFault | None) -> DetectedFault | None:
    return fault if fault is not None and is_detected(fault) else None
