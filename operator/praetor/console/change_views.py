"""Changes that were not made, or not yet: as plain values for a run's page."""

import json
from dataclasses import dataclass
from typing import Any

from praetor.store.deciding import is_decided
from simcore.protocols import Manifest


@dataclass(frozen=True, slots=True)
class ChangeView:
    step: int
    action: str
    service: str
    parameters: str
    reason: str
    check: str = ""
    """What a dry run said of it."""


@dataclass(frozen=True, slots=True)
class AwaitedView(ChangeView):
    evidence: tuple[str, ...] = ()
    since: str = ""
    until: str = ""
    is_decided: bool = False


def awaited_view(run: Manifest) -> AwaitedView | None:
    """The change that waits for a person, if one does."""
    awaiting = run.get("status", {}).get("awaiting")
    if awaiting is None:
        return None
    return AwaitedView(
        **_change(awaiting),
        evidence=tuple(awaiting.get("evidence", ())),
        since=awaiting["since"],
        until=awaiting["until"],
        is_decided=is_decided(run),
    )


def suggestion_views(run: Manifest) -> list[ChangeView]:
    return [
        ChangeView(**_change(one), check=one.get("check", "")) for one in run.get("status", {}).get("suggestions", ())
    ]


def _change(told: dict[str, Any]) -> dict[str, Any]:
    return {
        "step": told["step"],
        "action": told["action"].replace("_", " "),
        "service": told["service"],
        "parameters": _as_words(told.get("parameters", "")),
        "reason": told.get("reason", ""),
    }


def _as_words(parameters: str) -> str:
    """`replicas 3` of JSON; what was cut is shown as it is."""
    try:
        return ", ".join(f"{key} {value}" for key, value in json.loads(parameters or "{}").items())
    except ValueError:
        return parameters
