"""The fitted map: a softmax over (service, mechanism) of a scene, and over the guess that nothing is broken."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from simcore.kernel.layout import Floats
from simcore.policies.keyword.features import Scene, SceneFeatures
from simcore.policies.keyword.phrases import Phrasebook

WEIGHTS = Path(__file__).with_name("weights.json")
UNIT = 0.01  # of the whole numbers that weights are stored as


class Guess(NamedTuple):
    """`service` and `mechanism` are "" for the guess that nothing is broken."""

    chance: float
    service: str
    mechanism: str


@dataclass(frozen=True)
class KeywordModel:
    """`weights` has a row per feature and a column per mechanism; `calm` are the weights of nothing being broken."""

    book: Phrasebook
    mechanisms: tuple[str, ...]
    features: Mapping[str, int]
    weights: Floats
    calm: Floats

    def guesses(self, scene: SceneFeatures, services: Sequence[str]) -> list[Guess]:
        """All that can be, the likeliest first; equal ones in the order of services and mechanisms."""
        whole = self.rows(scene.whole())
        shared = self.weights[whole].sum(axis=0)
        scores = np.array([shared + self.weights[self.rows(scene.of(name))].sum(axis=0) for name in services])
        calm = float(self.calm[whole].sum())
        highest = max(float(scores.max()), calm)
        chances, calm = np.exp(scores - highest), float(np.exp(calm - highest))
        total = float(chances.sum()) + calm
        found = [Guess(calm / total, "", "")]
        for name, row in zip(services, chances.tolist(), strict=True):
            found += [Guess(chance / total, name, what) for what, chance in zip(self.mechanisms, row, strict=True)]
        return sorted(found, key=lambda guess: -guess.chance)

    def rows(self, features: set[str]) -> list[int]:
        """The numbers of those that are known, in order: sums do not depend on the order of a set."""
        return sorted(self.features[feature] for feature in features if feature in self.features)

    def look(self, scene: Scene) -> SceneFeatures:
        return SceneFeatures(scene, self.book)


def as_text(model: KeywordModel) -> str:
    """JSON with a line per feature; equal models give equal bytes."""
    head = {"phrases": model.book.phrases, "usual": sorted(model.book.usual), "mechanisms": model.mechanisms}
    table = np.column_stack([model.calm, model.weights])
    rows = np.rint(table / UNIT).astype(int).tolist()
    lines = [
        f"{json.dumps(name)}:{json.dumps(rows[row], separators=(',', ':'))}" for name, row in model.features.items()
    ]
    return json.dumps(head, indent=1)[:-2] + ',\n "weights": {\n' + ",\n".join(lines) + "\n}}\n"


def from_text(text: str) -> KeywordModel:
    raw = json.loads(text)
    table = np.array(list(raw["weights"].values()), dtype=np.float64) * UNIT
    features = {name: row for row, name in enumerate(raw["weights"])}
    book = Phrasebook(raw["phrases"], raw["usual"])
    return KeywordModel(book, tuple(raw["mechanisms"]), features, table[:, 1:], table[:, 0])


@cache
def fitted() -> KeywordModel:
    """The model of the package."""
    return from_text(WEIGHTS.read_text())
