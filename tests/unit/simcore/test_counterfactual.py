"""What each change was worth, by playing without it."""

import pytest

import simcore
from simcore.replaying import counterfactual
from tests.support.playing import declaration, do, episodes, first_fault, play


def test_an_episode_that_goes_on_has_no_worth_yet():
    with pytest.raises(ValueError, match="has not ended"):
        counterfactual(next(episodes("oom-crash")))


@pytest.mark.parametrize("family", ["oom-crash", "disk-full", "missing-index", "network-partition"])
def test_the_change_that_mended_it_was_needed_and_saved_users(family):
    for episode, _ in zip(episodes(family), range(5), strict=False):
        play(episode, "oracle")
        result = counterfactual(episode)
        assert result.mitigated
        assert not result.heals_by_itself
        assert result.user_minutes_lost_untouched > result.user_minutes_lost
        assert result.credits
        if len(episode.world.incident.causes) == 1 and len(result.credits) == 1:
            assert result.credits[0].was_needed
            assert result.credits[0].user_minutes_saved == pytest.approx(
                result.user_minutes_lost_untouched - result.user_minutes_lost, abs=0.01
            )


def test_a_change_that_did_harm_has_a_negative_worth():
    episode = first_fault("network-loss", "network_loss")
    entry = episode.world.topology.names[episode.world.topology.entry]
    episode.step(do("scale_service", entry, replicas=0))
    while episode.world.sim_seconds < 200:
        episode.step(do("list_services"))
    episode.step(declaration(episode))
    (harm,) = counterfactual(episode).credits
    assert harm.user_minutes_saved < 0
    assert not harm.was_needed
    assert harm.step == 1


def test_what_heals_by_itself_needed_nobody():
    episode = next(episodes("disk-full", "SelfHealing"))
    episode.step(do("restart_service", episode.world.topology.names[episode.world.incident.causes[0].target]))
    while not episode.done:
        episode.step(do("list_services"))
    result = counterfactual(episode)
    assert result.heals_by_itself
    assert not result.credits[0].was_needed


def test_the_replay_is_the_episode_whatever_was_malformed():
    episode = first_fault("oom-crash", "heap_oom")
    for action in ({}, do("scale_service", "nobody", replicas=2), do("list_services"), declaration(episode)):
        episode.step(action)
    assert counterfactual(episode).user_minutes_lost == pytest.approx(episode.world.user_minutes_lost)


def test_it_is_called_by_the_name_that_the_package_gives_it_also_the_second_time():
    episode = simcore.make("oom-crash", seed=1)
    list(play(episode))
    assert simcore.counterfactual(episode) == simcore.counterfactual(episode)
