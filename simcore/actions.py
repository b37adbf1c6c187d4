"""The ten actions, the only things a policy can do. On the wire: `{action_type, target_service, parameters}`.

`parse_action` is the border: what passes it is well formed. Whether it makes sense in a world (does the service
exist, is that version there) is the world's to say.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    field_validator,
)

from simcore.errors import ActionError
from simcore.quantity import mebibytes

ServiceName = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
"""What systems call their services, real ones too: workloads of Kubernetes have dots, others capitals and `_`."""
FreeText = Annotated[str, StringConstraints(max_length=2000)]
Severity = Literal["DEBUG", "INFO", "WARN", "ERROR", "FATAL"]
DiagnosticCommand = Literal["check_connectivity", "check_health", "check_resources", "check_dns"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class NoParameters(_Strict):
    """This action takes no parameters."""


class ReadLogsParameters(_Strict):
    lines: int = Field(20, ge=1, le=200, description="How many of the newest lines.")
    severity: Severity | None = Field(None, description="Only lines of this severity or worse.")
    since: float | None = Field(None, gt=0, le=86_400, description="Only lines of the last so many seconds.")


class CheckMetricsParameters(_Strict):
    window: float = Field(60.0, gt=0, le=3_600, description="Seconds of history that the trend covers.")


class DiagnosticParameters(_Strict):
    command: DiagnosticCommand


class RestartParameters(_Strict):
    memory_limit: str | None = Field(None, max_length=16, description="A new memory limit, for example `1024Mi`.")

    @field_validator("memory_limit")
    @classmethod
    def _is_memory(cls, value: str | None) -> str | None:
        if value is not None and not 1 <= mebibytes(value) <= 1_048_576:
            raise ValueError(f"memory_limit {value!r} is outside 1Mi to 1Ti")
        return value


class ScaleParameters(_Strict):
    replicas: int = Field(ge=0, le=100)


class RollbackParameters(_Strict):
    to_version: str = Field(min_length=1, max_length=63)


class ConfigParameters(_Strict):
    key: str = Field(min_length=1, max_length=128)
    value: str = Field(max_length=256, description="Numbers may be given as numbers.")

    @field_validator("value", mode="before")
    @classmethod
    def _number_as_text(cls, value: Any) -> Any:
        return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


class DeclaredCause(_Strict):
    service: ServiceName
    mechanism: str = Field(min_length=1, max_length=63, description="A mechanism or a class of mechanisms.")


class ResolveParameters(_Strict):
    root_cause: FreeText = ""
    resolution: FreeText = ""
    causes: tuple[DeclaredCause, ...] = Field((), max_length=3, fail_fast=True, description="Empty: nothing is broken.")


class _OnService(_Strict):
    target_service: ServiceName


class _OnSystem(_Strict):
    target_service: ServiceName | None = None


class ListServices(_OnSystem):
    action_type: Literal["list_services"] = "list_services"
    parameters: NoParameters = NoParameters()


class DescribeService(_OnService):
    action_type: Literal["describe_service"] = "describe_service"
    parameters: NoParameters = NoParameters()


class ReadLogs(_OnService):
    action_type: Literal["read_logs"] = "read_logs"
    parameters: ReadLogsParameters = ReadLogsParameters()


class CheckMetrics(_OnService):
    action_type: Literal["check_metrics"] = "check_metrics"
    parameters: CheckMetricsParameters = CheckMetricsParameters()


class RunDiagnostic(_OnService):
    action_type: Literal["run_diagnostic"] = "run_diagnostic"
    parameters: DiagnosticParameters


class RestartService(_OnService):
    action_type: Literal["restart_service"] = "restart_service"
    parameters: RestartParameters = RestartParameters()


class ScaleService(_OnService):
    action_type: Literal["scale_service"] = "scale_service"
    parameters: ScaleParameters


class RollbackDeployment(_OnService):
    action_type: Literal["rollback_deployment"] = "rollback_deployment"
    parameters: RollbackParameters


class UpdateConfig(_OnService):
    action_type: Literal["update_config"] = "update_config"
    parameters: ConfigParameters


class ResolveIncident(_OnSystem):
    action_type: Literal["resolve_incident"] = "resolve_incident"
    parameters: ResolveParameters = ResolveParameters()


Action = Annotated[
    ListServices | DescribeService | ReadLogs | CheckMetrics | RunDiagnostic
    | RestartService | ScaleService | RollbackDeployment | UpdateConfig | ResolveIncident,
    Field(discriminator="action_type"),
]  # fmt: skip

READS = frozenset({"list_services", "describe_service", "read_logs", "check_metrics", "run_diagnostic"})
CHANGES = frozenset({"restart_service", "scale_service", "rollback_deployment", "update_config"})
ACTION_TYPES = (
    "list_services", "describe_service", "read_logs", "check_metrics", "run_diagnostic",
    "restart_service", "scale_service", "rollback_deployment", "update_config", "resolve_incident",
)  # fmt: skip

_ADAPTER: TypeAdapter[Action] = TypeAdapter(Action)


_MOST_VALUES = 64


def parse_action(data: "Action | Mapping[str, Any]") -> Action:
    """The typed action of its wire form. Raises ActionError that names the field and what was expected."""
    if isinstance(data, (_OnService, _OnSystem)):
        return data
    if _is_large(data):
        raise ActionError(f"action: it has more than {_MOST_VALUES} values, many more than any action takes", "")
    try:
        return _ADAPTER.validate_python(data)
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_context=False)[0]
        field = ".".join(str(part) for part in first["loc"] if part not in ACTION_TYPES)
        raise ActionError(f"{field or 'action'}: {first['msg']}", field) from None


def _is_large(data: Any) -> bool:
    """To say all that is wrong with each of very many values would take seconds."""
    waiting, seen = [data], 0
    while waiting:
        one = waiting.pop()
        inner = one.values() if isinstance(one, Mapping) else one if isinstance(one, list | tuple) else ()
        seen += len(inner)
        if seen > _MOST_VALUES:
            return True
        waiting.extend(inner)
    return False


def action_json(action: Action) -> dict[str, Any]:
    """The wire form, without parameters that were not given."""
    return {
        "action_type": action.action_type,
        "target_service": action.target_service,
        "parameters": action.parameters.model_dump(mode="json", exclude_unset=True),
    }
