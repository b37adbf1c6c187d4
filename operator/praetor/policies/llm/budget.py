"""What a run may cost, all its attempts together."""

from dataclasses import dataclass

from praetor.guard.means import NOTHING, Spent
from simcore.errors import SimcoreError


class BudgetError(SimcoreError):
    """The run has used up what it may cost."""


@dataclass(slots=True)
class Budget:
    """Prices are in dollars for a million tokens; without them only tokens are limited. `earlier` is what the attempts
    before this one have spent, and counts."""

    tokens: int = 400_000
    dollars: float | None = None
    prompt_price: float = 0.0
    completion_price: float = 0.0
    earlier: Spent = NOTHING
    now: Spent = NOTHING

    def spend(self, prompt_tokens: int, completion_tokens: int) -> None:
        self.now += Spent(prompt_tokens, completion_tokens)

    @property
    def spent(self) -> Spent:
        return self.earlier + self.now

    @property
    def spent_dollars(self) -> float:
        spent = self.spent
        return (spent.prompt_tokens * self.prompt_price + spent.completion_tokens * self.completion_price) / 1e6

    def check(self) -> None:
        """Raises BudgetError."""
        used = self.spent.tokens
        before = f", {self.earlier.tokens} tokens of that by earlier attempts of the run" if self.earlier.tokens else ""
        if used >= self.tokens:
            raise BudgetError(f"{used} of {self.tokens} tokens are used up{before}")
        if self.dollars is not None and self.spent_dollars >= self.dollars:
            raise BudgetError(f"{self.spent_dollars:.4f} of {self.dollars:g} dollars are used up{before}")
