"""Makes the substrate that an episode is played on. Today there is one: the simulator."""

from typing import Any, Protocol

import simcore
from praetor.substrates.sim import SimSubstrate
from simcore.scenarios.spec import ScenarioSpec


class Wanted(Protocol):
    """What of a request matters here. `scenario` is a library name or a scenario's spec."""

    @property
    def scenario(self) -> str | dict[str, Any]: ...
    @property
    def seed(self) -> int: ...
    @property
    def split(self) -> str | None: ...
    @property
    def difficulty(self) -> float: ...
    @property
    def max_steps(self) -> int | None: ...


def connect(wanted: Wanted) -> SimSubstrate:
    """Raises UnknownNameError for a scenario that does not exist, ScenarioError for one that cannot be
    played."""
    scenario = wanted.scenario
    episode = simcore.make(
        scenario if isinstance(scenario, str) else ScenarioSpec.model_validate(scenario),
        seed=wanted.seed,
        difficulty=wanted.difficulty,
        split=wanted.split,
        max_steps=wanted.max_steps,
    )
    return SimSubstrate(episode)
