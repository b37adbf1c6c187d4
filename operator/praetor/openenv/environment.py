"""PraetorEnvironment: simcore in the classes of the `openenv` library, for its own `create_app` and whatever takes one.

The server of this room does not use it: it plays by the same `Play`.
"""

from importlib.metadata import version
from typing import Any, Literal

import orjson
from openenv.core.env_server.interfaces import Environment
from openenv.core.env_server.types import Action, EnvironmentMetadata, Observation, State
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from praetor.openenv import tasks
from praetor.openenv.about import ABOUT
from praetor.openenv.forms import ObservationFields, StateFields, action_schema, observation_schema, state_schema
from praetor.openenv.play import Play, Told, bare
from praetor.openenv.rubric import PraetorRubric
from praetor.openenv.tools import Tool, tools_of
from simcore.actions import ACTION_TYPES, parse_action
from simcore.errors import ActionError

ACTION_INVALID = "action_invalid"


class PraetorAction(Action):
    """One of the ten actions; `parameters` depend on its type, as the schema says."""

    action_type: Literal[ACTION_TYPES]  # type: ignore[valid-type]
    target_service: str | None = None
    parameters: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _well_formed(cls, data: Any) -> Any:
        """A ValueError would end the session in the library's server; an error of pydantic's own kind does not."""
        try:
            parse_action(bare(data) if isinstance(data, dict) else data)
        except ActionError as problem:
            raise PydanticCustomError(ACTION_INVALID, str(problem)) from None
        return data

    @classmethod
    def model_json_schema(cls, *args: Any, **kwargs: Any) -> dict[str, Any]:
        return action_schema()


class PraetorObservation(ObservationFields, Observation):
    """What a step shows."""

    @classmethod
    def model_json_schema(cls, *args: Any, **kwargs: Any) -> dict[str, Any]:
        return observation_schema()


class PraetorState(StateFields, State):
    """Where the episode stands, without the truth."""

    @classmethod
    def model_json_schema(cls, *args: Any, **kwargs: Any) -> dict[str, Any]:
        return state_schema()


class _Tools:
    """What the library's JSON-RPC asks for tools."""

    def __init__(self, play: Play) -> None:
        self._play = play

    async def get_tools(self) -> dict[str, Tool]:
        return tools_of(self._play)


class PraetorEnvironment(Environment[PraetorAction, PraetorObservation, PraetorState]):
    """Incidents of simcore. `reset` takes what `praetor.openenv.options` lists; `text` is on unless switched off."""

    SUPPORTS_CONCURRENT_SESSIONS = True

    def __init__(self) -> None:
        super().__init__(rubric=PraetorRubric())
        self._play = Play()
        self.mcp_server = _Tools(self._play)

    def reset(self, seed: int | None = None, episode_id: str | None = None, **options: Any) -> PraetorObservation:
        self._reset_rubric()
        return _observation(self._play.reset({"seed": seed, "episode_id": episode_id} | options))

    def step(self, action: PraetorAction, timeout_s: float | None = None, **kwargs: Any) -> PraetorObservation:
        observation = _observation(self._play.step(action.model_dump()))
        observation.reward = self._apply_rubric(action, observation)
        return observation

    @property
    def state(self) -> PraetorState:
        return PraetorState(**self._play.state())

    def get_metadata(self) -> EnvironmentMetadata:
        return EnvironmentMetadata(**ABOUT, version=version("praetor"))

    def list_splits(self) -> list[dict[str, str]]:
        return tasks.list_splits()

    def list_tasks(self, split: str) -> list[dict[str, Any]]:
        return tasks.list_tasks(split)

    def num_tasks(self, split: str) -> int:
        return tasks.num_tasks(split)

    def get_task(self, split: str, index: int) -> dict[str, Any]:
        return tasks.get_task(split, index)

    def get_task_range(self, split: str, start: int | None = None, stop: int | None = None) -> list[dict[str, Any]]:
        return tasks.get_task_range(split, start, stop)


def _observation(told: Told) -> PraetorObservation:
    fields = orjson.loads(orjson.dumps(told.observation))
    return PraetorObservation(**fields, reward=told.reward, done=told.done)
