"""What is there in every episode and means nothing: recent releases, harmless changes, old restarts, old warnings."""

import math

from simcore.kernel import layout as at
from simcore.kernel.compiled import compiled
from simcore.kernel.layout import Floats
from simcore.kernel.random import uniform

_STREAM = 4000
_DAY_S = 86_400.0
_SUSPECT_AT_LEAST, _SUSPECT_MORE = 0.1, 0.5
_SUSPECT_SOONEST_S, _SUSPECT_SPAN_S = 240.0, 2400.0
_TERSE_SYSTEMS, _MORE_OF_THEM = 0.4, 0.3
_TERSE_THERE, _TERSE_ELSEWHERE = 0.95, 0.2


@compiled
def draw_releases(
    services: Floats, releases: Floats, facts: Floats, seed: int, distractors: float, begin: float
) -> None:
    """Versions and ages of every service's releases; some innocent ones are recent, a guilty one has its age.

    The target of a fault that is no release may have an innocent one from shortly before it began: the harder, the
    more often and the closer, and the more it looks like its twin.
    """
    for s in range(services.shape[0]):
        base = _STREAM + 8 * s
        minor, patch = 1 + int(3.0 * uniform(seed, base)), int(6.0 * uniform(seed, base + 1))
        age, newer = uniform(seed, base + 2), int(3.0 * uniform(seed, base + 3))
        releases[s, 0, at.VERSION] = 2_000_000.0 + 1000.0 * minor + patch
        releases[s, 1, at.VERSION] = 2_000_000.0 + 1000.0 * (minor + 1) + newer
        releases[s, 0, at.ROLLED_OUT_S] = -_DAY_S * (25.0 + 30.0 * age)
        if releases[s, 1, at.ROLLED_OUT_S] < 0.0:
            continue
        recent = uniform(seed, base + 4) < distractors and services[s, at.POOL_MAX] <= 0.0
        releases[s, 1, at.ROLLED_OUT_S] = -300.0 - 2400.0 * age if recent else -_DAY_S * (1.0 + 20.0 * age)
        if s == int(facts[at.CAUSE_0 + at.TARGET]) and services[s, at.POOL_MAX] <= 0.0:
            difficulty = facts[at.DIFFICULTY]
            if uniform(seed, base + 5) < _SUSPECT_AT_LEAST + _SUSPECT_MORE * difficulty:
                span = _SUSPECT_SPAN_S * (1.0 - difficulty)
                releases[s, 1, at.ROLLED_OUT_S] = begin - _SUSPECT_SOONEST_S - span * uniform(seed, base + 6)


@compiled
def bits(chance: float, count: int, seed: int, base: int) -> float:
    """A set of services, each drawn with `chance`, as bits."""
    mask = 0.0
    for s in range(count):
        if uniform(seed, base + s) < chance:
            mask += 2.0**s
    return mask


@compiled
def draw_terse(difficulty: float, count: int, seed: int) -> float:
    """The services whose logs say that something failed and not what, as bits. Services of a system log alike."""
    is_terse = uniform(seed, _STREAM + 1090) < _TERSE_SYSTEMS + _MORE_OF_THEM * difficulty
    return bits(_TERSE_THERE if is_terse else _TERSE_ELSEWHERE, count, seed, _STREAM + 1100)


@compiled
def draw_herrings(services: Floats, facts: Floats, clock: Floats, seed: int, distractors: float, begin: float) -> None:
    n = services.shape[0]
    facts[at.CHRONIC] = bits(0.1 + distractors, n, seed, _STREAM + 1000)
    facts[at.TERSE] = draw_terse(facts[at.DIFFICULTY], n, seed)
    for s in range(n):
        base = _STREAM + 2000 + 8 * s
        if services[s, at.CONFIG_KEY] < 0.0 and uniform(seed, base) < 0.7 * distractors:
            change_something_harmless(services, s, uniform(seed, base + 1), -200.0 - 3000.0 * uniform(seed, base + 2))
        if uniform(seed, base + 3) < 0.5 * distractors:
            services[s, at.RESTARTS] = 1.0 + math.floor(3.0 * uniform(seed, base + 4))
            if uniform(seed, base + 5) < 0.4:
                services[s, at.OOM_AT] = begin - 3600.0 * (2.0 + 20.0 * uniform(seed, base + 6))
    herring = int(uniform(seed, _STREAM + 3000) * n)
    facts[at.RED_HERRING] = herring if uniform(seed, _STREAM + 3001) < 1.5 * distractors else -1.0
    facts[at.HERRING_UNTIL_S] = 600.0 * uniform(seed, _STREAM + 3002)


@compiled
def change_something_harmless(services: Floats, s: int, unit: float, when: float) -> None:
    """A change of configuration that somebody made, and that nobody feels."""
    choice = int(unit * 4.0)
    key, column, factor = 5.0, at.WORKERS, 1.25
    if choice == 1:
        key, column, factor = 6.0, at.CLIENT_TIMEOUT_MS, 0.8
    elif choice == 2:
        key, column, factor = 12.0, at.PROBE_TIMEOUT_MS, 1.5
    elif choice == 3:
        key, column, factor = 0.0, at.MEM_LIMIT_MB, 1.0
    services[s, at.CONFIG_KEY], services[s, at.CONFIG_AT] = key, when
    services[s, at.CONFIG_OLD] = services[s, column]
    services[s, column] = math.floor(services[s, column] * factor + 0.5)
    services[s, at.CONFIG_NEW] = services[s, column]
