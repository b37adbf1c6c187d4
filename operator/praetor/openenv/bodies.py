"""What the HTTP surface takes. Other fields of a reset are its options, and are read as those of a WebSocket are."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class ResetRequest(BaseModel):
    """All optional: `task_id`, `difficulty`, `split`, `index` and `text` go with it."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={"examples": [{"seed": 42, "task_id": "oom_crash", "difficulty": 0.5}, {}]},
    )
    seed: int | None = Field(None, ge=0, description="Random seed for reproducible episodes")
    episode_id: str | None = Field(None, max_length=255, description="Custom episode identifier")


class StepRequest(BaseModel):
    """An action, in `action` or flat."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {"action_type": "read_logs", "target_service": "api-gateway", "parameters": {"lines": 50}},
                {"action": {"action_type": "list_services"}},
            ]
        },
    )
    action: dict[str, Any] | None = Field(None, description="The action; or its fields beside each other.")
    timeout_s: float | None = Field(None, gt=0, description="Taken for compatibility; a step does not wait.")
    request_id: str | None = Field(None, max_length=255, description="Taken for compatibility.")
    action_type: str | None = Field(None, description="One of the ten.")

    def wanted(self) -> dict[str, Any]:
        if self.action is not None:
            return self.action
        return self.model_dump(exclude_unset=True, exclude={"action", "timeout_s", "request_id"})


class ResetResponse(BaseModel):
    observation: dict[str, Any] = Field(description="Initial observation from the environment")
    reward: float | None = Field(None, description="Initial reward (typically None at reset)")
    done: bool = Field(False, description="Whether episode is already done (typically False)")
    metadata: dict[str, Any] | None = Field(None, description="Additional metadata from the environment")


class StepResponse(BaseModel):
    observation: dict[str, Any] = Field(description="Observation resulting from the action")
    reward: float | None = Field(None, description="Reward signal from the action")
    done: bool = Field(False, description="Whether the episode has terminated")
    metadata: dict[str, Any] | None = Field(None, description="Additional metadata from the environment")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class OfSplit(_Strict):
    split: str = Field(description="Task split name")


class OneTask(OfSplit):
    index: int = Field(description="Task index within the split")


class TaskRange(OfSplit):
    start: int | None = Field(None, description="Inclusive start index")
    stop: int | None = Field(None, description="Exclusive stop index")
