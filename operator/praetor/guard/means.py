"""What a run has left for a policy that takes time and costs money, and what became of the run before."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spent:
    """Tokens of a language model: those that were sent, and those that came back."""

    prompt_tokens: int = 0
    completion_tokens: int = 0

    @property
    def tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens

    def __add__(self, other: "Spent") -> "Spent":
        return Spent(self.prompt_tokens + other.prompt_tokens, self.completion_tokens + other.completion_tokens)


NOTHING = Spent()


def without_a_deadline() -> None:
    return None


def nobody_counts(spent: Spent) -> None:
    """Of an episode that is played once, or not at all."""


@dataclass(frozen=True, slots=True)
class Means:
    """`spent` and `changes`, in words, are of the run's earlier attempts. `announce` is told what the run will have
    spent, and returns once that is written down; `seconds_left` gives None where there is no deadline."""

    spent: Spent = NOTHING
    changes: tuple[str, ...] = ()
    announce: Callable[[Spent], None] = nobody_counts
    seconds_left: Callable[[], float | None] = without_a_deadline
