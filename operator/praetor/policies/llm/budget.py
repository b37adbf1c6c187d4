"""What an episode may cost."""

from dataclasses import dataclass

from simcore.errors import SimcoreError


class BudgetError(SimcoreError):
    """The episode has used up what it may cost."""


@dataclass(slots=True)
class Budget:
    """Prices are in dollars for a million tokens; without them only tokens are limited."""

    tokens: int = 400_000
    dollars: float | None = None
    prompt_price: float = 0.0
    completion_price: float = 0.0
    prompt_tokens: int = 0
    completion_tokens: int = 0

    def spend(self, prompt_tokens: int, completion_tokens: int) -> None:
        self.prompt_tokens += prompt_tokens
        self.completion_tokens += completion_tokens

    @property
    def spent_dollars(self) -> float:
        return (self.prompt_tokens * self.prompt_price + self.completion_tokens * self.completion_price) / 1e6

    def check(self) -> None:
        """Raises BudgetError."""
        used = self.prompt_tokens + self.completion_tokens
        if used >= self.tokens:
            raise BudgetError(f"{used} of {self.tokens} tokens are used up")
        if self.dollars is not None and self.spent_dollars >= self.dollars:
            raise BudgetError(f"{self.spent_dollars:.4f} of {self.dollars:g} dollars are used up")
