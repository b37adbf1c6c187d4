"""What `reconcile` may ask for. Those that change the API or a target: the seam numbers and applies them."""

from dataclasses import dataclass, field

from praetor.resources.run_status import IncidentRunStatus
from praetor.runner.changes import Clearance
from praetor.runner.request import RunRequest
from praetor.substrates.chaos.looking import Question
from praetor.substrates.chaos.plan import Order, Plan


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
class SetFinalizer:
    """On the run: it stays until its target is healed. With `present` false it may go."""

    present: bool


@dataclass(frozen=True, slots=True)
class ArmDeadman:
    """Somebody who heals when nobody else does."""

    plan: Plan
    token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class InjectFault:
    plan: Plan
    token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class HealFault:
    plan: Plan
    token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class DisarmDeadman:
    plan: Plan


@dataclass(frozen=True, slots=True)
class StartEpisode:
    """Hands the request to the pool; `attempt` is what status.attempts says."""

    request: RunRequest
    attempt: int


@dataclass(frozen=True, slots=True)
class StopEpisode:
    """Kills the process that plays, if one does, and forgets what was asked about an experiment's target."""


@dataclass(frozen=True, slots=True)
class KillEpisode:
    """Kills the process that plays, which counts as lost; what the episode told until then is kept."""


@dataclass(frozen=True, slots=True)
class AnswerEpisode:
    """Tells an episode that asked for a change what became of that."""

    clearance: Clearance


@dataclass(frozen=True, slots=True)
class LookAgain:
    after_seconds: float


@dataclass(frozen=True, slots=True)
class Ask:
    """Looks at an experiment's target until the question has its answer; nothing if that is under way."""

    question: Question
    order: Order
    plan: Plan | None = None


ChaosEffect = ArmDeadman | InjectFault | HealFault | DisarmDeadman
RunEffect = WriteStatus | RecordEvent | DeleteRun | SetFinalizer | ChaosEffect
ApiEffect = RunEffect | PutArtifact
LocalEffect = StartEpisode | StopEpisode | KillEpisode | AnswerEpisode | LookAgain | Ask
Effect = ApiEffect | LocalEffect
