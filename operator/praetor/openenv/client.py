"""PraetorEnv: the library's client, typed, with batches. `GenericEnvClient` works as well, without this package."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from openenv.core.client_types import StepResult
from openenv.core.env_client import EnvClient

from praetor.openenv.environment import PraetorAction, PraetorObservation, PraetorState

EXTENSIONS_HEADER = "X-Praetor-Extensions"
BATCH = "batch"


class NoBatchError(RuntimeError):
    """This server cannot step many environments by one message; step them one by one."""


@dataclass(frozen=True, slots=True)
class BatchResult:
    """By environment. `breakdown[n, 6]` is in the order of `simcore.results.RewardBreakdown`; of `text`,
    `observations` and `numbers` (float32, `[n, columns]`) there is the one that was asked for."""

    count: int
    reward: NDArray[np.float64]
    breakdown: NDArray[np.float64]
    terminated: NDArray[np.bool_]
    truncated: NDArray[np.bool_]
    sim_seconds: NDArray[np.float64]
    text: list[str] = field(default_factory=list)
    observations: list[dict[str, Any]] = field(default_factory=list)
    numbers: NDArray[np.float32] | None = None

    @property
    def done(self) -> NDArray[np.bool_]:
        return self.terminated | self.truncated


class PraetorEnv(EnvClient[PraetorAction, PraetorObservation, PraetorState]):
    """Asynchronous; `.sync()` gives the other kind. Observations are structured unless a reset says `text=True`."""

    def _step_payload(self, action: PraetorAction | Mapping[str, Any]) -> dict[str, Any]:
        return action.model_dump() if isinstance(action, PraetorAction) else dict(action)

    def _parse_result(self, payload: dict[str, Any]) -> "StepResult[PraetorObservation]":
        reward, done = payload.get("reward"), payload.get("done", False)
        observation = PraetorObservation(**payload["observation"], reward=reward, done=done)
        return StepResult(observation, reward, done, payload.get("metadata"))

    def _parse_state(self, payload: dict[str, Any]) -> PraetorState:
        return PraetorState(**payload)

    async def _reset_async(self, **options: Any) -> "StepResult[PraetorObservation]":
        return await super()._reset_async(**({"text": False} | options))

    def batch_reset(self, **options: Any) -> Any:
        """`seeds`, `task_id`, and if wanted `difficulty`, `split`, `observe`. Raises NoBatchError."""
        return self._dispatch(lambda: self._batch("batch_reset", options))

    def batch_step(self, actions: Sequence[PraetorAction | Mapping[str, Any]], observe: str | None = None) -> Any:
        """An action for each environment; for those that have ended any. Raises NoBatchError."""
        wanted = {"actions": [self._step_payload(action) for action in actions], "observe": observe}
        return self._dispatch(lambda: self._batch("batch_step", wanted))

    async def _batch(self, kind: str, data: Mapping[str, Any]) -> BatchResult:
        await self._ensure_connected()
        assert self._ws is not None
        response = self._ws.response
        if response is None or BATCH not in response.headers.get(EXTENSIONS_HEADER, "").split(","):
            raise NoBatchError(f"{self.base_url} does not offer batches; step its environments one by one")
        answer = await self._send_and_receive({"type": kind, "data": dict(data)})
        return batch_result(answer["data"])


def batch_result(data: Mapping[str, Any]) -> BatchResult:
    count = data.get("count") or len(data["reward"])
    packed = data.get("numbers")
    numbers = None if packed is None else np.frombuffer(base64.b64decode(packed), "<f4").reshape(count, data["columns"])
    return BatchResult(
        count=count,
        reward=np.asarray(data.get("reward", np.zeros(count))),
        breakdown=np.asarray(data.get("breakdown", np.zeros((count, 6)))),
        terminated=np.asarray(data.get("terminated", np.zeros(count, bool))),
        truncated=np.asarray(data.get("truncated", np.zeros(count, bool))),
        sim_seconds=np.asarray(data.get("sim_seconds", np.zeros(count))),
        text=data.get("text", []),
        observations=data.get("observations", []),
        numbers=numbers,
    )
