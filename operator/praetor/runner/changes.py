"""What a policy wants, a change or to spend something, from the wish to the word that lets it pass. All of it crosses a
process border."""

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Literal, Self

from praetor.guard.means import Spent
from simcore.trace import canonical_json


@dataclass(frozen=True, slots=True)
class PastChange:
    """A change of a real system that was made, or was about to be: an outcome that nobody knows counts as made.

    `key` is the setting's, of a change of configuration; `at` is RFC 3339. `of_experiment`: what it put right, or what
    is to be put right now, was broken on purpose, so that it says nothing that the same fix is wanted again."""

    run: str
    action: str
    service: str
    key: str
    at: str
    of_experiment: bool = False

    @property
    def kind(self) -> tuple[str, str, str]:
        """Two changes of one kind are the same fix."""
        return self.action, self.service, self.key

    @property
    def in_words(self) -> str:
        return " ".join(part for part in (*self.kind, f"at {self.at}") if part)


@dataclass(frozen=True, slots=True)
class WantedChange:
    """A change before it is made. `request` is what an approval names; with `is_recorded` it is of a real system, so
    that it is written down first."""

    request: str
    attempt: int
    step: int
    action: dict[str, Any]
    reason: str
    evidence: tuple[str, ...]
    needs_approval: bool
    is_recorded: bool

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        return cls(**data | {"evidence": tuple(data["evidence"])})


@dataclass(frozen=True, slots=True)
class WantedCall:
    """A call of a language model before it is made: what all attempts of the run will have spent by then, so that it is
    written down first. It needs no person."""

    spent: Spent
    needs_approval: ClassVar[bool] = False

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        return cls(Spent(**data["spent"]))


Wanted = WantedChange | WantedCall


@dataclass(frozen=True, slots=True)
class Clearance:
    """What became of the asking: it may be made, a person denied it, or there is no going on without a person.

    `reason` is one of resources.reasons, `by` is who decided, if somebody did."""

    kind: Literal["Go", "Deny", "Escalate"]
    message: str = ""
    reason: str = ""
    by: str = ""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


GO = Clearance("Go")
Gate = Callable[[Wanted], Clearance]
"""Asked before a change or a call is made; it may take as long as a person needs."""


def nobody(wanted: Wanted) -> Clearance:
    """The gate of an episode that nobody watches: what needs no person passes."""
    return Clearance("Deny", "nobody can be asked here") if wanted.needs_approval else GO


@dataclass(frozen=True, slots=True)
class Escalation:
    """Why an episode was left to a person before the policy declared."""

    reason: str
    message: str


def kind_of(action: dict[str, Any]) -> tuple[str, str, str]:
    """As PastChange.kind, of an action's wire form."""
    return action["action_type"], action["target_service"], str(action["parameters"].get("key", ""))


def request_id(run_uid: str, action: dict[str, Any], made_before: int) -> str:
    """The same wherever an episode is begun anew; another one for making the same change once more."""
    return hashlib.sha256(canonical_json([run_uid, action, made_before]).encode()).hexdigest()[:16]
