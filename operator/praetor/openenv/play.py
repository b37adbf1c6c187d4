"""What one client plays: at most one episode at a time, told in the wire's terms. It knows no network."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from praetor.openenv.options import Start, read_start
from simcore.actions import parse_action
from simcore.episode import Episode
from simcore.errors import ActionError, SimcoreError
from simcore.observation import Observation
from simcore.parsing import reader_of
from simcore.results import StepResult

COMPONENTS = ("r_diagnostic", "r_correct_op", "r_resolution", "r_format", "r_efficiency", "r_penalty")
METADATA = "metadata"


class NotStartedError(SimcoreError):
    """A step before the first reset."""

    def __init__(self) -> None:
        super().__init__("no episode has begun: reset first")


class Told(NamedTuple):
    """What a reset or a step answers. `observation["payload"]` is one of simcore's dataclasses, or None."""

    observation: dict[str, Any]
    reward: float | None
    done: bool
    metadata: dict[str, Any]

    def wire(self) -> dict[str, Any]:
        """As OpenEnv's protocol has it: metadata in the observation and, when there is any, beside it."""
        data = {"observation": self.observation, "reward": self.reward, "done": self.done}
        if self.metadata:
            data[METADATA] = self.metadata
        return data


class Play:
    """Raises ActionError for a malformed action (which is no step), NotStartedError before the first reset."""

    __slots__ = ("episode", "start")

    def __init__(self) -> None:
        self.episode: Episode | None = None
        self.start: Start | None = None

    @property
    def under_way(self) -> bool:
        return self.episode is not None and not self.episode.done

    def reset(self, options: Mapping[str, Any], *, text: bool = True) -> Told:
        start = read_start(options, text=text)
        episode = start.episode()
        shown = episode.reset()
        self.episode, self.start = episode, start
        return told(shown, start.text, None, False, {})

    def step(self, action: Mapping[str, Any]) -> Told:
        wanted = self.read(action)
        if self.episode is None or self.start is None:
            raise NotStartedError
        result = self.episode.step(wanted)
        return told(result.observation, self.start.text, result.reward, result.done, _metadata(self.episode, result))

    def read(self, action: Mapping[str, Any]) -> dict[str, Any]:
        """The action without OpenEnv's metadata, well formed. Raises ActionError."""
        wanted = bare(action)
        if self.episode is None:
            parse_action(wanted)
        else:
            reader_of(self.episode.world.topology).read(wanted)
        return wanted

    def state(self) -> dict[str, Any]:
        """Where the episode stands; before the first reset only that there is none."""
        if self.episode is None or self.start is None:
            return dict(_NO_STATE)
        at = self.episode.state
        return {
            "episode_id": self.start.episode_id, "step_count": at["step"], "task_id": at["scenario"],
            "split": self.start.split, "seed": self.start.seed, "difficulty": at["difficulty"],
            "max_steps": at["max_steps"], "done": at["done"], "sim_seconds": at["sim_seconds"], "score": at["score"],
        }  # fmt: skip


_NO_STATE: dict[str, Any] = {
    "episode_id": None, "step_count": 0, "task_id": None, "split": None, "seed": None, "difficulty": None,
    "max_steps": None, "done": False, "sim_seconds": 0.0, "score": 0.0,
}  # fmt: skip


def bare(action: Mapping[str, Any]) -> dict[str, Any]:
    """An action as simcore takes it. OpenEnv's typed clients send a `metadata` with it, which changes nothing."""
    if METADATA not in action:
        return action if type(action) is dict else dict(action)
    if not isinstance(action[METADATA], Mapping):
        raise ActionError("metadata: an object is expected", METADATA)
    return {name: value for name, value in action.items() if name != METADATA}


def told(shown: Observation, text: bool, reward: float | None, done: bool, metadata: dict[str, Any]) -> Told:
    observation = {
        METADATA: metadata, "kind": shown.kind, "step": shown.step, "max_steps": shown.max_steps,
        "sim_seconds": shown.sim_seconds, "payload": None if text else shown.payload, "error": shown.error,
        "alerts": shown.alerts, "text": shown.text if text else None,
    }  # fmt: skip
    return Told(observation, reward, done, metadata)


def _metadata(episode: Episode, result: StepResult) -> dict[str, Any]:
    """The six components by name, and at the end what the episode came to."""
    paid = result.reward_breakdown
    metadata: dict[str, Any] = {
        "r_diagnostic": paid.r_diagnostic, "r_correct_op": paid.r_correct_op, "r_resolution": paid.r_resolution,
        "r_format": paid.r_format, "r_efficiency": paid.r_efficiency, "r_penalty": paid.r_penalty,
        "terminated": result.terminated, "truncated": result.truncated,
    }  # fmt: skip
    if result.done:
        verdict = episode.verdict()
        metadata |= {
            "score": verdict.score, "resolved": verdict.resolved, "mitigated": verdict.mitigated,
            "diagnosed": verdict.diagnosed, "user_minutes_lost": verdict.user_minutes_lost,
        }  # fmt: skip
    return metadata
