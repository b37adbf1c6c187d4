"""Tasks by split and index, as OpenEnv's Task API lists them: a scenario, a difficulty and a seed.

Training draws from the whole range of the train split. Validation and test are fixed lists, so that two people who
report a figure speak of the same episodes; held-out families are in the test split alone.
"""

from functools import lru_cache
from typing import Any

import simcore
from simcore.api import DIFFICULTIES
from simcore.errors import SimcoreError
from simcore.topologies.pools import SPLIT_SIZE

ENV_NAME = "praetor"
LEVELS = tuple(DIFFICULTIES)
SEEDS = {"train": SPLIT_SIZE, "validation": 200, "test": 200}
PREVIEW = 1000


class TaskIndexError(SimcoreError, IndexError):
    """There is no such task, split or range; the text says what there is."""


def check_split(split: str) -> None:
    """Raises TaskIndexError."""
    if split not in SEEDS:
        raise TaskIndexError(f"there is no split {split!r:.80}; there are {', '.join(SEEDS)}")


@lru_cache(maxsize=8)
def names_of(split: str) -> tuple[str, ...]:
    """Scenarios of a split, sorted; the first call reads them all. Raises TaskIndexError."""
    check_split(split)
    return tuple(simcore.scenario_names(split))


def list_splits() -> list[dict[str, str]]:
    return [{"name": name, "type": name} for name in SEEDS]


def num_tasks(split: str) -> int:
    return len(names_of(split)) * len(LEVELS) * SEEDS.get(split, 0)


def get_task(split: str, index: int) -> dict[str, Any]:
    """Neighbours differ in scenario first, then in difficulty, then in seed. Raises TaskIndexError."""
    names = names_of(split)
    if not 0 <= index < num_tasks(split):
        raise TaskIndexError(f"split {split!r} has the tasks 0 to {num_tasks(split) - 1}, not {index}")
    rest, name = divmod(index, len(names))
    seed, level = divmod(rest, len(LEVELS))
    return {
        "id": f"{split}-{index}", "index": index, "split": split, "task_id": names[name], "difficulty": LEVELS[level],
        "seed": seed,
    }  # fmt: skip


def get_task_range(split: str, start: int | None = None, stop: int | None = None) -> list[dict[str, Any]]:
    """As a slice has it. Raises TaskIndexError for more than `PREVIEW` at once."""
    numbers = range(num_tasks(split))[start:stop]
    if len(numbers) > PREVIEW:
        raise TaskIndexError(f"{len(numbers)} tasks are asked for; at most {PREVIEW} are given at once")
    return [get_task(split, number) for number in numbers]


def list_tasks(split: str) -> list[dict[str, Any]]:
    """The first ones; `num_tasks` says how many there are."""
    return get_task_range(split, 0, PREVIEW)
