"""Makes the substrate that an episode is played on. Today there is one: the simulator."""

from typing import Any, Protocol

from pydantic import ValidationError

import simcore
from praetor.substrates.sim import SimSubstrate
from simcore.errors import ScenarioError
from simcore.scenarios.documents import dotted
from simcore.scenarios.spec import ScenarioDocument, ScenarioSpec
from simcore.validation import problems


class Wanted(Protocol):
    """What of a request matters here. `scenario` is the library's name, or that of `spec`."""

    @property
    def scenario(self) -> str: ...
    @property
    def spec(self) -> dict[str, Any] | None: ...
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
    episode = simcore.make(
        wanted.scenario if wanted.spec is None else _document(wanted.scenario, wanted.spec),
        seed=wanted.seed,
        difficulty=wanted.difficulty,
        split=wanted.split,
        max_steps=wanted.max_steps,
    )
    return SimSubstrate(episode)


def _document(name: str, spec: dict[str, Any]) -> ScenarioDocument:
    try:
        return ScenarioDocument(name=name, spec=ScenarioSpec.model_validate(spec))
    except ValidationError as error:
        path, message = next(problems(error, spec, ScenarioSpec))
        raise ScenarioError(f"scenario {name!r}: {dotted(('spec', *path))}: {message}") from None
