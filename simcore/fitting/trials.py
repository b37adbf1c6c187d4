"""An episode at the moment of its page, on which fixed plans are tried again and again: each way of playing it once."""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np

from simcore.actions import parse_action
from simcore.api import make
from simcore.episode import Episode
from simcore.kernel import layout as at
from simcore.kernel.layout import Floats
from simcore.kernel.observe import OUT_COLUMNS
from simcore.kernel.step import step
from simcore.policies.reflex.places import service_at
from simcore.policies.reflex.policy import Configured, Fix, Named, waiting
from simcore.world.encode import Coded, encode

_DIFFICULTIES = (0.2, 0.5, 0.8)
_FLAGS = at.LEDGER_AT + at.SLOS_HELD, at.LEDGER_AT + at.CAUSES_GONE, at.LEDGER_AT + at.LEFT_BROKEN


@cache
def _scratch(size: int) -> tuple[Floats, Floats]:
    """Memory to play in: a world of this size, and what a step shows."""
    return np.empty(size), np.empty(OUT_COLUMNS)


class Outcome(NamedTuple):
    """`mitigated`: resolved, if the declaration is right. `progress` counts what else came right on the way."""

    mitigated: bool
    progress: int


class Trial:
    """Plays plans of `fixes`, given by their numbers, as `ReflexPolicy` would; a test holds it to that."""

    def __init__(self, episode: Episode, fixes: Sequence[Fix]) -> None:
        world = episode.world
        self.incident, self.topology = world.incident, world.topology
        self.alerted = self.incident.paged
        self._start, self._noise_seed, self._graph = world.buffer, world.noise_seed, world.topology.graph
        self._buffer, self._out = _scratch(len(world.buffer))
        name = self.topology.names[self.alerted]
        end = (*waiting(name), parse_action({"action_type": "resolve_incident"}))
        self._end = tuple(encode(action, self.topology) for action in end)
        self._known, self._fixes = Configured(episode), fixes
        self._coded: dict[int, Coded | None] = {}
        self._played: dict[tuple[Coded, ...], Outcome] = {}

    def place(self, place: str) -> int | None:
        return service_at(self.topology, self.alerted, place)

    def code(self, fix: int) -> Coded | None:
        """A fix as the kernel takes it; None where there is no such place."""
        if fix not in self._coded:
            place = self.place(self._fixes[fix].at)
            name = self.topology.names[place] if place is not None else ""
            self._coded[fix] = encode(self._fixes[fix].action(name, self._known), self.topology) if name else None
        return self._coded[fix]

    def play(self, plan: Sequence[int]) -> Outcome:
        codes = [self.code(fix) for fix in plan]
        key = tuple(code for code in codes if code is not None)
        if key not in self._played:
            self._played[key] = self._play(key)
        return self._played[key]

    def _play(self, codes: tuple[Coded, ...]) -> Outcome:
        buffer = self._buffer
        buffer[:] = self._start
        for code in (*codes, *self._end):
            step(buffer, self._graph, self._noise_seed, *code, self._out)
        held, gone, broken = (buffer[column] for column in _FLAGS)
        right = int(held) + int(gone) + int(broken == 0)
        parts = buffer[at.PARTS_AT : at.TIMES_AT].reshape(-1, at.PART_COLUMNS)
        return Outcome(right == 3, right + int(parts[:, at.PART_PAID].sum()))

    def is_right(self, declare: Named | None) -> bool:
        """Whether a declaration, or that nothing is broken, would be right."""
        incident, place = self.incident, self.place(declare.at) if declare else None
        if declare is None or place is None:
            return incident.kind != "Fault"
        if incident.kind == "NoFault" or len(incident.causes) > 1:
            return False
        cause = incident.causes[0]
        return place in cause.named and cause.mechanism.mechanism_class == declare.mechanism_class


def trials(family: str, seeds: Sequence[int], fixes: Sequence[Fix]) -> list[Trial]:
    """Each seed at each of three difficulties."""
    return [Trial(make(family, seed=seed, difficulty=level), fixes) for seed in seeds for level in _DIFFICULTIES]
