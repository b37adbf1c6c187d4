"""The fitted map from flags to (service, family): a softmax, whose scores are intervals where figures are missing.

A missing figure can have any value. So each score has a lowest and a highest value, and the chance of an answer is the
least that is possible within them: what is missing can only take confidence away (`unknown` gets it).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simcore.classifier.flags import Flag, Seen

Floats = NDArray[np.float64]
WEIGHTS = Path(__file__).with_name("weights.json")
UNIT = 0.01  # of the whole numbers that weights are stored as


@dataclass(frozen=True, slots=True)
class Chances:
    """`of` [services, families], in the order of services; the rest up to 1 is for what has no name here."""

    services: tuple[str, ...]
    of: Floats
    healthy: float

    @property
    def unknown(self) -> float:
        return max(0.0, 1.0 - self.healthy - float(self.of.sum()))


@dataclass(frozen=True)
class Model:
    """`weights` has a row per flag and a column per family, the last for nothing being broken. Scores are divided by
    `temperature`; `doubt` is the score, after that, of a fault that has no name here."""

    families: tuple[str, ...]
    flags: Mapping[str, int]
    weights: Floats
    temperature: float = 1.0
    doubt: float = -1e3

    def chances(self, seen: Seen) -> Chances:
        return self.chances_of(tuple(seen.of), *self.scores(seen))

    def chances_of(self, services: tuple[str, ...], low: Floats, high: Floats) -> Chances:
        """From the scores of a look."""
        chances = _least(low / self.temperature, high / self.temperature, self.doubt)
        table = chances[:-1].reshape(len(services), len(self.families))
        return Chances(services, table, float(chances[-1]))

    def scores(self, seen: Seen) -> tuple[Floats, Floats]:
        """The lowest and the highest, of every service and family in turn, the last of nothing being broken."""
        shared_low, shared_high = self._summed(seen.whole)
        low, high = [], []
        for flags in seen.of.values():
            own_low, own_high = self._summed(flags)
            low.append(own_low[:-1] + shared_low[:-1])
            high.append(own_high[:-1] + shared_high[:-1])
        return np.concatenate([*low, shared_low[-1:]]), np.concatenate([*high, shared_high[-1:]])

    def contribution(self, flag: str, column: int) -> float:
        row = self.flags.get(flag)
        return 0.0 if row is None else float(self.weights[row, column])

    def _summed(self, flags: Mapping[str, Flag]) -> tuple[Floats, Floats]:
        sure = sorted(self.flags[name] for name, flag in flags.items() if name in self.flags and not flag.unsure)
        may = sorted(self.flags[name] for name, flag in flags.items() if name in self.flags and flag.unsure)
        total = self.weights[sure].sum(axis=0)
        return total + np.minimum(self.weights[may], 0.0).sum(axis=0), total + np.maximum(self.weights[may], 0.0).sum(
            axis=0
        )


def _least(low: Floats, high: Floats, doubt: float) -> Floats:
    """The chance of each when its score is the lowest and all others' are the highest."""
    top = max(float(high.max()), doubt)
    least, most = np.exp(low - top), np.exp(high - top)
    rest = float(most.sum()) + float(np.exp(doubt - top)) - most
    chances: Floats = least / (least + np.maximum(rest, 0.0))
    return chances


def as_text(model: Model) -> str:
    """JSON with a line per flag; equal models give equal bytes."""
    head = {
        "families": model.families,
        "temperature": round(model.temperature, 3),
        "doubt": round(model.doubt, 3),
    }
    rows = np.rint(model.weights / UNIT).astype(int).tolist()
    lines = [f"{json.dumps(name)}:{json.dumps(rows[row], separators=(',', ':'))}" for name, row in model.flags.items()]
    return json.dumps(head, indent=1)[:-2] + ',\n "weights": {\n' + ",\n".join(lines) + "\n}}\n"


def from_text(text: str) -> Model:
    raw = json.loads(text)
    weights = np.array(list(raw["weights"].values()), dtype=np.float64) * UNIT
    flags = {name: row for row, name in enumerate(raw["weights"])}
    return Model(tuple(raw["families"]), flags, weights, raw["temperature"], raw["doubt"])


@cache
def fitted() -> Model:
    """The model of the package."""
    return from_text(WEIGHTS.read_text())
