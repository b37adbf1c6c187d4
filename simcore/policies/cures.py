"""From a cure to actions: whatever depends on how the system is now is filled in from what is known of it."""

from collections.abc import Sequence
from functools import cache
from math import ceil
from pathlib import Path
from typing import Any, Literal, Protocol

import yaml
from pydantic import BaseModel, ConfigDict

from simcore.actions import Action, parse_action
from simcore.mechanisms.table import MECHANISMS
from simcore.settings import BY_NAME

_NOT_SET = "none"
"""Of a limit that can be taken away, as real systems show it."""
_MEMORY_LIMIT = "memory.limit"
_TABLE = Path(__file__).with_name("cures.yaml")
MOST_REPLICAS = 8
_USUAL_REPLICAS = 3  # where nobody remembers
_FACTORS = {"double": 2.0, "more": 2.5, "fourfold": 4.0, "fivefold": 5.0}
_ROOM = 1.3
"""Times what is asked now: replicas that have just enough fall behind with the next wave."""


class Change(BaseModel):
    """A change of one service; where a value depends on what is known, it is given by a word."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    do: Literal["restart_service", "scale_service", "rollback_deployment", "update_config"]
    to: Literal["previous_version"] | None = None
    memory_limit: Literal["double"] | None = None
    replicas: Literal["more", "usual"] | None = None
    key: str | None = None
    value: str | None = None

    def action(self, service: str, known: "Known") -> Action:
        """The change as it is made of `service`."""
        parameters = _parameters(self, service, known)
        return parse_action({"action_type": self.do, "target_service": service, "parameters": parameters})


class CureStep(Change):
    """One change of a cure."""

    at: Literal["suspect", "database", "starved"]


class Known(Protocol):
    """What a cure needs to know of the system; None for what is not known. `shortage` is how many times as much is
    asked of a service as its replicas answer."""

    def replicas(self, service: str) -> int | None: ...
    def shortage(self, service: str) -> float | None: ...
    def memory_limit_mb(self, service: str) -> float | None: ...
    def previous_version(self, service: str) -> str | None: ...
    def setting(self, service: str, key: str) -> float | None: ...
    def old_value(self, service: str, key: str) -> str | None: ...
    def database_of(self, service: str) -> str | None: ...
    def starved(self) -> Sequence[str]: ...


@cache
def cures() -> dict[str, tuple[CureStep, ...]]:
    """By mechanism. Every mechanism has one."""
    raw = yaml.safe_load(_TABLE.read_text())
    table = {name: tuple(CureStep.model_validate(step) for step in steps) for name, steps in raw.items()}
    if table.keys() != MECHANISMS.keys():
        raise ValueError(f"cures and mechanisms differ in {sorted(table.keys() ^ MECHANISMS.keys())}")
    return table


def cure_actions(mechanism: str, suspect: str, known: Known) -> list[Action]:
    """The changes that put `mechanism` at `suspect` right, in order."""
    return [action for step in cures()[mechanism] for action in _actions(step, suspect, known)]


def unknown_for_cure(mechanism: str, suspect: str, known: Known) -> str:
    """What stands in the way of the cure; "" if it can be carried out."""
    rolls_back = any(step.to is not None and step.at == "suspect" for step in cures()[mechanism])
    if rolls_back and known.previous_version(suspect) is None:
        return f"{suspect}: no earlier version is known that it could be rolled back to"
    if scales(mechanism) and (known.replicas(suspect) or 0) >= MOST_REPLICAS:
        return f"{suspect}: it has {known.replicas(suspect)} replicas, and more than {MOST_REPLICAS} are not asked for"
    return ""


def scales(mechanism: str) -> bool:
    """Whether its cure is more replicas: as many as it takes, so that it may take another step."""
    return any(step.replicas == "more" for step in cures()[mechanism])


def _actions(step: CureStep, suspect: str, known: Known) -> list[Action]:
    places = {"suspect": [suspect], "database": [known.database_of(suspect) or suspect], "starved": known.starved()}
    return [step.action(place, known) for place in places[step.at]]


def _parameters(change: Change, service: str, known: Known) -> dict[str, Any]:
    if change.to is not None:
        return {"to_version": known.previous_version(service) or "v0.0.0"}
    if change.memory_limit is not None:
        return {"memory_limit": _memory_limit(service, known)}
    if change.replicas is not None:
        return {"replicas": _replicas(change.replicas, known.replicas(service) or 0, known.shortage(service))}
    if change.key is not None:
        return {"key": change.key, "value": _value(change.key, change.value or "", service, known)}
    return {}


def _memory_limit(service: str, known: Known) -> str:
    """Twice what it is, or what it was before where that is more."""
    twice = 2 * (known.memory_limit_mb(service) or 512)
    old = known.old_value(service, _MEMORY_LIMIT)
    return old if old is not None and _is_more(_MEMORY_LIMIT, old, twice) and old != _NOT_SET else f"{round(twice)}Mi"


def _replicas(word: str, now: int, shortage: float | None) -> int:
    """As many as what is asked needs; where nobody knows how much that is, a good deal more."""
    if word == "usual":
        return max(now, _USUAL_REPLICAS)
    factor = _FACTORS[word] if shortage is None else _ROOM * shortage
    return max(min(max(ceil(factor * now), now + 1), MOST_REPLICAS), now)


def _is_more(key: str, old: str, now: float | None) -> bool:
    """Of a limit; the word for none at all is more than any."""
    try:
        return now is None or BY_NAME[key].parse(old) > now
    except ValueError:
        return old == _NOT_SET


def _value(key: str, word: str, service: str, known: Known) -> str:
    if word == "old_value":
        old = known.old_value(service, key)
        if old is not None:
            return old
        word = "fourfold"
    if word == "restored":
        old = known.old_value(service, key)
        if old is not None and _is_more(key, old, known.setting(service, key)):
            return old
        word = "fivefold"
    if word not in _FACTORS:
        return word
    now = known.setting(service, key)
    if key == "cluster.nodes":
        return str(round((now or 3) + 2))
    value = _FACTORS[word] * (now if now is not None else 1.0)
    return f"{max(round(value * 1000), 10)}m" if key == "cpu.limit" else str(max(round(value), 1))
