"""What every family of the library keeps: broken when the page comes, mendable, and never the same twice."""

import pytest

import simcore
from simcore.kernel import layout as at
from simcore.mechanisms.table import CLASSES, HELD_OUT, MECHANISMS
from simcore.scenarios.library import library_scenario
from tests.support.playing import FAMILIES, episodes, play

SEEDS, MANY = range(12), range(200)
DIFFICULTIES = (0.2, 0.5, 0.8)
LEAST_FAMILIES, LEAST_MECHANISMS = 24, 24


def test_there_are_enough_and_every_mechanism_is_in_a_family():
    used = {variant.mechanism for family in FAMILIES for variant in library_scenario(family).spec.variants}
    assert len(FAMILIES) >= LEAST_FAMILIES
    assert used == set(MECHANISMS)
    assert {mechanism.mechanism_class for mechanism in MECHANISMS.values()} == set(CLASSES)


@pytest.mark.parametrize("family", FAMILIES)
def test_what_is_held_out_is_in_no_family_that_may_be_trained_on(family):
    spec = library_scenario(family).spec
    held_out = {variant.mechanism for variant in spec.variants} & HELD_OUT
    assert not held_out or spec.held_out


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("difficulty", DIFFICULTIES)
def test_the_objectives_are_missed_when_the_page_comes(family, difficulty):
    for seed in SEEDS:
        episode = simcore.make(family, seed=seed, difficulty=difficulty)
        if episode.world.incident.kind == "Fault":
            assert not episode.world.slo_met(), (seed, episode.world.incident.truth)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("difficulty", DIFFICULTIES)
@pytest.mark.parametrize("split", ["train", "validation"])
def test_who_knows_the_truth_resolves_it(family, difficulty, split):
    first = simcore.absolute_seed(0, split)
    for seed in SEEDS:
        episode = simcore.make(family, seed=first + seed, difficulty=difficulty)
        play(episode, "oracle")
        assert episode.verdict().resolved, (seed, episode.world.incident.truth, episode.verdict())


@pytest.mark.parametrize("family", FAMILIES)
def test_seeds_change_where_what_when_and_how_much(family):
    drawn = [simcore.make(family, seed=seed) for seed in MANY]
    faults = [episode for episode in drawn if episode.world.incident.kind == "Fault"]
    causes = [episode.world.incident.causes[0] for episode in faults]
    assert {episode.world.incident.kind for episode in drawn} == {"Fault", "SelfHealing", "NoFault"}
    assert len({cause.mechanism.name for cause in causes}) >= 2
    assert len({(episode.world.topology, cause.target) for episode, cause in zip(faults, causes, strict=True)}) >= 10
    assert len({episode.world.topology.name for episode in drawn}) >= 10
    assert len({episode.world.buffer[at.ALERT_S] for episode in faults}) >= 10
    assert len({episode.world.buffer[at.BASE_RPS] for episode in faults}) == len(faults)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_page_names_the_cause_in_less_than_half_of_the_faults(family):
    faults = [episode for seed in MANY if (episode := simcore.make(family, seed=seed)).world.incident.kind == "Fault"]
    named = sum(
        any(episode.world.incident.paged in cause.named for cause in episode.world.incident.causes)
        for episode in faults
    )
    assert named < len(faults) / 2, f"{named} of {len(faults)}"


@pytest.mark.parametrize("family", FAMILIES)
def test_what_heals_by_itself_is_well_without_anybody(family):
    for kind in ("SelfHealing", "NoFault"):
        for number, episode in enumerate(episodes(family, kind)):
            episode.world.advance(300.0)
            for _ in range(6):
                assert episode.world.slo_met()
                episode.world.advance(50.0)
            if number == 5:
                break


@pytest.mark.parametrize("family", FAMILIES)
def test_what_is_broken_does_not_heal_by_itself(family):
    """Some faults leave the users alone for a while, as a slow leak after a restart; their cause stays."""
    for number, episode in enumerate(episodes(family)):
        while not episode.done:
            episode.step({"action_type": "list_services"})
        assert not episode.verdict().mitigated
        if number == 5:
            break
