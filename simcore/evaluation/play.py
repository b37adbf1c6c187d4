"""Plays policies on families: `evaluate` gives the rows, spread over processes when asked to."""

import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from multiprocessing import get_context

from simcore.api import SPLITS, check_split, make, make_policy
from simcore.decision import Decision, Policy
from simcore.episode import Episode
from simcore.errors import SimcoreError
from simcore.evaluation.counts import Counts
from simcore.evaluation.rows import Cell, Row, rows_of
from simcore.results import StepResult, Verdict, without_reward
from simcore.scenarios.library import library_scenario
from simcore.topologies.pools import SPLIT_SIZE

SEEDS_PER_TASK = 20
OnProgress = Callable[[int, int], None]
"""Told (episodes played, episodes in all) after each task."""
MakePolicy = Callable[..., Policy]
"""`make_policy(name, seed=, episode=)`; a function of a module, since processes have to find it."""


@dataclass(frozen=True, slots=True)
class Task:
    """What one worker plays at a time. Seeds count within the split, or are absolute without one."""

    cell: Cell
    seeds: range
    split: str | None
    difficulty: float
    make_policy: MakePolicy = make_policy


def evaluate(
    policies: Sequence[str],
    families: Sequence[str],
    seeds: range,
    *,
    split: str | None = None,
    difficulty: float = 0.5,
    workers: int = 1,
    on_progress: OnProgress = lambda played, wanted: None,
    make_policy: MakePolicy = make_policy,
) -> list[Row]:
    """One row per policy and family, policy by policy. The rows do not depend on the number of workers.

    Raises SimcoreError for seeds that are not all of one split, and for a family that is not in the split asked for.
    """
    drawn_from = split_of(seeds, split)
    for family in families:
        check_split(library_scenario(family), split)
    cells = [Cell(policy, family) for policy, family in product(policies, families)]
    tasks = [Task(cell, part, split, difficulty, make_policy) for cell in cells for part in _parts(seeds)]
    counts = dict.fromkeys(cells, Counts())
    for task, counted in _played(tasks, workers):
        counts[task.cell] += counted
        on_progress(sum(count.episodes for count in counts.values()), len(seeds) * len(cells))
    return rows_of(counts, drawn_from, difficulty)


def split_of(seeds: range, split: str | None) -> str:
    """The split as given; without one, the split whose range holds the seeds."""
    names = list(SPLITS)
    begin, end = seeds.start // SPLIT_SIZE, (seeds.stop - 1) // SPLIT_SIZE
    if begin != end or begin >= len(names) or (split is not None and begin > 0):
        raise SimcoreError(f"seeds {seeds.start}:{seeds.stop}: a split has the seeds 0:{SPLIT_SIZE}; stay in one")
    return split or names[begin]


def _parts(seeds: range) -> Iterator[range]:
    for start in range(0, len(seeds), SEEDS_PER_TASK):
        yield seeds[start : start + SEEDS_PER_TASK]


def _played(tasks: list[Task], workers: int) -> Iterator[tuple[Task, Counts]]:
    """In any order. Processes are spawned, so that none inherits a thread in the midst of its work."""
    if workers == 1 or len(tasks) <= 1:
        yield from ((task, play_task(task)) for task in tasks)
        return
    with ProcessPoolExecutor(min(workers, len(tasks)), mp_context=get_context("spawn")) as pool:
        try:
            with _deaf_children():
                running: dict[Future[Counts], Task] = {pool.submit(play_task, task): task for task in tasks}
            for done in as_completed(running):
                yield running[done], done.result()
        finally:
            pool.shutdown(cancel_futures=True)


@contextmanager
def _deaf_children() -> Iterator[None]:
    """Ctrl-C reaches every process of a terminal; it is for the one that waits, which then ends the others. It hears of
    it afterwards: what is blocked stays blocked in a child, and comes late to its parent."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def play_task(task: Task) -> Counts:
    return sum((Counts.of(play_episode(task, seed)) for seed in task.seeds), start=Counts())


def play_episode(task: Task, seed: int) -> Verdict:
    """One episode from the page to the verdict; the policy draws from the same seed as in a run."""
    episode = make(task.cell.family, seed=seed, difficulty=task.difficulty, split=task.split)
    return play(episode, task.make_policy(task.cell.policy, seed=seed, episode=episode))


def play(episode: Episode, policy: Policy) -> Verdict:
    """From the page to the verdict."""
    observation = episode.reset()
    history: list[tuple[Decision, StepResult]] = []
    while not episode.done:
        decision = policy.decide(observation, history)
        result = episode.step(decision.action)
        history.append((decision, without_reward(result)))
        observation = result.observation
    return episode.verdict()
