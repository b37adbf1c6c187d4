"""From what is known of a model to the policy that asks it."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from praetor.guard.addresses import ALLOWED_NETWORKS, rules_of
from praetor.guard.chat import ChatClient, ChatSettings
from praetor.guard.errors import GuardError
from praetor.policies.llm.budget import Budget
from praetor.policies.llm.policy import LlmPolicy
from simcore.errors import SimcoreError


class Model(Protocol):
    """A language model as a run or the environment names it. `allow` has what may be dialled beside public addresses;
    prices are in dollars for a million tokens."""

    @property
    def endpoint(self) -> str: ...
    @property
    def model(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def max_tokens(self) -> int: ...
    @property
    def max_dollars(self) -> float | None: ...
    @property
    def prompt_price(self) -> float: ...
    @property
    def completion_price(self) -> float: ...
    @property
    def temperature(self) -> float | None: ...
    @property
    def allow(self) -> Sequence[str]: ...


@dataclass(frozen=True, slots=True)
class LanguageModel:
    """A Model; the key is in no repr."""

    endpoint: str
    model: str
    key: str = field(default="", repr=False)
    max_tokens: int = 400_000
    max_dollars: float | None = None
    prompt_price: float = 0.0
    completion_price: float = 0.0
    temperature: float | None = None
    allow: tuple[str, ...] = ()


def llm_of(model: Model, environment: Mapping[str, str] = os.environ) -> LlmPolicy:
    """Raises SimcoreError for an endpoint that is no URL, and for what may be dialled said wrongly."""
    settings = ChatSettings(model.endpoint, model.model, model.key, temperature=model.temperature)
    budget = Budget(
        tokens=model.max_tokens,
        dollars=model.max_dollars,
        prompt_price=model.prompt_price,
        completion_price=model.completion_price,
    )
    try:
        rules = rules_of(model.allow, environment)
    except ValueError as problem:
        raise SimcoreError(f"{ALLOWED_NETWORKS}: {problem}") from None
    try:
        return LlmPolicy(ChatClient(settings, rules), model.model, budget)
    except GuardError as problem:
        raise SimcoreError(f"policy 'llm': the endpoint: {problem}") from None
    except ValueError:  # the text of the error may repeat the key
        raise SimcoreError("policy 'llm': the key is no text that an HTTP header can have") from None
