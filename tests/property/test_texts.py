"""What the kernel writes is, to the byte, what the templates say of the structure that was read."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import simcore
from simcore.episode import Episode
from simcore.kernel import figures
from simcore.kernel.fill import LONGEST, OUT_OF_PAGE, fill
from simcore.kernel.told import TOLD_SLOTS, tell_list
from simcore.rendering import render
from simcore.topologies.shop import SHOP
from simcore.words.formats import formatted
from simcore.world.labels import labels_of
from simcore.world.programs import programs
from tests.support.play_scripts import episodes, reads, well_formed
from tests.support.playing import FAMILIES, do

NOT_NEGATIVE = st.floats(0.0, 1e12) | st.integers(0, 10**9).map(float)
HALVES = st.integers(0, 10**9).map(lambda number: number / 2) | st.integers(0, 10**7).map(lambda n: n / 100 + 0.05)
CLOSE_TO_HALVES = st.tuples(HALVES, st.sampled_from((0.0, math.inf))).map(lambda pair: math.nextafter(*pair))
FIGURES = NOT_NEGATIVE | HALVES | CLOSE_TO_HALVES
SIGNED = FIGURES | FIGURES.map(lambda value: -value)


def put(write: Callable[..., int], value: float, *more: bool) -> str:
    page = np.empty(64, dtype=np.uint8)
    return bytes(page[: write(page, 0, value, *more)]).decode()


@settings(deadline=None, max_examples=500)
@given(value=SIGNED)
def test_figures_are_written_as_python_formats_them(value):
    assert put(figures.put_fixed, value, False) == f"{value:.0f}"
    assert put(figures.put_fixed, value, True) == f"{value:.1f}"
    assert put(figures.put_signed, value) == f"{value:+.0f}"


@settings(deadline=None, max_examples=500)
@given(value=FIGURES)
def test_figures_are_rounded_as_python_rounds_them(value):
    assert figures.rounded(value, 10.0) == round(value, 1)
    assert figures.rounded(value, 1000.0) == round(value, 3)
    assert figures.nearest(value, 1.0) == round(value)


@settings(deadline=None, max_examples=500)
@given(value=FIGURES | st.floats(0.1, 10.0) | st.integers(1, 999).map(lambda number: number / 100))
def test_short_figures_have_two_digits_at_most_below_ten(value):
    page = np.empty(64, dtype=np.uint8)
    length = figures.put_short(page, 0, value)
    assert bytes(page[:length]).decode() == formatted(value, "short") if length >= 0 else 0.0 < value < 0.1


@settings(deadline=None)
@given(parts=st.tuples(st.integers(0, 999), st.integers(0, 999), st.integers(0, 999)))
def test_versions_are_written_as_they_are_read(parts):
    number = parts[0] * 10**6 + parts[1] * 1000 + parts[2]
    assert put(figures.put_version, number) == formatted(float(number), "version")


@pytest.mark.parametrize("value", [1e300, math.inf, -math.inf, math.nan])
def test_what_is_too_large_to_be_rounded_is_not_written(value):
    assert figures.put_fixed(np.empty(64, dtype=np.uint8), 0, value, False) == OUT_OF_PAGE


def assert_same_text(episode: Episode, action: dict[str, object]) -> None:
    observation = episode.step(action).observation
    text = observation.text
    assert text == render(observation), f"{action} in {episode.scenario.name}, seed {episode.seed}"


@settings(deadline=None, max_examples=300)
@given(data=st.data(), episode=episodes())
def test_the_kernel_writes_what_the_structures_say(data, episode):
    for action in data.draw(st.lists(well_formed(episode), max_size=12)):
        if episode.done:
            break
        assert_same_text(episode, action)
    assert_same_text(episode, data.draw(reads(episode)))


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("difficulty", [0.0, 0.5, 1.0])
def test_every_read_of_every_service_is_written_as_its_structure_says(family, difficulty):
    episode = simcore.make(family, seed=1, difficulty=difficulty)
    for name in episode.world.topology.names:
        for kind in ("list_services", "describe_service", "read_logs", "check_metrics"):
            assert_same_text(episode.fork(), do(kind, name))
        for command in ("check_connectivity", "check_health", "check_resources", "check_dns"):
            assert_same_text(episode.fork(), do("run_diagnostic", name, command=command))


def test_reads_are_written_by_the_kernel():
    episode = simcore.make("oom_crash", seed=1)
    for kind in ("list_services", "describe_service", "read_logs", "check_metrics"):
        assert episode.step(do(kind, episode.world.topology.names[1])).observation._written() is not None


def test_a_page_that_is_too_short_is_left_to_the_other_reader():
    out, told, known = np.zeros(500), np.zeros(TOLD_SLOTS), programs()
    out[10] = len(SHOP.names)
    tell_list(out, told)
    for size in (0, LONGEST, LONGEST + 200):
        page = np.zeros(size, dtype=np.uint8)
        assert fill(known.code, known.letters, *labels_of(SHOP), told, known.code[0, 1], page, 0) == OUT_OF_PAGE
