"""Whom a run may dial: plain values that cross a process border as JSON. A token and a key are in no repr, and nothing
that is stored or shown is made of them."""

from dataclasses import dataclass, field
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class SiteRequest:
    """The site to play on, by its `/ops/*`, or with `kubernetes` the workloads of a namespace. `allow` has what may be
    dialled beside public addresses: networks, and ports of loopback."""

    name: str
    url: str = ""
    token: str = field(default="", repr=False)
    availability: float = 0.99
    latency_p99_ms: float = 500.0
    readiness: float | None = None
    """The share of the wanted pods that must be ready; None: 0.99 where nobody measures requests."""
    action_seconds: float = 5.0
    """What an action takes at least: real time has to pass before there is something new to see."""
    stabilization_seconds: float = 60.0
    guardrails: dict[str, Any] = field(default_factory=dict)
    """What may be done there: the wire form of resources.guardrails.Guardrails."""
    allow: tuple[str, ...] = ()
    kubernetes: dict[str, Any] | None = None
    """A TargetSite's `spec.kubernetes` in its wire form, with the namespace."""

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        return cls(**data | {"allow": tuple(data["allow"])})


@dataclass(frozen=True, slots=True)
class LanguageModel:
    """The language model that decides, as a run or the environment names it. `allow` is as in a SiteRequest; prices are
    in dollars for a million tokens."""

    endpoint: str
    model: str
    key: str = field(default="", repr=False)
    max_tokens: int = 400_000
    max_dollars: float | None = None
    prompt_price: float = 0.0
    completion_price: float = 0.0
    temperature: float | None = None
    allow: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        return cls(**data | {"allow": tuple(data["allow"])})
