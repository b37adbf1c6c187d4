"""Rows for TRL's trainer, and how an environment reads one back at its reset."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from simcore.api import DIFFICULTIES, scenario_names

INSTRUCTIONS = (
    "You are on call. A page has come in; find out what is broken, fix it, and see that the fix holds. Use the tools: "
    "read before you change anything, and look again after each change, for it takes effect over time. The service "
    "that is loudest is often not the cause, and sometimes nothing is broken. When the incident is over, or when you "
    "are sure of its cause, declare it by resolve_incident."
)
DEFAULT_DIFFICULTY = 0.5
DEFAULT_SPLIT = "train"


@dataclass(frozen=True, slots=True)
class Task:
    """Which incident: scenario, seed within the split, and difficulty."""

    task_id: str
    seed: int
    difficulty: float = DEFAULT_DIFFICULTY
    split: str = DEFAULT_SPLIT


def incident_rows(
    seeds: Iterable[int],
    *,
    task_ids: Iterable[str] | None = None,
    difficulty: float = DEFAULT_DIFFICULTY,
    split: str = DEFAULT_SPLIT,
    instructions: str = INSTRUCTIONS,
) -> list[dict[str, Any]]:
    """For `datasets.Dataset.from_list`: one row a seed, of the scenarios (all of the split by default) in turn.

    A row's columns reach `reset`, which appends the page to the prompt."""
    names = list(task_ids) if task_ids is not None else scenario_names(split)
    if not names:
        raise ValueError("task_ids is empty: no scenario to play")
    prompt = [{"role": "user", "content": f"{instructions}\n\n"}]
    return [
        {"prompt": prompt, "task_id": names[n % len(names)], "seed": seed, "difficulty": difficulty, "split": split}
        for n, seed in enumerate(seeds)
    ]


def task_of(row: Mapping[str, Any]) -> Task:
    """Raises ValueError for a row that names no incident.

    Every generation of a group must meet the same one, or their rewards cannot be compared: so nothing is drawn here.
    """
    missing = [name for name in ("task_id", "seed") if row.get(name) is None]
    if missing:
        raise ValueError(
            f"the row has no {' and no '.join(missing)}: all generations of a group must meet the same incident; "
            "make rows with praetor.openenv.trl.rows.incident_rows"
        )
    difficulty = row.get("difficulty")
    if difficulty is None:
        difficulty = DEFAULT_DIFFICULTY
    chosen = DIFFICULTIES[difficulty] if difficulty in DIFFICULTIES else float(difficulty)
    return Task(str(row["task_id"]), int(row["seed"]), chosen, row.get("split") or DEFAULT_SPLIT)
