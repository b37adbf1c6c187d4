"""Mechanisms are data that fits into a world."""

import pytest

from simcore.kernel import layout as at
from simcore.kernel.draw import MAX_PARAMETERS
from simcore.mechanisms.table import CLASSES, MECHANISMS, mechanism_class
from simcore.topologies.pools import all_topologies
from simcore.topologies.roles import services_of


@pytest.mark.parametrize("mechanism", MECHANISMS.values(), ids=lambda mechanism: mechanism.name)
def test_a_mechanism_fits(mechanism):
    assert len(mechanism.rows) * at.MAX_CAUSES <= at.MAX_ROWS
    assert len(mechanism.parameters) <= MAX_PARAMETERS
    assert next(iter(mechanism.parameters)) == "onset_seconds"
    assert mechanism.mechanism_class in CLASSES
    assert mechanism.summary.endswith(".")


@pytest.mark.parametrize("mechanism", MECHANISMS.values(), ids=lambda mechanism: mechanism.name)
def test_every_topology_has_somewhere_for_it(mechanism):
    for topology in all_topologies():
        assert services_of(topology, mechanism.roles), topology.name


def test_the_smallest_worlds_and_the_largest_stay_under_64_kb():
    sizes = [8 * at.world_size(len(topology.parts), len(topology.pairs)) for topology in all_topologies()]
    assert max(sizes) < 64_000


def test_a_class_is_its_own_name():
    assert mechanism_class("heap_oom") == mechanism_class("memory") == "memory"
    assert mechanism_class("meteor_strike") is None
