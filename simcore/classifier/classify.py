"""What is wrong with a system, as one look at it tells: ranked answers with chances, and what speaks for the first.

Pure: figures, health, releases and log lines in, an answer out. `healthy` and `unknown` are answers too.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from simcore.classifier.flags import Seen
from simcore.classifier.look import Look
from simcore.classifier.model import Chances, Model, fitted

HEALTHY, UNKNOWN = "healthy", "unknown"
SURE = 0.5
"""What is less likely than not is not said: then the answer is `unknown`."""
_MOST_EVIDENCE = 4
_SPEAKS = 0.2
_FELT = ("any un", "any errors", "any p99", "any gone")
_SHORT = ("memory", "cpu", "connections")


@dataclass(frozen=True, slots=True)
class Candidate:
    """`family` may be HEALTHY or UNKNOWN, then `service` is ""."""

    family: str
    service: str
    probability: float


@dataclass(frozen=True, slots=True)
class Classification:
    """`ranked` has every family once, at its likeliest service, and HEALTHY and UNKNOWN, the likeliest first; the
    probabilities sum to one. `evidence` says in words what was seen, the strongest first. It is empty where
    nothing was seen that anybody feels or that runs short: then nothing is wrong as far as one can see, whatever would
    explain the rest best. A release, many replicas and lines of a log happen at systems that are well, and what is
    missing is no sign of anything."""

    family: str
    service: str
    confidence: float
    evidence: tuple[str, ...]
    ranked: tuple[Candidate, ...]

    @property
    def is_fault(self) -> bool:
        """Something is wrong, with or without a name."""
        return self.family != HEALTHY and bool(self.evidence)


def in_words(found: Classification) -> str:
    """The answer in a sentence, for people and models."""
    if found.family == HEALTHY:
        return f"A look at all services finds them healthy ({100 * found.confidence:.0f} % sure)."
    if not found.is_fault:
        return "A look at all services finds no sign of trouble, and sees too little to call them healthy."
    where = f" at {found.service}" if found.service else ""
    why = f": {'; '.join(found.evidence)}" if found.evidence else ""
    what = "something wrong that has no name here" if found.family == UNKNOWN else found.family + where
    return f"A look at all services finds {what} ({100 * found.confidence:.0f} % sure){why}."


def classify(look: Look, model: Model | None = None) -> Classification:
    """Raises ValueError for a look without services."""
    if not look.services:
        raise ValueError("a look needs at least one service")
    return answer_of(Seen(look), model or fitted())


def answer_of(seen: Seen, model: Model) -> Classification:
    chances = model.chances(seen)
    ranked = _ranked(model, chances)
    first = next((one for one in ranked if one.probability >= SURE), None)
    answer = first or next(one for one in ranked if one.family == UNKNOWN)
    confidence = answer.probability if first else 1.0 - chances.healthy
    evidence = _evidence(answer, ranked, seen, model)
    return Classification(answer.family, answer.service, confidence, evidence, ranked)


def _ranked(model: Model, chances: Chances) -> tuple[Candidate, ...]:
    sums, best = chances.of.sum(axis=0), chances.of.argmax(axis=0)
    named = [
        Candidate(family, chances.services[int(best[column])], float(sums[column]))
        for column, family in enumerate(model.families)
    ]
    others = [Candidate(HEALTHY, "", chances.healthy), Candidate(UNKNOWN, "", chances.unknown)]
    return tuple(sorted([*named, *others], key=lambda one: (-one.probability, one.family)))


def _evidence(answer: Candidate, ranked: Sequence[Candidate], seen: Seen, model: Model) -> tuple[str, ...]:
    if answer.family == HEALTHY:
        return ()
    if answer.family == UNKNOWN:
        return _troubles(seen)
    column, rivals = model.families.index(answer.family), range(len(model.families))
    weights: dict[str, float] = defaultdict(float)
    for name, flag in (*seen.of[answer.service].items(), *seen.whole.items()):
        if flag.words and not flag.unsure:
            usual = sum(model.contribution(name, one) for one in rivals) / len(rivals)
            weights[flag.words] += model.contribution(name, column) - usual
    strongest = sorted(weights, key=lambda words: (-weights[words], words))
    telling = tuple(words for words in strongest if weights[words] > _SPEAKS)[:_MOST_EVIDENCE]
    if _is_felt(seen):
        return telling or _troubles(seen)
    return telling if set(telling) & _used_up(seen) else ()


def _is_felt(seen: Seen) -> bool:
    """Whether users or those who look after the services have something of it."""
    return any(name.startswith(_FELT) and not flag.unsure for name, flag in seen.whole.items())


def _used_up(seen: Seen) -> set[str]:
    """Words for what is measured and short, which may be felt soon."""
    own = (found for flags in seen.of.values() for found in flags.items())
    return {flag.words for name, flag in own if name.startswith(_SHORT) and not flag.unsure}


def _troubles(seen: Seen) -> tuple[str, ...]:
    """What is not as it should be, whatever it means."""
    if not _is_felt(seen):
        return ()
    words = dict.fromkeys(
        flag.words
        for name, flag in sorted(seen.whole.items())
        if flag.words and not flag.unsure and name.startswith((*_FELT, "any log"))
    )
    return tuple(words)[:_MOST_EVIDENCE]
