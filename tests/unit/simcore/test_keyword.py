"""The floor that a grep can reach: words of logs as phrases, a fitted map, and what it resolves at most."""

import pytest

import simcore
from simcore.evaluation.counts import wilson_interval
from simcore.fitting.keyword import examples, fit_model
from simcore.mechanisms.table import HELD_OUT, MECHANISMS
from simcore.policies.keyword.features import read_scene
from simcore.policies.keyword.model import as_text, fitted, from_text
from simcore.policies.keyword.phrases import Phrasebook, readings
from simcore.policies.keyword.policy import best_plan
from simcore.topologies.pools import all_topologies
from tests.support.playing import FAMILIES, play

NAMES = ("user", "user-service", "order-service", "session")
MOST_RESOLVED = 0.4


@pytest.mark.parametrize(
    ("line", "phrase", "about"),
    [
        ("call to order-service failed after 812 ms", "call to OTHER failed after # ms", "order-service"),
        ('level=error msg="call to order-service failed"', "call to OTHER failed", "order-service"),
        ('{"level":"error","msg":"call to order-service failed"}', "call to OTHER failed", "order-service"),
        ("user-service cannot keep up", "SELF cannot keep up", ""),
    ],
)
def test_a_line_is_read_without_its_wrapper_its_numbers_and_its_names(line, phrase, about):
    assert (phrase, about) in readings(line, "user-service", NAMES)


def test_a_service_that_is_called_as_a_word_is_read_both_ways():
    read = readings("session of user is gone", "order-service", NAMES)
    assert {reading.phrase for reading in read} == {
        "session of user is gone", "OTHER of user is gone", "session of OTHER is gone", "OTHER of OTHER is gone",
    }  # fmt: skip


def test_a_phrasebook_prefers_the_phrase_of_more_systems_and_does_not_know_others():
    book = Phrasebook(["call to OTHER failed", "call to user failed"], [])
    assert book.read("call to user failed", "session", NAMES) == (0, "user")
    assert book.read("all is well", "session", NAMES) is None


def test_no_name_of_a_service_is_in_the_map():
    text = as_text(fitted())
    names = {name for topology in all_topologies() for name in topology.names if "-" in name}
    assert not [name for name in names if name in text]


def test_it_never_heard_of_what_is_held_out():
    assert set(fitted().mechanisms) == set(MECHANISMS) - HELD_OUT


def test_a_map_is_written_and_read_as_the_same():
    model = fitted()
    again = from_text(as_text(model))
    assert as_text(again) == as_text(model)
    episode = simcore.make("disk-full", seed=4)
    scene = read_scene(episode, episode.reset())
    plans = [best_plan(m.guesses(m.look(scene), list(scene.logs))) for m in (model, again)]
    assert plans[0] == plans[1]


def test_reading_all_logs_leaves_the_episode_alone():
    episode = simcore.make("disk-full", seed=4)
    alert, before = episode.reset(), episode.world.buffer.tobytes()
    assert set(read_scene(episode, alert).logs) == set(episode.world.topology.names)
    assert episode.world.buffer.tobytes() == before
    assert episode.steps == 0


def test_a_fit_on_few_episodes_finds_what_its_words_say():
    model = fit_model(
        list(examples(range(200), ["oom-crash", "read-only-database", "network-partition"], (0.2,))), epochs=60
    )
    right = []
    for seed in range(200, 260):
        episode = simcore.make("read-only-database", seed=seed, difficulty=0.2)
        scene, truth = read_scene(episode, episode.reset()), episode.world.incident.truth
        if [cause.mechanism for cause in truth] == ["read_only_database"] and "read-only" in str(scene.logs):
            guess = best_plan(model.guesses(model.look(scene), list(scene.logs))).guesses[0]
            right.append((guess.service, guess.mechanism) == (truth[0].service, "read_only_database"))
    assert len(right) > 3
    assert sum(right) > 0.7 * len(right)


@pytest.mark.parametrize("difficulty", [0.2, 0.5, 0.8])
def test_it_resolves_at_most_two_of_five(difficulty):
    seeds, resolved = range(8), 0
    for family in FAMILIES:
        for seed in seeds:
            episode = simcore.make(family, seed=simcore.absolute_seed(seed, "validation"), difficulty=difficulty)
            play(episode, "keyword")
            resolved += episode.resolved
    assert wilson_interval(resolved, len(seeds) * len(FAMILIES))[0] <= MOST_RESOLVED
