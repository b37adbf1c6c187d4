"""The flat form of a scenario: one mapping with an anomaly, a service and the action that puts it right."""

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from simcore.actions import parse_action
from simcore.conversion.ways import ANOMALIES
from simcore.errors import ScenarioError
from simcore.kernel import keys
from simcore.scenarios.documents import Document
from simcore.scenarios.spec import ActionName, RubricItem
from simcore.settings import BY_NAME
from simcore.topologies.shop import SHOP
from simcore.validation import problems

_BRACES = re.compile(r"[{}]")


_REQUIRED: dict[str, dict[str, Any]] = {
    "restart_service": {},
    "scale_service": {"replicas": 1},
    "rollback_deployment": {"to_version": "v1.0.0"},
    "update_config": {"key": "log.level", "value": "INFO"},
}
"""Parameters that an action needs and a file may leave out."""


def _in_the_shop(name: str) -> str:
    if name not in SHOP.index:
        raise ValueError(f"there is no service {name!r}; the services of the shop are {', '.join(SHOP.names)}")
    return name


def _on_one_line(text: str) -> str:
    return " ".join(text.split())


Service = Annotated[str, AfterValidator(_in_the_shop)]
TaskId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9]*([-_]+[A-Za-z0-9]+)*$", max_length=58)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=900), AfterValidator(_on_one_line)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=256), AfterValidator(_on_one_line)]
Title = Annotated[str, StringConstraints(min_length=1, max_length=250), AfterValidator(_on_one_line)]


class _Flat(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CorrectAction(_Flat):
    """The change that resolves it. What is left out of `parameters` is what the anomaly needs."""

    action_type: Literal["restart_service", "scale_service", "rollback_deployment", "update_config"]
    target_service: Service | None = None
    parameters: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _well_formed(self) -> "CorrectAction":
        parameters = _REQUIRED[self.action_type] | self.parameters
        action = {"action_type": self.action_type, "target_service": SHOP.names[0], "parameters": parameters}
        parse_action(action)
        if "key" in self.parameters:
            _check_setting(parameters["key"], self.parameters.get("value"))
        return self


def _check_setting(key: str, value: Any) -> None:
    if key not in BY_NAME:
        raise ValueError(f"parameters.key: {key!r} may not be set; keys are {', '.join(BY_NAME)}")
    if value is not None:
        try:
            BY_NAME[key].parse(str(value))
        except ValueError as problem:
            raise ValueError(f"parameters.value: {problem}") from None


class FlatRubricItem(_Flat):
    description: Line
    weight: float = Field(1.0, ge=0, le=1)
    required_action: ActionName | None = None
    required_target: Service | None = None

    def item(self) -> RubricItem:
        return RubricItem(**self.model_dump())


class FlatScenario(_Flat):
    """One document of the flat form; its keys are those of people's files."""

    task_id: TaskId
    difficulty: Literal["easy", "medium", "hard"]
    description: Text
    target_service: Service
    anomaly: Literal[ANOMALIES]  # type: ignore[valid-type]
    max_steps: int = Field(ge=5, le=200)
    alert: Title
    root_cause: Text | None = None
    root_cause_keywords: list[Any] = Field(default_factory=list)
    correct_action: CorrectAction
    log_lines: list[Line] = Field(default_factory=list, max_length=20)
    rubric: list[FlatRubricItem] = Field(default_factory=list, max_length=20)

    @property
    def name(self) -> str:
        """As a Kubernetes object may be called."""
        return re.sub(r"[-_]+", "-", self.task_id.lower())

    @property
    def acted_on(self) -> str:
        """The service that the correct action is taken on: of a setting of databases, the target's database."""
        number = SHOP.databases[SHOP.index[self.target_service]]
        setting = BY_NAME.get(str(self.correct_action.parameters.get("key")))
        of_database = setting is not None and keys.APPLIES[setting.number] == keys.DATABASES and number >= 0
        return self.correct_action.target_service or (SHOP.names[number] if of_database else self.target_service)

    @property
    def title(self) -> str:
        """The alert as a template: its braces stand for themselves."""
        return _BRACES.sub(lambda brace: 2 * brace[0], self.alert)


def flat_problems(document: Document) -> list[ScenarioError]:
    """Everything that is wrong with the form of a document; empty for a good one."""
    if "kind" in document.data:
        return [document.error(("kind",), f"the flat form has none; this is of kind {document.data['kind']} already")]
    try:
        FlatScenario.model_validate(document.data)
    except ValidationError as error:
        return [document.error(path, message) for path, message in problems(error, document.data, FlatScenario)]
    return []
