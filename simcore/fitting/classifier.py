"""Fits the classifier of observations: `python -m simcore.fitting.classifier --seeds 0:40 --check 0:16`.

Weights come from train seeds of the open families, temperature and doubt from validation seeds; how well the chances
are calibrated is measured on other validation seeds, and printed. Of a scene everything is read that a site can tell,
at the page or up to two minutes after it; a second copy of each lacks some of it, as sites do.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from simcore.classifier.families import families
from simcore.classifier.flags import Flag
from simcore.classifier.model import WEIGHTS, Model, as_text
from simcore.fitting.calibrating import doubted, reliability, warmed
from simcore.fitting.cautious import CautiousTable, cautious_loss
from simcore.fitting.keyword import tell
from simcore.fitting.scenes import Scene, scenes
from simcore.fitting.softmax import Flags as Marks
from simcore.fitting.softmax import fit

_L2, _EPOCHS = 0.5, 60
_RARE_FLAG = 30  # services
_FOLDS = 3


def flags_of(found: Sequence[Scene]) -> dict[str, int]:
    """Numbers of the flags that are frequent enough to teach something."""
    counts = Counter[str]()
    for scene in found:
        counts.update(name for name, flag in scene.seen.whole.items() if not flag.unsure)
        for flags in scene.seen.of.values():
            counts.update(name for name, flag in flags.items() if not flag.unsure)
    return {name: row for row, name in enumerate(sorted(n for n, count in counts.items() if count >= _RARE_FLAG))}


def table_of(found: Sequence[Scene], flags: dict[str, int], names: Sequence[str]) -> CautiousTable:
    start = np.concatenate([[0], np.cumsum([len(scene.seen.of) for scene in found])])
    rows, may = (np.zeros((start[-1], len(flags)), dtype=np.uint8) for _ in range(2))
    whole, whole_may = (np.zeros((len(found), len(flags)), dtype=np.uint8) for _ in range(2))
    right = np.zeros((start[-1], len(names)), dtype=np.uint8)
    column = {family: number for number, family in enumerate(names)}
    for number, scene in enumerate(found):
        _mark(scene.seen.whole, flags, whole[number], whole_may[number])
        begin, end = start[number], start[number + 1]
        rows[begin:end], may[begin:end] = whole[number], whole_may[number]
        for row, (service, own) in enumerate(scene.seen.of.items(), begin):
            _mark(own, flags, rows[row], may[row])
            right[row, [column[what] for where, what in scene.truth if where == service and what in column]] = 1
    calm = np.array([scene.calm for scene in found], dtype=np.uint8)
    return CautiousTable(rows, right, start, whole, calm, may, whole_may)


def _mark(found: Mapping[str, Flag], flags: dict[str, int], sure: Marks, may: Marks) -> None:
    sure[[flags[name] for name, flag in found.items() if name in flags and not flag.unsure]] = 1
    may[[flags[name] for name, flag in found.items() if name in flags and flag.unsure]] = 1


def fit_weights(found: Sequence[Scene], names: Sequence[str]) -> Model:
    flags = flags_of(found)
    tell(f"{len(found)} scenes, {len(flags)} flags, {len(names)} families")
    weights, calm = fit(table_of(found, flags, names), _L2, _EPOCHS, tell, cautious_loss)
    return Model(tuple(names), flags, np.column_stack([weights, calm]).astype(np.float64))


def fit_doubt(model: Model, train: Sequence[Scene], tuned: Sequence[Scene]) -> Model:
    """Families take turns at being unknown: what the others' weights make of their episodes tells the doubt."""
    parts = []
    for fold in range(_FOLDS):
        left_out = frozenset(model.families[fold::_FOLDS])
        rest = [scene for scene in train if not scene.families & left_out]
        parts.append((fit_weights(rest, [name for name in model.families if name not in left_out]), left_out))
    return doubted(model, parts, tuned)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m simcore.fitting.classifier", description=__doc__)
    parser.add_argument("--seeds", default="0:40", help="of the train split, FROM:TO")
    parser.add_argument("--check", default="0:16", help="of the validation split; half calibrates, half measures")
    parser.add_argument("--out", type=Path, default=WEIGHTS, help="where the weights go")
    asked = parser.parse_args()
    first, last = _range(asked.check)
    train = list(scenes("train", range(*_range(asked.seeds))))
    tuned = list(scenes("validation", range(first, (first + last) // 2)))
    model = warmed(fit_weights(train, families()), tuned)
    model = fit_doubt(model, train, tuned)
    asked.out.write_text(as_text(model))
    measured = list(scenes("validation", range((first + last) // 2, last), copies=False))
    sys.stdout.write(json.dumps(reliability(model, measured), indent=1) + "\n")


def _range(text: str) -> tuple[int, int]:
    first, last = map(int, text.split(":"))
    return first, last


if __name__ == "__main__":
    main()
