"""The world as `reconcile` sees it: everything a decision depends on, gathered before deciding."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from praetor.controller.trial import Trial
from praetor.guard.targets import LanguageModel, SiteRequest
from praetor.resources.conditions import COMPLETE, FAILED, STARTED, is_true
from praetor.resources.run import IncidentRun, IncidentRunSpec
from praetor.resources.run_status import IncidentRunStatus, SeenAlerts
from praetor.runner.changes import PastChange, Wanted
from praetor.runner.request import RunOutcome

TRACE = "trace.jsonl"
POSTMORTEM = "postmortem.md"


@dataclass(frozen=True, slots=True)
class Playable:
    """What the run's references came to: the library's scenario that is called `name`, or with `spec` the
    IncidentScenario; or with `site` a real system, where both names are only what the alert looks like."""

    name: str
    family: str
    spec: dict[str, Any] | None = None
    site: SiteRequest | None = None
    language_model: LanguageModel | None = None


@dataclass(frozen=True, slots=True)
class Unplayable:
    """Why there is nothing to play, as a reason of resources.reasons and a sentence."""

    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Playing:
    """An episode is under way in this process. `asked` is the change, or the call, that it waits to be let make."""

    asked: Wanted | None = None


@dataclass(frozen=True, slots=True)
class Lost:
    """The infrastructure failed during this attempt."""

    attempt: int
    message: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Refused:
    """The episode cannot be played, now or later."""

    message: str


EpisodeState = Playing | Lost | Refused | RunOutcome


@dataclass(frozen=True, slots=True)
class Turn:
    """`Go`, `Wait` for the others to end, `GiveUp` because one is at work, or be `Replaced` by a newer one."""

    kind: Literal["Go", "Wait", "GiveUp", "Replaced"] = "Go"
    message: str = ""
    may_change: bool = False
    """Another run can change it at any time, without news of this one."""


FREE = Turn()


@dataclass(frozen=True, slots=True)
class Observed:
    """`episode` is None when this process knows of none: before the start, and after a restart of the operator.
    `stored` has the references of the artifacts that this process has put."""

    run: IncidentRun
    now: datetime
    subject: Playable | Unplayable
    episode: EpisodeState | None = None
    stored: Mapping[str, str] = field(default_factory=dict)
    told: Sequence[str] = ()
    """The lines of the trace that an episode of this process has told so far."""
    awaits_resolution: bool = False
    """The run is the newest of an alert group that still fires."""
    alerts: SeenAlerts | None = None
    """What the run had taken in when it was made, until its status says so."""
    turn: Turn = FREE
    """Of the runs that want the same TargetSite."""
    trial: Trial | None = None
    """Of a run with `inject`: what is known about its experiment."""
    past: tuple[PastChange, ...] = ()
    """The changes that this and other runs made on the same TargetSite."""
    approvals_complaint: str = ""
    """Why entries of spec.approvals are not honoured; "" if they are."""

    @property
    def spec(self) -> IncidentRunSpec:
        return self.run.spec

    @property
    def status(self) -> IncidentRunStatus:
        return self.run.status

    @property
    def is_finished(self) -> bool:
        return is_finished(self.run)

    @property
    def is_started(self) -> bool:
        return is_true(self.status.conditions, STARTED)

    @property
    def is_live(self) -> bool:
        """It acts on something real, where nothing may be done twice."""
        return self.status.substrate in ("Site", "Cluster")

    @property
    def asked(self) -> Wanted | None:
        return self.episode.asked if isinstance(self.episode, Playing) else None

    @property
    def told_trace(self) -> bytes:
        return "".join(f"{line}\n" for line in self.told).encode()

    @property
    def outcome(self) -> RunOutcome | None:
        return self.episode if isinstance(self.episode, RunOutcome) else None


def is_finished(run: IncidentRun) -> bool:
    return is_true(run.status.conditions, COMPLETE) or is_true(run.status.conditions, FAILED)
