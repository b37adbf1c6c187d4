"""Real and simulated cascades of PetShop side by side: what is added at a node, and what of it arrives above."""

import itertools
import math
from collections.abc import Iterable, Iterator

from tests.calibration.petshop import (
    AVAILABILITY,
    FUNCTION,
    GATEWAY,
    LATENCY,
    SITE,
    UPDATER,
    Issue,
    PetShop,
    way_to_site,
)
from tests.calibration.quartiles import quartiles
from tests.calibration.rows import ENOUGH, Row
from tests.calibration.simulated_petshop import simulated

_Values = dict[str, list[float]]
_P99 = "entry: p99, x"
"""Shown, not judged: p99 of rare slow requests is not a function of mean and variance."""
_SAME_REQUEST = {(FUNCTION, UPDATER), (UPDATER, GATEWAY)}
"""One request that is measured thrice: hops that pass everything on and say nothing."""


def rows(shop: PetShop) -> Iterator[Row]:
    pairs = [(issue, simulated(shop, issue)) for issue in shop.issues]
    for metric in (LATENCY, AVAILABILITY):
        ours = [(real, other) for real, other in pairs if real.metric == metric]
        real, other = (_effects(shop, issues) for issues in zip(*ours, strict=True))
        for title, values in real.items():
            judged = len(values) >= ENOUGH and title != _P99
            yield Row(f"{metric} cascade", title, quartiles(values), quartiles(other[title]), judged)


def _effects(shop: PetShop, issues: Iterable[Issue]) -> _Values:
    """Values by the title of what they say; of an issue, or of each hop on its way up."""
    found: _Values = {}
    for issue in issues:
        for title, value in (*_hops(shop, issue), *_of_issue(shop, issue)):
            found.setdefault(title, []).append(value)
    return dict(sorted(found.items(), key=lambda item: item[0]))


def _hops(shop: PetShop, issue: Issue) -> Iterator[tuple[str, float]]:
    for callee, caller in itertools.pairwise(way_to_site(issue.root)):
        if (callee, caller) not in _SAME_REQUEST:
            share = _passed_on(shop, issue, (callee, caller))
            yield "passed on, all hops", share
            yield f"passed on, {callee} > {caller}", share


def _of_issue(shop: PetShop, issue: Issue) -> Iterator[tuple[str, float]]:
    yield "passed on, root to entry", _passed_on(shop, issue, way_to_site(issue.root))
    before, during = issue.before[SITE], issue.during[SITE]
    if issue.metric == LATENCY:
        yield "entry: mean, x", during.mean_ms / before.mean_ms
        yield f"entry: mean, x, {issue.kind}", during.mean_ms / before.mean_ms
        yield _P99, during.p99_ms / before.p99_ms
    else:
        yield "entry: errors, points added", issue.added(SITE)
        yield f"entry: errors, points added, {issue.kind}", issue.added(SITE)


def _passed_on(shop: PetShop, issue: Issue, way: tuple[str, ...]) -> float:
    """What is added at the end of a way, over what its beginning adds times the calls on it: 1 is all and no more."""
    calls = math.prod(shop.calls_per_request(caller, callee) for callee, caller in itertools.pairwise(way))
    return issue.added(way[-1]) / (calls * issue.added(way[0]))
