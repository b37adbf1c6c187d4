"""Many episodes of one scenario, stepped together in one compiled call; each gives the same bytes as it would alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simcore.actions import Action, ResolveIncident
from simcore.episode import Episode
from simcore.errors import ActionError
from simcore.kernel import layout as at
from simcore.kernel import observe as o
from simcore.kernel.step import LOGS, step_many
from simcore.observation import Observation
from simcore.parsing import reader_of
from simcore.rendering import render
from simcore.results import RewardBreakdown, StepResult, Verdict
from simcore.world.encode import MALFORMED, Coded
from simcore.world.pages import Joined, Pages
from simcore.world.telling import Teller, declared_causes

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
ACTION_COLUMNS = 6


@dataclass(frozen=True, slots=True)
class BatchStep:
    """What one step gave, by episode: `rewards[n]`, `breakdown[n, 6]` in the order of `RewardBreakdown`,
    `sim_seconds[n]`, and `numbers[n, OUT_COLUMNS]`, the structured observations as `simcore.kernel.observe` lays them
    out. The arrays are the batch's own and are written over by the next step."""

    rewards: Floats
    breakdown: Floats
    terminated: Flags
    truncated: Flags
    firing: Flags
    sim_seconds: Floats
    numbers: Floats

    @property
    def done(self) -> Flags:
        return self.terminated | self.truncated


class _Shown(NamedTuple):
    """What the last step of an episode came to."""

    number: int
    had_ended: bool
    steps: int
    now: float
    firing: bool


class Batch:
    """`len(batch)` episodes. An episode that has ended stays as it is: stepping it changes and earns nothing."""

    def __init__(self, episodes: Sequence[Episode]) -> None:
        if not episodes:
            raise ValueError("a batch needs at least one seed")
        self._episodes = list(episodes)
        sizes = [episode.world.buffer.size for episode in episodes]
        self._world_at = np.concatenate(([0], np.cumsum(sizes))).astype(np.int64)
        self._buffer = np.concatenate([episode.world.buffer for episode in episodes])
        for episode, first, last in zip(episodes, self._world_at, self._world_at[1:], strict=False):
            episode.world.buffer = self._buffer[first:last]
        topologies = [episode.world.topology for episode in episodes]
        self._graphs: Joined[np.int64] = Joined(topologies, lambda topology: topology.graph)
        self._seeds = np.array([episode.world.noise_seed for episode in episodes], dtype=np.int64)
        self._adds_lines = np.array([bool(episode.world.spec.log_lines) for episode in episodes])
        self._readers = [reader_of(topology) for topology in topologies]
        self._tellers: list[Teller | None] = [None] * len(episodes)
        self._actions = np.zeros((len(episodes), ACTION_COLUMNS))
        self._numbers = np.zeros((len(episodes), o.OUT_COLUMNS))
        self._coded: list[Coded] = []
        self._typed: list[Action | None] = [None] * len(episodes)
        self._problems: dict[int, str] = {}
        self._had_ended: Flags = np.zeros(len(episodes), dtype=np.bool_)
        self._in_words = False

    def __len__(self) -> int:
        return len(self._episodes)

    @property
    def done(self) -> Flags:
        return self._column(at.LEDGER_AT + at.ENDED) > 0.0

    @property
    def steps(self) -> NDArray[np.int64]:
        return self._column(at.LEDGER_AT + at.STEPS).astype(np.int64)

    def _column(self, number: int) -> Floats:
        """One number of every world."""
        return self._buffer[self._world_at[:-1] + number]

    def services(self, number: int) -> tuple[str, ...]:
        """Names of the services of an episode; actions as numbers speak of them by their place in it."""
        return self._episodes[number].world.topology.names

    def reset(self) -> list[Observation]:
        """The alerts, of the same episodes again."""
        for number, episode in enumerate(self._episodes):
            episode._begin()
            self._tellers[number] = None
        self._in_words = False
        return [self._teller(number).alert() for number in range(len(self))]

    def encode(self, actions: Sequence[Action | Mapping[str, Any]]) -> Floats:
        """Actions as the rows that `step_encoded` takes: (kind, service, three parameters, count). Raises ValueError if
        there are not as many as episodes."""
        if len(actions) != len(self):
            raise ValueError(f"{len(actions)} actions for {len(self)} episodes")
        self._problems.clear()
        self._in_words = False
        self._actions[:] = self._coded = [self._read(number, action) for number, action in enumerate(actions)]
        return self._actions

    def _read(self, number: int, action: Action | Mapping[str, Any]) -> Coded:
        try:
            self._typed[number], coded = self._readers[number].read(action)
        except ActionError as problem:
            self._typed[number], self._problems[number] = None, str(problem)
            return MALFORMED
        return coded

    def step_encoded(self, rows: Floats) -> BatchStep:
        """One action for each episode, as rows of numbers (float64, `[n, 6]`). The fast way; no words are made."""
        if rows.shape != self._actions.shape:
            raise ValueError(f"rows of shape {rows.shape}; {self._actions.shape} are expected")
        self._had_ended, self._in_words = self.done, rows is self._actions
        step_many(self._buffer, self._world_at, self._graphs.all, self._graphs.begins, self._seeds, rows, self._numbers)
        paid = self._numbers[:, o.OUT_PAID : o.OUT_ENDED]
        ended = self._numbers[:, o.OUT_ENDED]
        return BatchStep(
            paid.sum(axis=1), paid, ended == at.TERMINATED, ended == at.TRUNCATED, self._numbers[:, o.OUT_FIRING] > 0,
            self._numbers[:, o.OUT_NOW], self._numbers,
        )  # fmt: skip

    def step(self, actions: Sequence[Action | Mapping[str, Any]]) -> list[StepResult]:
        """One action for each episode, as single episodes take them. Raises ValueError if their numbers differ."""
        steps = self.step_encoded(self.encode(actions))
        shown = self._shown()
        for one, typed in zip(shown, self._typed, strict=True):
            if not one.had_ended:
                episode = self._episodes[one.number]
                episode._note(typed, self._numbers[one.number])
                if isinstance(typed, ResolveIncident):
                    episode._declared = declared_causes(typed)
        paid, terminated, truncated = steps.breakdown.tolist(), steps.terminated.tolist(), steps.truncated.tolist()
        return [
            _result(self._observation(one), *ended)
            for one, *ended in zip(shown, paid, terminated, truncated, strict=True)
        ]

    def texts(self) -> list[str]:
        """`.text` of what the last step showed, by episode, written together. Raises ValueError where its actions were
        not given to `step` or taken from `encode`: what is said of a change is in the words that asked for it."""
        if not self._in_words:
            raise ValueError("texts are of a step; give it to step, or to step_encoded as encode makes it")
        shown, in_own_words = self._shown(), self._adds_lines & (self._actions[:, 0] == LOGS)
        bodies = self._pages.write(
            self._numbers, (~self._had_ended & ~in_own_words).astype(np.int64), self._actions, self.steps
        )
        return [
            render(self._observation(one) if body is None else self._teller(one.number).read(*one[2:]), body)
            for one, body in zip(shown, bodies, strict=True)
        ]

    @cached_property
    def _pages(self) -> Pages:
        return Pages([episode.world.topology for episode in self._episodes], self._graphs, self._seeds)

    def _shown(self) -> list["_Shown"]:
        numbers = self._numbers
        return [
            _Shown(*one)
            for one in zip(
                range(len(self)), self._had_ended.tolist(), self.steps.tolist(), numbers[:, o.OUT_NOW].tolist(),
                (numbers[:, o.OUT_FIRING] > 0.0).tolist(), strict=True,
            )
        ]  # fmt: skip

    def _observation(self, one: "_Shown") -> Observation:
        number, teller = one.number, self._teller(one.number)
        if one.had_ended:
            return teller.after_the_end(one.steps, one.now)
        typed = self._typed[number]
        if typed is None:
            return teller.malformed(self._problems[number], self._numbers[number], one.steps)
        return teller.step(typed, self._coded[number], self._numbers[number], one.steps)

    def _teller(self, number: int) -> Teller:
        found = self._tellers[number]
        if found is None:
            episode = self._episodes[number]
            found = self._tellers[number] = Teller(episode.world, episode.max_steps)
        return found

    def verdict(self, number: int) -> Verdict:
        return self.episode(number).verdict()

    def episode(self, number: int) -> Episode:
        """An independent copy of one of them, to look at or to go on with."""
        twin = self._episodes[number].fork()
        ledger = twin.world.state.ledger
        twin.steps, twin.done = int(ledger[at.STEPS]), bool(ledger[at.ENDED])
        twin._teller = self._teller(number)
        return twin


def _result(observation: Observation, paid: list[float], terminated: bool, truncated: bool) -> StepResult:
    breakdown = RewardBreakdown(*paid)
    return StepResult(observation, breakdown.total, breakdown, terminated, truncated)
