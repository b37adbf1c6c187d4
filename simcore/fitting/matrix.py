"""The matrix fix x family: how often one change alone, at a place seen from the alerted service, would be enough."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from simcore.fitting.fixes import in_words
from simcore.fitting.trials import Trial, trials
from simcore.policies.reflex.policy import Fix

HALF, QUARTER = 0.5, 0.25


@dataclass(frozen=True, slots=True)
class FixRow:
    """`shares`: by family, of the episodes that do not heal by themselves, those that this fix alone mitigates."""

    fix: Fix
    shares: dict[str, float]

    @property
    def won(self) -> list[str]:
        """The families in which it mitigates more than half."""
        return [family for family, share in self.shares.items() if share > HALF]

    def to_json(self) -> dict[str, Any]:
        fix = self.fix.model_dump(exclude_none=True)
        return {"fix": fix, "families_over_half": len(self.won), "shares": self.shares}


@dataclass(frozen=True, slots=True)
class FixMatrix:
    """The rows, the fix that wins most families first. `episodes` are those played, by family."""

    rows: tuple[FixRow, ...]
    episodes: dict[str, int]

    @property
    def most(self) -> int:
        """The largest number of families in which one and the same fix mitigates more than half."""
        return len(self.rows[0].won)

    @property
    def allowed(self) -> int:
        return int(QUARTER * len(self.episodes))

    def to_json(self) -> dict[str, Any]:
        rows = [row.to_json() for row in self.rows]
        return {"episodes": self.episodes, "most": self.most, "allowed": self.allowed, "fixes": rows}

    def to_text(self, count: int = 20) -> str:
        """The first rows for people, one a line."""
        lines = [f"{'over half':>9} {'mean':>6} {'best':>6}  fix, and the family that it does best in"]
        lines += [_line(row) for row in self.rows[:count]]
        last = f"No fix mitigates more than half of more than {self.most} of {len(self.episodes)} families"
        return "\n".join([*lines, f"{last} (allowed: {self.allowed})."])


def _line(row: FixRow) -> str:
    mean, best = _mean(row), max(row.shares, key=lambda family: row.shares[family])
    return f"{len(row.won):>9} {mean:>6.1%} {row.shares[best]:>6.1%}  {in_words(row.fix)}: {best}"


def _mean(row: FixRow) -> float:
    return sum(row.shares.values()) / len(row.shares)


def fix_matrix(
    families: Sequence[str],
    seeds: Sequence[int],
    fixes: Sequence[Fix],
    on_progress: Callable[[int, int], None] = lambda played, wanted: None,
) -> FixMatrix:
    """Every fix on every family; the right declaration comes for free. `on_progress` is told families."""
    shares: list[dict[str, float]] = [{} for _ in fixes]
    episodes: dict[str, int] = {}
    for number, family in enumerate(families, start=1):
        faults = [trial for trial in trials(family, seeds, fixes) if trial.incident.kind == "Fault"]
        episodes[family] = len(faults)
        for own, share in zip(shares, _shares(faults, len(fixes)), strict=True):
            own[family] = share
        on_progress(number, len(families))
    rows = [FixRow(fix, own) for fix, own in zip(fixes, shares, strict=True)]
    return FixMatrix(tuple(sorted(rows, key=lambda row: (-len(row.won), -_mean(row)))), episodes)


def _shares(faults: Sequence[Trial], fixes: int) -> list[float]:
    count = max(len(faults), 1)
    return [sum(trial.play((fix,)).mitigated for trial in faults) / count for fix in range(fixes)]
