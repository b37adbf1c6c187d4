"""A real system as an episode plays on it: what is read, what is changed, whether it keeps what was promised.

Times are seconds since the episode began. What goes wrong is raised as a SimcoreError or a GuardedError, whose text a
policy reads.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic, sleep
from typing import Any, NamedTuple, Protocol

from simcore.actions import Action
from simcore.errors import SimcoreError
from simcore.observation import Payload
from simcore.results import Snapshot


class OutcomeUnknownError(SimcoreError):
    """A change was asked for, and nobody knows whether it was made, or all of it. `undo` is of what was, or may have
    been."""

    def __init__(self, message: str, undo: tuple[dict[str, Any], ...] = ()) -> None:
        super().__init__(message)
        self.undo = undo


class Made(NamedTuple):
    """A change that was accepted. `undo` is for the trace: what puts everything back as it was."""

    message: str
    undo: tuple[dict[str, Any], ...] = ()


class System(Protocol):
    @property
    def names(self) -> Sequence[str]:
        """Of its services; the first is what users reach."""

    @property
    def missing(self) -> Mapping[str, str]:
        """Actions that it cannot carry out, each with the reason."""

    def unsure_of(self) -> frozenset[str]:
        """Services of which it does not tell how many replicas there are: what a snapshot has of them is a guess."""

    def begin(self) -> None:
        """Reads it as it is found. Without that there is nothing to act on."""

    def measure(self, now: float) -> None:
        """One look at everything that objectives are made of."""

    def look(self, action: Action, now: float) -> Payload:
        """Carries one of the looking actions out, on a service that there is."""

    def change(self, action: Action, key: str, now: float) -> Made:
        """Begins a change, once for each key. Raises OutcomeUnknownError; after any other error nothing was changed."""

    def check(self, action: Action) -> str:
        """What can be said of a change without making it, in a sentence. Raises what `change` would."""

    def measured_at(self) -> float | None:
        """When it was measured last."""

    def kept_since(self, at: float) -> bool:
        """Whether the objectives held from then on."""

    def kept_from(self, earliest: float, now: float) -> float:
        """Since when they have held, as far back as `earliest`; `now` if they do not."""

    def snapshot(self, now: float) -> Snapshot: ...

    def notes(self) -> tuple[str, ...]:
        """What a reader of the verdict has to know."""

    def close(self) -> None: ...


class Pace(NamedTuple):
    """Real seconds: what an action takes at least, how often is measured, how long a fix must hold."""

    action_seconds: float = 5.0
    sample_seconds: float = 1.0
    stabilization_seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class Clock:
    """Real time, or a test's."""

    monotonic: Callable[[], float] = field(default=monotonic)
    sleep: Callable[[float], None] = field(default=sleep)
