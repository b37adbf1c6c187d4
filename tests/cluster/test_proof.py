"""The playbook on real pods: what kubectl broke is repaired, as users in a pod of their own see it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.bench.proof.cells import ON_CLUSTERS, Cell, Played
from tests.bench.proof.on_cluster import cluster_stage, shop
from tests.bench.proof.on_site import Pace
from tests.bench.proof.watched import UnhealthyError, played
from tests.support.cluster import Namespace

pytestmark = pytest.mark.timeout(1800)
PACE = Pace(action_seconds=2.0, stabilization_seconds=10.0)
SHOPS_AT_A_TIME = 3


@pytest.fixture(scope="module")
def untouched(image: str) -> Iterator[Namespace]:
    """What a shop that nobody breaks is like on this node at the same time."""
    with shop() as namespace:
        yield namespace


def test_the_playbook_repairs_what_plain_objects_can_break(untouched: Namespace) -> None:
    """Four of the five: chance did 4 of 50, doing nothing 0 of 50 (docs/figures/repaired.jsonl), so that four are no
    luck, and a single run may still meet a node that is too busy to serve anybody in time, before the fault or after
    the repair."""

    def play(family: str) -> Played | UnhealthyError:
        cell = Cell("cluster", family, "playbook", 0)
        try:
            return played(cell, lambda attempt: cluster_stage(cell, PACE, attempt, untouched))
        except UnhealthyError as unplayed:
            return unplayed

    with ThreadPoolExecutor(SHOPS_AT_A_TIME) as pool:
        found = list(pool.map(play, ON_CLUSTERS))
    repaired = [one for one in found if isinstance(one, Played) and one.resolved and one.verdict]
    assert len(repaired) >= len(ON_CLUSTERS) - 1, found
