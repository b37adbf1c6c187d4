"""The fields of what goes over the wire, and their JSON Schemas: one source for the library's classes and the server.

The schemas are simcore's own, put into OpenEnv's envelopes; a test holds every kind of observation to them.
"""

import copy
from functools import cache
from typing import Any

from pydantic import BaseModel, Field

from simcore.actions import ACTION_TYPES
from simcore.schemas import schema

METADATA_OF_ACTION = {
    "additionalProperties": True, "default": {}, "description": "Additional metadata for the action",
    "title": "Metadata", "type": "object",
}  # fmt: skip


class ObservationFields(BaseModel):
    """What a step shows."""

    kind: str = Field("alert", description="`alert`, the type of the action, or `error`.")
    step: int = Field(0, ge=0, description="Steps taken.")
    max_steps: int = Field(0, ge=0, description="The budget.")
    sim_seconds: float = Field(0.0, ge=0, description="Simulated time since the page.")
    payload: dict[str, Any] | None = Field(None, description="Structured; only when reset asked with `text: false`.")
    error: str | None = Field(None, description="What was wrong with the action.")
    alerts: list[str] = Field(default_factory=list, description="Titles of the alerts that fire.")
    text: str | None = Field(None, description="The same for people and models, unless reset asked with `text: false`.")


class StateFields(BaseModel):
    """Where the episode stands, without the truth."""

    task_id: str | None = Field(None, description="The scenario.")
    split: str | None = Field(None, description="What the seed counts in.")
    seed: int | None = Field(None, description="With the split and the difficulty it determines the episode.")
    difficulty: float | None = Field(None, description="From 0 to 1.")
    max_steps: int | None = Field(None, description="The budget.")
    done: bool = Field(False, description="The episode has ended.")
    sim_seconds: float = Field(0.0, ge=0, description="Simulated time since the page.")
    score: float = Field(0.0, ge=0, le=1, description="The sum of the rewards so far, between 0 and 1.")


class _Observation(ObservationFields):
    done: bool = Field(False, description="Whether the episode has terminated")
    reward: bool | int | float | None = Field(None, description="Reward signal from the last action")
    metadata: dict[str, Any] = Field(default_factory=dict, description="Additional metadata for the observation")


class _State(StateFields):
    episode_id: str | None = Field(None, description="Unique identifier for the current episode")
    step_count: int = Field(0, ge=0, description="Number of steps taken in the current episode")


@cache
def _action() -> dict[str, Any]:
    """Simcore's action, where each may carry OpenEnv's metadata."""
    form = copy.deepcopy(schema("action"))
    for definition in form["$defs"].values():
        if definition.get("properties", {}).get("action_type", {}).get("const") in ACTION_TYPES:
            definition["properties"]["metadata"] = METADATA_OF_ACTION
            definition["required"] = [*definition.get("required", ()), "action_type"]
    return {"title": "PraetorAction", "type": "object"} | form


@cache
def _observation() -> dict[str, Any]:
    """The payload is what simcore says it is; it is told as null where the text is asked for."""
    form, inner = _Observation.model_json_schema(), schema("observation")
    payload = inner["properties"]["payload"]
    form["properties"]["payload"] = payload | {"description": form["properties"]["payload"]["description"]}
    return form | {"title": "PraetorObservation", "$defs": inner["$defs"], "additionalProperties": False}


def action_schema() -> dict[str, Any]:
    return copy.deepcopy(_action())


def observation_schema() -> dict[str, Any]:
    return copy.deepcopy(_observation())


@cache
def _state() -> dict[str, Any]:
    return _State.model_json_schema() | {"title": "PraetorState", "additionalProperties": True}


def state_schema() -> dict[str, Any]:
    return copy.deepcopy(_state())


@cache
def schemas() -> dict[str, Any]:
    """What `/schema` answers."""
    return {
        "action": action_schema(), "observation": observation_schema(), "state": state_schema(),
        "reset_observation": observation_schema(),
    }  # fmt: skip
