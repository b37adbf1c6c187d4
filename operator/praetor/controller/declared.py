"""Scenarios are only declared: their status follows from their spec. Pure, but for writing it."""

from typing import Any

from praetor.controller.key import Key
from praetor.controller.subject import scenario_complaint
from praetor.controller.times import Clock, wire_time
from praetor.controller.verdicts import Said
from praetor.resources import reasons
from praetor.resources.conditions import VALIDATED, Condition, set_condition
from simcore.errors import NotFoundError
from simcore.protocols import Manifest, Store


def said_of(manifest: Manifest) -> Said:
    """The one condition that such an object has."""
    if complaint := scenario_complaint(manifest["spec"]):
        return Said(VALIDATED, "False", reasons.SCENARIO_INVALID, complaint)
    return Said(VALIDATED, "True", reasons.SCENARIO_VALID)


def status_of(manifest: Manifest, now: str, said: Said | None = None) -> dict[str, Any]:
    """The status as it should be; the one it has, if nothing is new."""
    status, generation = manifest.get("status") or {}, manifest["metadata"]["generation"]
    old = [Condition.model_validate(condition) for condition in status.get("conditions", ())]
    new = set_condition(old, *(said or said_of(manifest)), now=now, observed_generation=generation)
    conditions = [condition.model_dump(by_alias=True, exclude_none=True) for condition in new]
    return status | {"observedGeneration": generation, "conditions": conditions}


async def look_at(key: Key, store: Store, clock: Clock) -> None:
    """Raises ConflictError when somebody was faster; the queue looks again."""
    try:
        manifest = await store.get(*key)
        status = status_of(manifest, wire_time(clock()))
        if status != manifest.get("status"):
            await store.update_status(manifest | {"status": status})
    except NotFoundError:
        return
