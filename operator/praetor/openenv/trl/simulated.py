"""Incidents in this process: the fastest way to train, with no server."""

from typing import Any

import simcore
from praetor.openenv.trl.rows import task_of
from praetor.openenv.trl.tools import IncidentTools, action_of
from simcore.episode import Episode


class SimulatedIncident(IncidentTools):
    """`GRPOTrainer(environment_factory=SimulatedIncident, ...)`.

    A malformed action takes a step, as one by hand would take time; after the end nothing counts any more."""

    def __init__(self) -> None:
        self._episode: Episode | None = None

    def reset(self, **row: Any) -> str:
        """The page of the incident that the row names, appended to its prompt."""
        task = task_of(row)
        self._episode = simcore.make(task.task_id, seed=task.seed, difficulty=task.difficulty, split=task.split)
        return self._episode.reset().text

    def get_reward(self) -> float:
        """The episode's score so far, 0 to 1: 0.25 or more if and only if it was resolved."""
        return self._episode.score if self._episode else 0.0

    def _act(self, action_type: str, target_service: str | None, parameters: dict[str, Any]) -> str:
        if self._episode is None:
            raise RuntimeError("no incident has begun: reset first")
        return self._episode.step(action_of(action_type, target_service, parameters)).observation.text
