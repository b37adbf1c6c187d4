"""An experiment as data: what is asked for, and the plan made of it, whose undo is stored before anything is broken."""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, Self

from praetor.guard.targets import SiteRequest
from praetor.resources.experiment import ChaosRules, Inject
from simcore.results import CauseName

Kind = Literal["Site", "Cluster"]
Step = dict[str, Any]
"""One request that a ground knows how to make."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a run wants broken, where, and how far that may go. `secret` is (name, key) of the Secret with the token."""

    namespace: str
    name: str
    uid: str
    place: SiteRequest
    inject: Inject
    rules: ChaosRules
    secret: tuple[str, str] | None = None
    protected: tuple[str, ...] = ()
    """Services that nothing may be done to, by `guardrails.protectedServices`."""

    @property
    def kind(self) -> Kind:
        return "Site" if self.place.kubernetes is None else "Cluster"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is going to be done (`breaking`), how it is undone (`undoing`), and what a policy should find out.

    `causes` is None where nobody can tell what the fault means. `repeatable`: the target can be asked whether a step
    was done, so that it may be asked for again. It is stored, so there is no secret in it."""

    kind: Kind
    namespace: str
    name: str
    uid: str
    fault: str
    service: str | None
    expires_at: str
    breaking: tuple[Step, ...]
    undoing: tuple[Step, ...]
    causes: tuple[CauseName, ...] | None = None
    repeatable: bool = True
    touches: tuple[str, ...] = ()
    """Services beside the target's callers that this fault is known to reach, or that were not as promised before."""
    url: str = ""
    allow: tuple[str, ...] = ()
    """What may be dialled for it beside public addresses and what whoever dials allows by itself."""
    target_namespace: str = ""
    secret: tuple[str, str] | None = None
    service_account: str = ""

    def to_bytes(self) -> bytes:
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":")).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        told = json.loads(data)
        causes, secret = told["causes"], told["secret"]
        return cls(
            **told
            | {
                "breaking": tuple(told["breaking"]),
                "undoing": tuple(told["undoing"]),
                "causes": None if causes is None else tuple(CauseName(**cause) for cause in causes),
                "touches": tuple(told["touches"]),
                "allow": tuple(told["allow"]),
                "secret": None if secret is None else (secret[0], secret[1]),
            }
        )


def key_of(uid: str, what: str) -> str:
    """The idempotency key of an experiment's step."""
    return f"{uid}/experiment/{what}"


def expiry_of(inject: Inject) -> str:
    """When the dead-man heals, counted from now."""
    return (datetime.now(UTC) + timedelta(seconds=inject.duration_seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
