"""What is known of a language model that is to be asked."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol


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
