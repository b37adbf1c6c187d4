"""The six components of the reward as OpenEnv's rubrics, so that training tools find them by name."""

from typing import Any

from openenv.core.rubrics import Rubric

from praetor.openenv.play import COMPONENTS


class Component(Rubric):
    """One component. Simcore grades; this reads its mark."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.component = name

    def forward(self, action: Any, observation: Any) -> float:
        return float(observation.metadata.get(self.component, 0.0))


class PraetorRubric(Rubric):
    """Their sum, in simcore's order, so that it is the same number to the last bit."""

    def __init__(self) -> None:
        super().__init__()
        for name in COMPONENTS:
            setattr(self, name, Component(name))

    def forward(self, action: Any, observation: Any) -> float:
        total = 0.0
        for child in self.children():
            total += child(action, observation)
        return total
