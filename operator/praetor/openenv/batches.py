"""Many environments of one session, reset and stepped by one message each. An extension of OpenEnv's protocol.

Arrays go over the wire by episode. `observe` says what comes with them: `none` (rewards and ends alone), `numbers`
(the kernel's rows, float32, little-endian, base64), `text` or `structured`.
"""

import asyncio
import base64
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from praetor.openenv.options import Start, read_start
from praetor.openenv.play import bare
from simcore.batch import ACTION_COLUMNS, Batch
from simcore.episode import Episode
from simcore.errors import ActionError, SimcoreError
from simcore.kernel.observe import OUT_COLUMNS
from simcore.observation import Observation
from simcore.parsing import ActionReader, reader_of

MOST = 1024
_MADE_AT_ONCE = 32
Observe = Literal["none", "numbers", "text", "structured"]


class BatchError(SimcoreError, ValueError):
    """A batch that cannot be had, or stepped so; the text says why."""


class BatchActionError(ActionError):
    """A malformed action of a batch; no environment has been stepped."""


class BatchReset(BaseModel):
    """`{"type": "batch_reset", "data": ...}`: one scenario, one environment for each seed."""

    model_config = ConfigDict(extra="forbid")
    seeds: list[int] = Field(min_length=1, max_length=MOST)
    task_id: str
    difficulty: float | str = 0.5
    split: str = "train"
    observe: Observe = "text"


class BatchStep(BaseModel):
    """`{"type": "batch_step", "data": ...}`: an action for each environment, those that have ended too."""

    model_config = ConfigDict(extra="forbid")
    actions: list[dict[str, Any]] = Field(min_length=1, max_length=MOST)
    observe: Observe | None = None


class Batched:
    """The environments of one session."""

    def __init__(self, episodes: list[Episode], observe: Observe) -> None:
        self._readers: list[ActionReader] = [reader_of(episode.world.topology) for episode in episodes]
        self._batch, self._observe = Batch(episodes), observe
        self._max_steps = [episode.max_steps for episode in episodes]
        self._rows = np.zeros((len(episodes), ACTION_COLUMNS))

    def __len__(self) -> int:
        return len(self._batch)

    @property
    def under_way(self) -> bool:
        return not bool(self._batch.done.all())

    def begin(self) -> dict[str, Any]:
        answer: dict[str, Any] = {"count": len(self), "max_steps": self._max_steps}
        return answer | self._shown(self._batch.reset(), self._observe)

    def step(self, wanted: BatchStep) -> dict[str, Any]:
        """Raises BatchError for a wrong number of actions, BatchActionError for a malformed one; then none is done."""
        if len(wanted.actions) != len(self):
            raise BatchError(f"{len(wanted.actions)} actions for {len(self)} environments")
        observe = wanted.observe or self._observe
        actions = [bare(action) for action in wanted.actions]
        self._read(actions)
        if observe in ("none", "numbers"):
            return self._step_numbers(observe)
        results = self._batch.step(actions)
        if observe == "text":
            shown: dict[str, Any] = {"text": self._batch.texts()}
        else:
            shown = self._shown([one.observation for one in results], observe)
        return {
            "reward": [one.reward for one in results],
            "breakdown": [list(one.reward_breakdown.to_json().values()) for one in results],
            "terminated": [one.terminated for one in results],
            "truncated": [one.truncated for one in results],
            "sim_seconds": [one.observation.sim_seconds for one in results],
        } | shown

    def _read(self, actions: list[dict[str, Any]]) -> None:
        for number, (reader, action) in enumerate(zip(self._readers, actions, strict=True)):
            try:
                self._rows[number] = reader.read(action)[1]
            except ActionError as problem:
                raise BatchActionError(f"actions.{number}: {problem}", problem.field) from None

    def _step_numbers(self, observe: Observe) -> dict[str, Any]:
        done = self._batch.step_encoded(self._rows)
        answer: dict[str, Any] = {
            "reward": done.rewards, "breakdown": np.ascontiguousarray(done.breakdown), "terminated": done.terminated,
            "truncated": done.truncated, "sim_seconds": np.ascontiguousarray(done.sim_seconds),
        }  # fmt: skip
        if observe == "numbers":
            packed = base64.b64encode(done.numbers.astype("<f4").tobytes()).decode()
            answer |= {"numbers": packed, "columns": OUT_COLUMNS}
        return answer

    def _shown(self, observations: list[Observation], observe: Observe) -> dict[str, Any]:
        if observe == "text":
            return {"text": [one.text for one in observations]}
        if observe != "structured":
            return {}
        return {"observations": [_structured(one) for one in observations]}


def _structured(shown: Observation) -> Mapping[str, Any]:
    return {
        "kind": shown.kind, "step": shown.step, "max_steps": shown.max_steps, "sim_seconds": shown.sim_seconds,
        "payload": shown.payload, "error": shown.error, "alerts": shown.alerts,
    }  # fmt: skip


async def begin_batch(wanted: BatchReset) -> Batched:
    """Makes the environments a few at a time: other sessions go on meanwhile. Raises as a single reset does."""
    episodes: list[Episode] = []
    for number, seed in enumerate(wanted.seeds):
        if number % _MADE_AT_ONCE == _MADE_AT_ONCE - 1:
            await asyncio.sleep(0)
        episodes.append(_start(wanted, seed).episode())
    return Batched(episodes, wanted.observe)


def _start(wanted: BatchReset, seed: int) -> Start:
    return read_start({"task_id": wanted.task_id, "seed": seed, "difficulty": wanted.difficulty, "split": wanted.split})
