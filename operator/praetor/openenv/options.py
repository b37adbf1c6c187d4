"""What a reset may ask for, from a client's dictionary to an episode."""

import random
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import simcore
from praetor.openenv import tasks
from simcore.api import DIFFICULTIES
from simcore.episode import Episode
from simcore.errors import SimcoreError
from simcore.topologies.pools import SPLIT_SIZE

DEFAULT_DIFFICULTY = 0.5
LARGEST_SEED = 2**63 - 1
_KNOWN = frozenset({"seed", "episode_id", "task_id", "scenario", "difficulty", "split", "index", "text"})
_fresh = random.SystemRandom()


class ResetError(SimcoreError, ValueError):
    """An option of a reset that cannot be used: `field` is its name."""

    def __init__(self, message: str, field: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field


@dataclass(frozen=True, slots=True)
class Start:
    """A reset, read: which episode it is, and how it is shown."""

    scenario: str
    seed: int
    split: str
    difficulty: float
    episode_id: str
    text: bool

    def episode(self) -> Episode:
        """Raises UnknownNameError for a scenario that does not exist or has no episodes in the split."""
        return simcore.make(self.scenario, seed=self.seed, difficulty=self.difficulty, split=self.split)


def read_start(options: Mapping[str, Any], *, text: bool = True) -> Start:
    """Raises ResetError and TaskIndexError.

    `split` and `index` name a task. Otherwise `task_id` is a scenario, or the seed chooses one; a seed counts within
    the split, train by default, so that nobody trains on what is held out by mistake. No seed: any."""
    given = {name: value for name, value in options.items() if value is not None}
    unknown = [name for name in given if name not in _KNOWN]
    if unknown:
        raise ResetError(f"is no option of reset; there are {', '.join(sorted(_KNOWN))}", str(unknown[0])[:80])
    split = _text(given, "split", "train")
    tasks.check_split(split)
    chosen = _task(given, split)
    seed = chosen["seed"] if chosen else _integer(given, "seed", _fresh.randrange(SPLIT_SIZE), LARGEST_SEED)
    scenario = chosen["task_id"] if chosen else _text(given, "task_id", _text(given, "scenario", ""))
    return Start(
        scenario=scenario or _drawn(split, seed),
        seed=seed % SPLIT_SIZE,
        split=split,
        difficulty=read_difficulty(chosen["difficulty"] if chosen else given.get("difficulty", DEFAULT_DIFFICULTY)),
        episode_id=_text(given, "episode_id", "") or str(uuid.uuid4()),
        text=_flag(given, "text", text),
    )


def _drawn(split: str, seed: int) -> str:
    """Neighbouring seeds are of different scenarios."""
    names = tasks.names_of(split)
    return names[seed % len(names)]


def read_difficulty(value: Any) -> float:
    """0 to 1, or one of the levels by name. Raises ResetError."""
    if isinstance(value, str) and value in DIFFICULTIES:
        return DIFFICULTIES[value]
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1:
        return float(value)
    raise ResetError(
        f"{value!r:.80} is neither a number from 0 to 1 nor one of {', '.join(DIFFICULTIES)}", "difficulty"
    )


def _task(given: Mapping[str, Any], split: str) -> dict[str, Any] | None:
    if "index" not in given:
        return None
    clash = [name for name in ("seed", "task_id", "scenario", "difficulty") if name in given]
    if clash:
        raise ResetError(f"a task has a {clash[0]} of its own; give one of them", "index")
    return tasks.get_task(split, _integer(given, "index", 0, LARGEST_SEED))


def _integer(given: Mapping[str, Any], name: str, default: int, largest: int) -> int:
    value = given.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= largest:
        raise ResetError(f"{value!r:.80} is not a whole number from 0 to {largest}", name)
    return value


def _text(given: Mapping[str, Any], name: str, default: str) -> str:
    value = given.get(name, default)
    if not isinstance(value, str) or len(value) > 255:
        raise ResetError(f"{value!r:.80} is not a text of at most 255 characters", name)
    return value


def _flag(given: Mapping[str, Any], name: str, default: bool) -> bool:
    value = given.get(name, default)
    if not isinstance(value, bool):
        raise ResetError(f"{value!r:.80} is neither true nor false", name)
    return value
