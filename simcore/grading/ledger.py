"""What has been paid so far, and what is left of each cap."""

from dataclasses import dataclass, field

from simcore.grading.components import CAPS
from simcore.results import RewardBreakdown


@dataclass(slots=True)
class Ledger:
    """Sums per component; `pay` gives back what a step really gets."""

    sums: dict[str, float] = field(default_factory=lambda: dict.fromkeys(CAPS, 0.0))

    def pay(self, **amounts: float) -> RewardBreakdown:
        return RewardBreakdown(**{name: self._capped(name, amount) for name, amount in amounts.items() if amount})

    def _capped(self, name: str, amount: float) -> float:
        left = CAPS[name] - self.sums[name]
        paid = max(amount, left) if CAPS[name] < 0 else min(amount, left)
        paid = round(paid, 10) + 0.0
        self.sums[name] = round(self.sums[name] + paid, 10)
        return paid

    def total(self) -> RewardBreakdown:
        return RewardBreakdown(**self.sums)

    def score(self) -> float:
        """The episode's score, 0 to 1."""
        return round(min(max(sum(self.sums.values()), 0.0), 1.0), 6)

    def copy(self) -> "Ledger":
        return Ledger(dict(self.sums))
