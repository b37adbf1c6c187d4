"""Where episodes are played: the shop, and generated systems of 5 to 30 services in three pools of other names."""

import pytest

from simcore.kernel import layout as at
from simcore.kernel.sections import sections
from simcore.topologies.generate import generated
from simcore.topologies.names import TEST, TRAIN, VALIDATION
from simcore.topologies.pools import SPLIT_SIZE, all_topologies, topology_of
from simcore.topologies.rest import world_at_rest
from simcore.topologies.shop import SHOP
from simcore.topologies.topology import Call, Part, Topology

ALL = all_topologies()
SOME = range(400)


@pytest.mark.parametrize("topology", ALL, ids=lambda topology: topology.name)
def test_every_topology_can_be_played_in(topology):
    assert 5 <= len(topology.parts) <= 30
    assert len(set(topology.names)) == len(topology.names)
    reached = {topology.entry}
    for service in topology.order:
        assert service in reached
        reached.update(topology.callees(service))
    rest = sections(world_at_rest(topology), topology.graph).services
    assert rest[topology.entry, at.FAIL] < 0.001
    assert (rest[:, at.READY] == rest[:, at.DESIRED]).all()
    assert (rest[:, at.HEALTH] == at.HEALTHY).all()


@pytest.mark.parametrize("topology", ALL, ids=lambda topology: topology.name)
def test_no_service_takes_the_node_from_others_while_its_limit_is_usual(topology):
    clock = sections(world_at_rest(topology), topology.graph).clock
    largest = max(part.cpu_cores for part in topology.parts)
    assert largest <= clock[at.SPARE_CORES] + 0.1 * clock[at.NODE_CORES]


def names_of(seeds):
    return {name for seed in seeds for name in topology_of("Any", seed).names}


def test_the_splits_share_no_name_and_no_topology():
    train, validation, test = (
        {topology_of("Any", seed) for seed in (s + k * SPLIT_SIZE for s in SOME)} for k in range(3)
    )
    assert not train & validation
    assert not train & test
    assert not validation & test
    own = [{name for topology in pool - {SHOP} for name in topology.names} for pool in (train, validation, test)]
    assert not own[0] & own[1]
    assert not own[0] & own[2]
    assert not own[1] & own[2]


def test_only_training_is_in_the_shop():
    at_home = [seed for seed in SOME if topology_of("Any", seed) is SHOP]
    assert 0.3 < len(at_home) / len(SOME) < 0.5
    assert all(topology_of("Any", SPLIT_SIZE + seed) is not SHOP for seed in SOME)
    assert topology_of("Shop", 2 * SPLIT_SIZE + 3) is SHOP


def test_sizes_languages_and_dialects_differ():
    sizes = {len(topology.parts) for topology in ALL}
    assert min(sizes) <= 6
    assert max(sizes) >= 28
    assert {topology.log_format for topology in ALL} == {"plain", "logfmt", "json"}
    assert len({part.runtime for topology in ALL for part in topology.parts if part.role == "service"}) >= 4
    assert len({topology.pairs for topology in ALL}) > 0.8 * len(ALL)


@pytest.mark.parametrize("words", [TRAIN, VALIDATION, TEST])
def test_a_topology_is_a_function_of_its_words_and_number(words):
    generated.cache_clear()
    first = generated(words, 3)
    generated.cache_clear()
    again = generated(words, 3)
    assert (first.name, first.parts, first.calls) == (again.name, again.parts, again.calls)


def test_what_is_no_topology_is_refused():
    with pytest.raises(ValueError, match="31 services are more than 30"):
        Topology("huge", tuple(Part(f"s{k}", "go") for k in range(31)), (), 10.0)
    parts = (Part("a", "go"), Part("b", "go"))
    with pytest.raises(ValueError, match="cycle"):
        Topology("round", parts, (Call("a", "b", 1.0), Call("b", "a", 1.0)), 10.0)
