"""Makes chances honest: a temperature and a doubt fitted on scenes that taught no weights, and how far they are off.

Guo, Pleiss, Sun and Weinberger, "On calibration of modern neural networks", 2017: temperature, and the expected
calibration error over bins of confidence.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from simcore.classifier.classify import HEALTHY, UNKNOWN, answer_of
from simcore.classifier.model import Chances, Floats, Model
from simcore.evaluation.counts import wilson_interval
from simcore.fitting.keyword import tell
from simcore.fitting.scenes import Scene

_TEMPERATURES = tuple(np.geomspace(0.6, 2.4, 13).tolist())
_DOUBTS = tuple(np.arange(-8.0, 8.5, 0.5).tolist())
_NOVEL_SHARE = 0.1  # of faults, that have no name here
_BINS = 10
_LEAST = 1e-6
Fold = tuple[Model, frozenset[str]]
Scored = tuple[Scene, Floats, Floats]


def warmed(model: Model, tuned: Sequence[Scene]) -> Model:
    """With the temperature at which what is true is likeliest."""
    scored = _scored(model, tuned)
    best = min(_TEMPERATURES, key=lambda one: _loss(replace(model, temperature=one), scored))
    tell(f"temperature {best:.2f}")
    return replace(model, temperature=best)


def doubted(model: Model, folds: Sequence[Fold], tuned: Sequence[Scene]) -> Model:
    """With the doubt at which scenes of families that a fold left out are `unknown`, and the others are not."""

    scored = [(part, left_out, _scored(part, tuned)) for part, left_out in folds]

    def loss(doubt: float) -> float:
        return sum(
            _loss(replace(part, temperature=model.temperature, doubt=doubt), scores, left_out)
            for part, left_out, scores in scored
        )

    best = min(_DOUBTS, key=loss)
    tell(f"doubt {best:.1f}")
    return replace(model, doubt=best)


def _scored(model: Model, found: Sequence[Scene]) -> list[Scored]:
    return [(scene, *model.scores(scene.seen)) for scene in found]


def _loss(model: Model, found: Sequence[Scored], left_out: frozenset[str] = frozenset()) -> float:
    """Mean of minus the log of the chance of what is true; novel ones weigh as a tenth of the faults does."""
    total = weight = 0.0
    novel = sum(_is_novel(scene, left_out) for scene, _, _ in found)
    known = sum(not scene.calm for scene, _, _ in found) - novel
    heavy = _NOVEL_SHARE * known / max(novel, 1)
    for scene, low, high in found:
        is_novel = _is_novel(scene, left_out)
        share = heavy if is_novel else 1.0
        chances = model.chances_of(tuple(scene.seen.of), low, high)
        total -= share * math.log(max(_LEAST, _chance(chances, model, scene, is_novel)))
        weight += share
    return total / weight


def _is_novel(scene: Scene, left_out: frozenset[str]) -> bool:
    return bool(scene.families) and scene.families <= left_out


def _chance(chances: Chances, model: Model, scene: Scene, is_novel: bool) -> float:
    if scene.calm:
        return chances.healthy
    if is_novel:
        return chances.unknown
    row = {name: number for number, name in enumerate(chances.services)}
    column = {name: number for number, name in enumerate(model.families)}
    return sum(float(chances.of[row[where], column[what]]) for where, what in scene.truth if what in column)


def reliability(model: Model, found: Sequence[Scene]) -> dict[str, Any]:
    """How right the answers are, and how far their confidence is from that."""
    answers = [answer_of(scene.seen, model) for scene in found]
    right = [
        scene.calm if one.family == HEALTHY else one.family in scene.families
        for scene, one in zip(found, answers, strict=True)
    ]
    said = [one.family != UNKNOWN for one in answers]
    named = [(one, good) for one, good, is_said in zip(answers, right, said, strict=True) if is_said]
    alarms = sum(scene.calm and one.family != HEALTHY for scene, one in zip(found, answers, strict=True))
    calm = sum(scene.calm for scene in found)
    bins = _bins([(one.confidence, good) for one, good in named])
    return {
        "scenes": len(found),
        "answered": _share(sum(said), len(found)),
        "right_of_answered": _share(sum(good for _, good in named), len(named)),
        "service_right_of_named": _service_right(found, answers),
        "alarms_in_calm": _share(alarms, calm),
        "ece": round(sum(row["scenes"] * abs(row["confidence"] - row["right"]) for row in bins) / len(named), 4),
        "reliability": bins,
        "families": _by_family(model, found, answers),
    }


def _bins(found: Sequence[tuple[float, bool]]) -> list[dict[str, Any]]:
    rows = []
    for number in range(_BINS):
        inside = [one for one in found if min(int(one[0] * _BINS), _BINS - 1) == number]
        if inside:
            confidence, right = (sum(one[k] for one in inside) / len(inside) for k in (0, 1))
            rows.append({"scenes": len(inside), "confidence": round(confidence, 3), "right": round(right, 3)})
    return rows


def _service_right(found: Sequence[Scene], answers: Sequence[Any]) -> dict[str, Any]:
    named = [(one, scene) for scene, one in zip(found, answers, strict=True) if one.family in scene.families]
    return _share(sum((one.service, one.family) in scene.truth for one, scene in named), len(named))


def _by_family(model: Model, found: Sequence[Scene], answers: Sequence[Any]) -> dict[str, str]:
    told = {}
    for family in model.families:
        own = [one for scene, one in zip(found, answers, strict=True) if scene.families == {family}]
        right, silent = sum(one.family == family for one in own), sum(one.family == UNKNOWN for one in own)
        told[family] = f"{right} right, {silent} unknown of {len(own)}"
    return told


def _share(part: int, whole: int) -> dict[str, Any]:
    low, high = wilson_interval(part, whole) if whole else (0.0, 1.0)
    share = round(part / whole, 4) if whole else None
    return {"share": share, "ci_low": round(low, 4), "ci_high": round(high, 4), "of": whole}
