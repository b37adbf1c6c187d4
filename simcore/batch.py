"""Many episodes of one scenario, stepped together in one compiled call; each gives the same bytes as it would alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simcore.actions import Action, ResolveIncident
from simcore.episode import Episode
from simcore.errors import ActionError
from simcore.kernel import layout as at
from simcore.kernel import observe as o
from simcore.kernel.step import step_many
from simcore.observation import Observation
from simcore.parsing import reader_of
from simcore.results import RewardBreakdown, StepResult, Verdict
from simcore.world.encode import MALFORMED, Coded
from simcore.world.telling import Teller, declared_causes
from simcore.world.world import World

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
        self._graphs, self._graph_at = _joined([episode.world for episode in episodes])
        self._seeds = np.array([episode.world.noise_seed for episode in episodes], dtype=np.int64)
        self._tellers: list[Teller | None] = [None] * len(episodes)
        self._actions = np.zeros((len(episodes), ACTION_COLUMNS))
        self._numbers = np.zeros((len(episodes), o.OUT_COLUMNS))
        self._typed: list[Action | None] = [None] * len(episodes)
        self._problems: dict[int, str] = {}

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
        return [self._teller(number).alert() for number in range(len(self))]

    def encode(self, actions: Sequence[Action | Mapping[str, Any]]) -> Floats:
        """Actions as the rows that `step_encoded` takes: (kind, service, three parameters, count). Raises ValueError if
        there are not as many as episodes."""
        if len(actions) != len(self):
            raise ValueError(f"{len(actions)} actions for {len(self)} episodes")
        self._problems.clear()
        for number, action in enumerate(actions):
            self._actions[number, :] = tuple(self._read(number, action))
        return self._actions

    def _read(self, number: int, action: Action | Mapping[str, Any]) -> Coded:
        try:
            self._typed[number], coded = reader_of(self._episodes[number].world.topology).read(action)
        except ActionError as problem:
            self._typed[number], self._problems[number] = None, str(problem)
            return MALFORMED
        return coded

    def step_encoded(self, rows: Floats) -> BatchStep:
        """One action for each episode, as rows of numbers (float64, `[n, 6]`). The fast way; no words are made."""
        if rows.shape != self._actions.shape:
            raise ValueError(f"rows of shape {rows.shape}; {self._actions.shape} are expected")
        step_many(self._buffer, self._world_at, self._graphs, self._graph_at, self._seeds, rows, self._numbers)
        paid = self._numbers[:, o.OUT_PAID : o.OUT_ENDED]
        ended = self._numbers[:, o.OUT_ENDED]
        return BatchStep(
            paid.sum(axis=1), paid, ended == at.TERMINATED, ended == at.TRUNCATED, self._numbers[:, o.OUT_FIRING] > 0,
            self._numbers[:, o.OUT_NOW], self._numbers,
        )  # fmt: skip

    def step(self, actions: Sequence[Action | Mapping[str, Any]]) -> list[StepResult]:
        """One action for each episode, as single episodes take them. Raises ValueError if their numbers differ."""
        before = self.done
        steps = self.step_encoded(self.encode(actions))
        for number, typed in enumerate(self._typed):
            episode = self._episodes[number]
            if not before[number]:
                episode._note(typed, self._numbers[number])
            if isinstance(typed, ResolveIncident) and not before[number]:
                episode._declared = declared_causes(typed)
        return [self._result(number, steps, bool(before[number])) for number in range(len(self))]

    def _result(self, number: int, steps: BatchStep, had_ended: bool) -> StepResult:
        paid = RewardBreakdown(*steps.breakdown[number].tolist())
        observation = self._observation(number, had_ended)
        return StepResult(observation, paid.total, paid, bool(steps.terminated[number]), bool(steps.truncated[number]))

    def _observation(self, number: int, had_ended: bool) -> Observation:
        out, teller = self._numbers[number], self._teller(number)
        taken = int(self._buffer[self._world_at[number] + at.LEDGER_AT + at.STEPS])
        if had_ended:
            return teller.after_the_end(taken, float(out[o.OUT_NOW]))
        typed = self._typed[number]
        if typed is None:
            return teller.malformed(self._problems[number], out, taken)
        kind, service, *rest = self._actions[number].tolist()
        return teller.step(typed, Coded(int(kind), int(service), *rest), out, taken)

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


def _joined(worlds: Sequence[World]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The graphs of all topologies, each once, and where each world's begins."""
    begins: dict[int, int] = {}
    graphs: list[NDArray[np.int64]] = []
    size = 0
    for world in worlds:
        if id(world.topology) not in begins:
            begins[id(world.topology)] = size
            graphs.append(world.topology.graph)
            size += world.topology.graph.size
    return np.concatenate(graphs), np.array([begins[id(world.topology)] for world in worlds], dtype=np.int64)
