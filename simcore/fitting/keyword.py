"""Fits the policy `keyword` on train seeds: `python -m simcore.fitting.keyword --seeds 0:400`."""

import argparse
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from simcore.api import make
from simcore.fitting.softmax import Flags, Table, fit
from simcore.mechanisms.table import HELD_OUT, MECHANISMS
from simcore.policies.keyword.features import Scene, SceneFeatures, read_scene
from simcore.policies.keyword.model import WEIGHTS, KeywordModel, as_text
from simcore.policies.keyword.phrases import Phrasebook, readings
from simcore.scenarios.library import library_names, library_scenario

DIFFICULTIES = (0.2, 0.5, 0.8)
_L2, _EPOCHS = 1.0, 6
_RARE_PHRASE, _RARE_FEATURE = 20, 30  # services; fewer teach nothing that holds elsewhere
_USUAL_SHARE = 0.005  # of the logs of calm systems, that a phrase is in which means nothing


@dataclass(frozen=True)
class Example:
    """A scene and what is true of it: mechanisms by service, and whether it is right that nothing is broken."""

    scene: Scene
    truth: frozenset[tuple[str, str]]
    calm: bool
    quiet: bool
    """Whether nothing was broken at any time but for a moment."""


def tell(what: str) -> None:
    sys.stderr.write(f"{what}\n")
    sys.stderr.flush()


def train_families() -> list[str]:
    return [name for name in library_names() if not library_scenario(name).spec.held_out]


def examples(seeds: range, families: Sequence[str], difficulties: Sequence[float] = DIFFICULTIES) -> Iterator[Example]:
    """Of the train split."""
    for number, family in enumerate(families):
        tell(f"reading {family} ({number + 1} of {len(families)})")
        for difficulty in difficulties:
            yield from (_example(family, seed, difficulty) for seed in seeds)


def _example(family: str, seed: int, difficulty: float) -> Example:
    episode = make(family, seed=seed, difficulty=difficulty, split="train")
    scene = read_scene(episode, episode.reset())
    incident, names = episode.world.incident, episode.world.topology.names
    truth = {(names[s], cause.mechanism.name) for cause in incident.causes for s in cause.named}
    quiet = incident.kind == "NoFault"
    return Example(scene, frozenset() if quiet else frozenset(truth), incident.kind != "Fault", quiet)


def phrasebook(found: Sequence[Example]) -> Phrasebook:
    """The phrases of these scenes. A line is read as what is said in the most systems."""
    systems: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    lines = [
        (line, name, tuple(e.scene.logs), e.quiet) for e in found for name, log in e.scene.logs.items() for line in log
    ]
    for line, writer, names, _ in lines:
        for reading in readings(line, writer, names):
            systems[reading.phrase].add(names)
    written, in_quiet = Counter[str](), Counter[str]()
    for line, writer, names, quiet in lines:
        phrase = max(readings(line, writer, names), key=lambda reading: len(systems[reading.phrase])).phrase
        written[phrase] += 1
        in_quiet[phrase] += quiet
    known = sorted((p for p, count in written.items() if count >= _RARE_PHRASE), key=lambda p: (-len(systems[p]), p))
    calm_logs = sum(len(e.scene.logs) for e in found if e.quiet)
    usual = [number for number, phrase in enumerate(known) if in_quiet[phrase] >= _USUAL_SHARE * calm_logs]
    return Phrasebook(known, usual)


def fit_model(found: Sequence[Example], l2: float = _L2, epochs: int = _EPOCHS) -> KeywordModel:
    book = phrasebook(found)
    tell(f"{len(found)} scenes, {len(book.phrases)} phrases, {len(book.usual)} of them usual")
    mechanisms = tuple(name for name in MECHANISMS if name not in HELD_OUT)
    looks = [SceneFeatures(example.scene, book) for example in found]
    counts = Counter[str]()
    for look, example in zip(looks, found, strict=True):
        counts.update(look.whole())
        for name in example.scene.logs:
            counts.update(look.of(name))
    known = sorted(feature for feature, count in counts.items() if count >= _RARE_FEATURE)
    features = {feature: number for number, feature in enumerate(known)}
    tell(f"{len(features)} features")
    weights, calm = fit(table_of(found, looks, features, mechanisms), l2, epochs, tell)
    return KeywordModel(book, mechanisms, features, weights.astype(np.float64), calm.astype(np.float64))


def table_of(
    found: Sequence[Example], looks: Sequence[SceneFeatures], features: dict[str, int], mechanisms: Sequence[str]
) -> Table:
    start = np.concatenate([[0], np.cumsum([len(example.scene.logs) for example in found])])
    rows, whole = _flags(start[-1], len(features)), _flags(len(found), len(features))
    right, calm = _flags(start[-1], len(mechanisms)), np.array([e.calm for e in found], dtype=np.uint8)
    column = {mechanism: number for number, mechanism in enumerate(mechanisms)}
    for number, (example, look) in enumerate(zip(found, looks, strict=True)):
        shared = [features[feature] for feature in look.whole() if feature in features]
        whole[number, shared] = 1
        for row, name in enumerate(example.scene.logs, start[number]):
            rows[row, shared] = 1
            rows[row, [features[feature] for feature in look.of(name) if feature in features]] = 1
            right[row, [column[what] for where, what in example.truth if where == name and what in column]] = 1
    return Table(rows, right, start, whole, calm)


def _flags(rows: int, columns: int) -> Flags:
    return np.zeros((rows, columns), dtype=np.uint8)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m simcore.fitting.keyword", description=__doc__)
    parser.add_argument("--seeds", default="0:400", help="of the train split, FROM:TO")
    parser.add_argument("--out", type=Path, default=WEIGHTS, help="where the weights go")
    asked = parser.parse_args()
    first, last = map(int, asked.seeds.split(":"))
    model = fit_model(list(examples(range(first, last), train_families())))
    asked.out.write_text(as_text(model))
    tell(f"wrote {asked.out}")


if __name__ == "__main__":
    main()
