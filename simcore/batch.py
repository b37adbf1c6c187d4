"""Many episodes of one scenario, stepped together; each gives the same bytes as it would alone."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simcore.actions import Action
from simcore.episode import Episode
from simcore.observation import Observation
from simcore.results import StepResult


class Batch:
    """`rewards[n]` and `done[n]` are of the last step; an episode that has ended stays as it is."""

    def __init__(self, episodes: Sequence[Episode]) -> None:
        if not episodes:
            raise ValueError("a batch needs at least one seed")
        self.episodes = list(episodes)
        self.rewards: NDArray[np.float64] = np.zeros(len(self.episodes))
        self.done: NDArray[np.bool_] = np.zeros(len(self.episodes), dtype=bool)

    def __len__(self) -> int:
        return len(self.episodes)

    def reset(self) -> list[Observation]:
        self.rewards[:] = 0.0
        self.done[:] = False
        return [episode.reset() for episode in self.episodes]

    def step(self, actions: Sequence[Action | Mapping[str, Any]]) -> list[StepResult]:
        """One action for each episode. Raises ValueError if their numbers differ."""
        if len(actions) != len(self.episodes):
            raise ValueError(f"{len(actions)} actions for {len(self.episodes)} episodes")
        results = [episode.step(action) for episode, action in zip(self.episodes, actions, strict=True)]
        self.rewards[:] = [result.reward for result in results]
        self.done[:] = [result.done for result in results]
        return results
