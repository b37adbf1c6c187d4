"""Steps and resets a second on one core, beside what this machine does in plain Python and in NumPy.

The mix: actions uniform over the ten, 20 lines of log, all families, difficulty 0.5, train seeds, topologies as they
are drawn. "With text" reads `.text` at every step. Drawing actions is no part of a figure, parsing them is.
"""

import os
import random
import statistics
import time
import tracemalloc
from collections.abc import Callable, Iterator

import numpy as np

import simcore
from simcore.batch import Batch
from simcore.episode import Episode
from simcore.kernel import layout as at
from tests.bench.measuring import additions_per_second, array_sums_per_second, rate, show
from tests.support.mix import mixed_action
from tests.support.playing import FAMILIES, do

EPISODES_PER_FAMILY, EPISODES_PER_BATCH, STEPS_OF_A_BATCH = 40, 64, 8
LOOK = do("list_services")


def episodes() -> list[Episode]:
    return [simcore.make(family, seed=seed) for family in FAMILIES for seed in range(EPISODES_PER_FAMILY)]


def scripts(played: list[Episode]) -> list[list[dict[str, object]]]:
    rng = random.Random(1)
    return [[mixed_action(e.world.topology.names, rng) for _ in range(e.max_steps)] for e in played]


def resets_per_second() -> float:
    """Each draws its world again and lets it run until the alert."""
    played = episodes()
    for episode in played:
        episode.step(LOOK)
    return rate(len(played), lambda: [episode.reset() for episode in played])


def new_episodes_per_second() -> float:
    """Made, and thrown away again."""

    def make() -> None:
        for family in FAMILIES:
            for seed in range(EPISODES_PER_FAMILY):
                simcore.make(family, seed=seed)

    return rate(len(FAMILIES) * EPISODES_PER_FAMILY, make)


def forks_per_second() -> float:
    """Made, and thrown away again."""

    def fork() -> None:
        for episode in played:
            episode.fork()

    played = episodes()
    return rate(len(played), fork)


def steps_per_second(with_text: bool) -> float:
    played = episodes()
    written = scripts(played)

    def play() -> None:
        for episode, actions in zip(played, written, strict=True):
            for action in actions:
                result = episode.step(action)
                if with_text:
                    _ = result.observation.text
                if result.terminated or result.truncated:
                    break

    began = time.process_time()
    play()
    return sum(episode.steps for episode in played) / (time.process_time() - began)


def step_times_us() -> list[float]:
    """The wall time of every step of the mix, structured."""
    played, taken = episodes(), []
    for episode, actions in zip(played, scripts(played), strict=True):
        for action in actions:
            began = time.perf_counter_ns()
            episode.step(action)
            taken.append((time.perf_counter_ns() - began) / 1000.0)
            if episode.done:
                break
    return taken


def batch_steps_per_second(advance: Callable[[Batch, list[dict[str, object]]], object]) -> float:
    """Steps of episodes that had not ended. What is given to the batch was made before."""
    rng, count, spent = random.Random(1), 0, 0.0
    for family in FAMILIES:
        batch = simcore.make_batch(family, range(EPISODES_PER_BATCH))
        for _ in range(STEPS_OF_A_BATCH):
            actions = [mixed_action(batch.services(number), rng) for number in range(len(batch))]
            count += int((~batch.done).sum())
            began = time.process_time()
            advance(batch, actions)
            spent += time.process_time() - began
    return count / spent


def encoded_batch_steps_per_second() -> float:
    rng, count, spent = random.Random(1), 0, 0.0
    for family in FAMILIES:
        batch = simcore.make_batch(family, range(EPISODES_PER_BATCH))
        for _ in range(STEPS_OF_A_BATCH):
            rows = batch.encode([mixed_action(batch.services(number), rng) for number in range(len(batch))])
            count += int((~batch.done).sum())
            began = time.process_time()
            batch.step_encoded(rows)
            spent += time.process_time() - began
    return count / spent


def as_texts(batch: Batch, actions: list[dict[str, object]]) -> None:
    batch.step_encoded(batch.encode(actions))
    batch.texts()


def with_text(batch: Batch, actions: list[dict[str, object]]) -> None:
    batch.step(actions)
    batch.texts()


def advances_per_second(seconds: float) -> float:
    """Of worlds in trouble, by this much simulated time in one go."""
    worlds = [episode.world for episode in episodes()]
    return rate(len(worlds), lambda: [world.advance(seconds) for world in worlds])


def kilobytes_per_episode() -> Iterator[tuple[str, float]]:
    played = episodes()
    sizes = [episode.world.buffer.nbytes / 1000.0 for episode in played]
    yield "world of an episode, mean", statistics.fmean(sizes)
    yield "world of an episode, largest", max(sizes)
    tracemalloc.start()
    kept = [simcore.make("oom_crash", seed=seed) for seed in range(1000)]
    yield "all that Python allocates for an episode", tracemalloc.get_traced_memory()[0] / len(kept) / 1000.0
    tracemalloc.stop()


def print_the_mix() -> None:
    played, characters, steps, sub_steps = episodes(), [], 0, 0.0
    for episode, actions in zip(played, scripts(played), strict=True):
        before = episode.world.buffer[at.SUB_STEPS]
        for action in actions:
            characters.append(len(episode.step(action).observation.text))
            if episode.done:
                break
        steps, sub_steps = steps + episode.steps, sub_steps + episode.world.buffer[at.SUB_STEPS] - before
    services = np.mean([len(episode.world.topology.names) for episode in played])
    print(
        f"the mix: {statistics.fmean(characters):.0f} characters an observation, {sub_steps / steps:.1f} sub-steps a "
        f"step, {services:.1f} services a world, {len(FAMILIES)} families; one core of {os.cpu_count()}"
    )


def test_figures_of_the_simulator():
    print("\n-- the simulator, one core")
    print_the_mix()
    yardstick = show("yardstick: additions in Python", lambda: additions_per_second() / 1e6, "M/s")
    show("yardstick: NumPy on 64 numbers", lambda: array_sums_per_second() / 1e6, "M/s")
    resets = show("resets", resets_per_second, goal="goal 100,000")
    show("new episodes", new_episodes_per_second)
    show("steps, structured", lambda: steps_per_second(False), goal="goal 100,000")
    texts = show("steps, with text", lambda: steps_per_second(True), goal="goal 50,000, least 30,000")
    show("batch steps, as numbers", encoded_batch_steps_per_second, goal="goal 1,000,000, least 250,000")
    show("batch steps, from actions to results", lambda: batch_steps_per_second(Batch.step))
    show("batch steps, from actions to texts", lambda: batch_steps_per_second(as_texts), goal="goal 100,000")
    show("batch steps, to results and texts", lambda: batch_steps_per_second(with_text))
    forks = show("forks", forks_per_second, goal="more than resets")
    taken = sorted(step_times_us())
    middle, late = taken[len(taken) // 2], taken[int(0.99 * len(taken))]
    print(f"{'a step: median and 99th percentile':44}{middle:14,.1f} us     ({late:,.1f} us) goal 100 us")
    for seconds in (10.0, 100.0, 1_000.0, 10_000.0):
        show(f"advancing a world by {seconds:,.0f} s", lambda seconds=seconds: advances_per_second(seconds))
    for title, kilobytes in kilobytes_per_episode():
        print(f"{title:44}{kilobytes:14,.1f} kB     goal 64 kB")
    assert min(yardstick, resets, texts, forks) > 0
