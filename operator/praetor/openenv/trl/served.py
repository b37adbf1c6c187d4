"""Incidents of an OpenEnv server, by the library's own client: for training far from where the simulator runs."""

import functools
import weakref
from collections.abc import Callable, Mapping
from typing import Any

from openenv.core.generic_client import GenericEnvClient
from websockets.exceptions import WebSocketException

from praetor.openenv.trl.rows import task_of
from praetor.openenv.trl.tools import IncidentTools, action_of
from simcore.actions import parse_action

END = "The incident has ended: no more actions."


class ServedIncident(IncidentTools):
    """`GRPOTrainer(environment_factory=served("http://..."), ...)`. Each instance has a session of its own.

    The server refuses a malformed action, which is then no step; the model is told what was wrong with it."""

    def __init__(self, base_url: str, headers: Mapping[str, str] | None = None) -> None:
        self._base_url, self._headers = base_url, dict(headers or {})
        self._client: Any = None
        self._closing: Callable[[], Any] = _nothing
        self._reward, self._done = 0.0, True

    def reset(self, **row: Any) -> str:
        """The page of the incident that the row names, appended to its prompt. A lost session is opened anew."""
        task = task_of(row)
        options = {"task_id": task.task_id, "seed": task.seed, "difficulty": task.difficulty, "split": task.split}
        self._reward, self._done = 0.0, False
        try:
            result = self._connected().reset(text=True, **options)
        except (OSError, WebSocketException):  # the server began anew, or a proxy cut what was idle
            self._disconnect()
            result = self._connected().reset(text=True, **options)
        return str(result.observation["text"])

    def get_reward(self) -> float:
        """The episode's score so far, 0 to 1: 0.25 or more if and only if it was resolved."""
        return round(min(max(self._reward, 0.0), 1.0), 6)

    def _act(self, action_type: str, target_service: str | None, parameters: dict[str, Any]) -> str:
        if self._done:
            return END
        action = action_of(action_type, target_service, parameters)
        parse_action(action)  # says what is wrong; the library's client would keep the server's details to itself
        result = self._connected().step(action)
        self._reward += result.reward or 0.0
        self._done = bool(result.done)
        return str(result.observation["text"])

    def _connected(self) -> Any:
        if self._client is None:
            self._client = GenericEnvClient(base_url=self._base_url, headers=self._headers or None).sync()
            self._client.connect()
            self._closing = weakref.finalize(self, _close, self._client)
        return self._client

    def _disconnect(self) -> None:
        if self._client is not None:
            self._closing()
            self._client = None


def served(base_url: str, headers: Mapping[str, str] | None = None) -> Callable[[], ServedIncident]:
    """A factory over one server; a token goes into the URL (`http://praetor:TOKEN@host`) or the headers."""
    return functools.partial(ServedIncident, base_url, headers)


def _close(client: Any) -> None:
    client.close()


def _nothing() -> None:
    pass
