"""What `reconcile` may ask for. The first four change the API: the seam numbers and applies them."""

from dataclasses import dataclass

from praetor.resources.run_status import IncidentRunStatus
from praetor.runner.changes import Clearance
from praetor.runner.request import RunRequest


@dataclass(frozen=True, slots=True)
class WriteStatus:
    status: IncidentRunStatus


@dataclass(frozen=True, slots=True)
class RecordEvent:
    reason: str
    message: str
    warning: bool = False


@dataclass(frozen=True, slots=True)
class PutArtifact:
    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class DeleteRun:
    """The run and what it owns."""


@dataclass(frozen=True, slots=True)
class StartEpisode:
    """Hands the request to the pool; `attempt` is what status.attempts says."""

    request: RunRequest
    attempt: int


@dataclass(frozen=True, slots=True)
class StopEpisode:
    """Kills the process that plays, if one does."""


@dataclass(frozen=True, slots=True)
class AnswerEpisode:
    """Tells an episode that asked for a change what became of that."""

    clearance: Clearance


@dataclass(frozen=True, slots=True)
class LookAgain:
    after_seconds: float


ApiEffect = WriteStatus | RecordEvent | PutArtifact | DeleteRun
LocalEffect = StartEpisode | StopEpisode | AnswerEpisode | LookAgain
Effect = ApiEffect | LocalEffect
