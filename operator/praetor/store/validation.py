"""What the API server checks, for stores that have no API server: schema, defaults, immutability."""

from pydantic import BaseModel, ValidationError

from praetor.resources.meta import API_VERSION
from praetor.resources.run import MUTABLE_FIELDS, IncidentRun
from praetor.resources.scenario import IncidentScenario
from praetor.resources.site import TargetSite
from praetor.store.names import check_kind
from simcore.errors import InvalidObjectError
from simcore.protocols import Manifest

_MODELS: dict[str, type[BaseModel]] = {
    "IncidentRun": IncidentRun,
    "IncidentScenario": IncidentScenario,
    "TargetSite": TargetSite,
}


def validated(manifest: Manifest) -> Manifest:
    """The manifest with the defaults of its spec. Raises InvalidObjectError that names the field."""
    kind = check_kind(manifest.get("kind"))
    if manifest.get("apiVersion") != API_VERSION:
        raise InvalidObjectError(f"apiVersion: {manifest.get('apiVersion')!r}, expected {API_VERSION!r}")
    try:
        model = _MODELS[kind].model_validate(manifest)
    except ValidationError as error:
        raise InvalidObjectError(f"{kind} {_name(manifest)}: {_explain(error)}") from None
    return manifest | _parts(model, manifest)


def check_immutable(current: Manifest, wanted: Manifest) -> None:
    """An IncidentRun's spec is fixed but for its verbs. Raises InvalidObjectError that names the fields."""
    if current["kind"] != "IncidentRun":
        return
    before, after = current["spec"], wanted["spec"]
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    if fixed := sorted(changed - MUTABLE_FIELDS):
        fields = ", ".join(f"spec.{name}" for name in fixed)
        raise InvalidObjectError(f"IncidentRun {_name(current)}: {fields} cannot change after creation")


def _parts(model: BaseModel, manifest: Manifest) -> Manifest:
    """Of a spec all fields, of a status those that were given: null and absent are one."""
    options = {"by_alias": True, "exclude_none": True, "mode": "json"}
    parts = {"spec": model.model_dump(include={"spec"}, **options)["spec"]}  # type: ignore[arg-type]
    if "status" in manifest:
        status = model.model_dump(include={"status"}, exclude_unset=True, **options)  # type: ignore[arg-type]
        parts["status"] = status["status"]
    return parts


def _explain(error: ValidationError) -> str:
    return "; ".join(
        f"{'.'.join(str(part) for part in problem['loc']) or 'object'}: {problem['msg']}"
        for problem in error.errors(include_url=False, include_input=False)
    )


def _name(manifest: Manifest) -> str:
    return str(manifest.get("metadata", {}).get("name", ""))
