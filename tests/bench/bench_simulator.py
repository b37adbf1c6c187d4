"""Resets and steps a second on one core, beside what this machine does in plain Python and in NumPy.

The mix: actions uniform over the ten, 20 lines of log, all families, difficulty 0.5. CPU time of this process, five
repetitions, median with minimum and maximum. "With text" reads `.text` at every step.
"""

import random
import statistics
import time
from collections.abc import Callable

import numpy as np

import simcore
from simcore.actions import ACTION_TYPES
from simcore.episode import Episode
from tests.support.playing import FAMILIES, SHOP, do

REPETITIONS = 5
EPISODES_PER_FAMILY = 40
STEPS = 12_000
ADDITIONS = 3_000_000
PARAMETERS = {
    "read_logs": {"lines": 20},
    "run_diagnostic": {"command": "check_resources"},
    "scale_service": {"replicas": 3},
    "rollback_deployment": {"to_version": "v2.3.0"},
    "update_config": {"key": "memory.limit", "value": "512Mi"},
}


def mixed_actions(count: int) -> list[dict[str, object]]:
    rng = random.Random(1)
    kinds = [rng.choice(ACTION_TYPES) for _ in range(count)]
    return [
        do(
            kind,
            None if kind in ("list_services", "resolve_incident") else rng.choice(SHOP),
            **PARAMETERS.get(kind, {}),
        )
        for kind in kinds
    ]


def episodes() -> list[Episode]:
    return [simcore.make(family, seed=seed) for family in FAMILIES for seed in range(EPISODES_PER_FAMILY)]


def resets_per_second() -> float:
    """Of episodes that have been played: each draws its world again and advances it to the alert."""
    played = episodes()
    for episode in played:
        episode.step({"action_type": "list_services"})
    began = time.process_time()
    for episode in played:
        episode.reset()
    return len(played) / (time.process_time() - began)


def steps_per_second(with_text: bool) -> Callable[[], float]:
    def measure() -> float:
        actions, spent, done, played = mixed_actions(STEPS), 0.0, 0, episodes()
        while done < STEPS:
            for episode in played:
                episode.reset()
            began = time.process_time()
            while not all(episode.done for episode in played):
                for episode in played:
                    if not episode.done:
                        result = episode.step(actions[done % STEPS])
                        done += 1
                        if with_text:
                            _ = result.observation.text
            spent += time.process_time() - began
        return done / spent

    return measure


def python_additions_per_second() -> float:
    began, total = time.process_time(), 0
    for number in range(ADDITIONS):
        total += number
    return ADDITIONS / (time.process_time() - began)


def small_numpy_operations_per_second() -> float:
    began, values = time.process_time(), np.zeros(64)
    for _ in range(200_000):
        values = values + 1.0
    return 200_000 / (time.process_time() - began)


def show(title: str, measure: Callable[[], float], unit: str, scale: float = 1.0) -> float:
    figures = sorted(measure() / scale for _ in range(REPETITIONS))
    middle = statistics.median(figures)
    print(f"{title:34}{middle:12,.1f} {unit:12} (min {figures[0]:,.1f}, max {figures[-1]:,.1f})")
    return middle


def test_figures_of_the_simulator():
    print("\n-- the simulator, one core")
    steps_per_second(False)()
    yardstick = show("yardstick: additions in Python", python_additions_per_second, "million/s", 1e6)
    show("yardstick: NumPy on 64 numbers", small_numpy_operations_per_second, "million/s", 1e6)
    resets = show("resets", resets_per_second, "/s")
    show("steps, structured", steps_per_second(False), "/s")
    texts = show("steps, with text", steps_per_second(True), "/s")
    characters = [len(episode.reset().text) for episode in episodes()]
    print(
        f"goal: 20,000 resets/s and 20,000 steps/s with text; alerts have {statistics.fmean(characters):.0f} characters"
    )
    assert min(yardstick, resets, texts) > 0
