"""A run played in this process: the operator's own `reconcile`, with memory in the place of a store."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from praetor.controller.effects import Effect, PutArtifact, StartEpisode, WriteStatus
from praetor.controller.observed import EpisodeState, Observed, Playable, Refused, Unplayable
from praetor.controller.reconcile import reconcile
from praetor.controller.times import utc_now
from praetor.guard.errors import GuardedError
from praetor.policies.registry import make_policy
from praetor.resources.run import IncidentRun
from praetor.runner.changes import Gate, nobody
from praetor.runner.loop import play
from praetor.runner.request import RunRequest
from praetor.substrates.connect import connect
from simcore.errors import SimcoreError

OnEvent = Callable[[dict[str, Any]], None]


@dataclass(slots=True)
class Played:
    """A run and what it left behind."""

    run: IncidentRun
    artifacts: dict[str, bytes] = field(default_factory=dict)


def play_run(
    run: IncidentRun, subject: Playable | Unplayable, on_event: OnEvent | None = None, gate: Gate = nobody
) -> Played:
    """Takes the run to its end; a suspended one stays where it is. `gate` asks whoever is there about changes."""
    desk = _Desk(run, subject, on_event, gate)
    while desk.look():
        pass
    return Played(desk.run, desk.artifacts)


class _Desk:
    def __init__(self, run: IncidentRun, subject: Playable | Unplayable, on_event: OnEvent | None, gate: Gate) -> None:
        self.run, self._subject, self._on_event, self._gate = run, subject, on_event, gate
        self.artifacts: dict[str, bytes] = {}
        self._episode: EpisodeState | None = None

    def _observed(self) -> Observed:
        stored = {name: name for name in self.artifacts}
        return Observed(self.run, utc_now(), self._subject, self._episode, stored)

    def look(self) -> bool:
        """Whether something has changed, so that another look is due."""
        changed = [self._apply(effect) for effect in reconcile(self._observed())]
        return any(changed)

    def _apply(self, effect: Effect) -> bool:
        match effect:
            case WriteStatus(status):
                self.run = self.run.model_copy(update={"status": status})
            case PutArtifact(name, data):
                self.artifacts[name] = data
            case StartEpisode(request):
                self._episode = self._played(request)
            case _:
                return False
        return True

    def _played(self, request: RunRequest) -> EpisodeState:
        try:
            stage = connect(request)
            episode = getattr(stage, "episode", None)
            policy = make_policy(request.policy, request.seed, episode, request.language_model)
            return play(request, stage, policy, on_event=self._on_event, gate=self._gate)
        except (SimcoreError, GuardedError) as problem:
            return Refused(str(problem))
