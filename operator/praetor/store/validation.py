"""What the API server checks, for stores that have no API server: schema, defaults, immutability."""

from typing import Any

from pydantic import BaseModel, ValidationError

from praetor.resources.meta import API_VERSION
from praetor.resources.run import MUTABLE_FIELDS, IncidentRun
from praetor.resources.scenario import IncidentScenario
from praetor.resources.site import TargetSite
from praetor.store.names import check_kind
from simcore.errors import InvalidObjectError
from simcore.protocols import Manifest

LOCAL = "local"
"""Who approves where there is no API server to say who writes."""
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
        raise InvalidObjectError(f"{kind} {_name(manifest)}: {explain(error)}") from None
    return manifest | _parts(model, manifest)


def validated_status(manifest: Manifest) -> Manifest:
    """The manifest, of which only the status is checked: the spec is as it was stored."""
    part = type(_MODELS[check_kind(manifest.get("kind"))].model_fields["status"].default)
    try:
        status = part.model_validate(manifest["status"])
    except ValidationError as error:
        raise InvalidObjectError(f"{manifest['kind']} {_name(manifest)}: {explain(error, 'status')}") from None
    dumped = status.model_dump(by_alias=True, exclude_none=True, mode="json")
    return manifest | {"status": _filled(manifest["status"], dumped)}


def check_immutable(current: Manifest, wanted: Manifest) -> None:
    """An IncidentRun's spec is fixed but for its verbs. Raises InvalidObjectError that names the fields."""
    if current["kind"] != "IncidentRun":
        return
    before, after = current["spec"], wanted["spec"]
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    if fixed := sorted(changed - MUTABLE_FIELDS):
        fields = ", ".join(f"spec.{name}" for name in fixed)
        raise InvalidObjectError(f"IncidentRun {_name(current)}: {fields} cannot change after creation")
    check_approvals(current, before.get("approvals", []), after.get("approvals", []))


def check_approvals(run: Manifest, before: list[Any], after: list[Any]) -> None:
    """As the admission policy has it in a cluster: entries are only added. Here whoever may write may approve, so that
    an entry says that it was made here. Raises InvalidObjectError."""
    if any(entry not in after for entry in before):
        raise InvalidObjectError(f"IncidentRun {_name(run)}: spec.approvals: entries stay as they are")
    for entry in after:
        if entry not in before and entry["by"] != LOCAL:
            raise InvalidObjectError(f"IncidentRun {_name(run)}: spec.approvals: here `by` is {LOCAL!r}")


def _parts(model: BaseModel, manifest: Manifest) -> Manifest:
    dumped = model.model_dump(include={"spec", "status"}, by_alias=True, exclude_none=True, mode="json")
    return {name: _filled(manifest[name], dumped[name]) for name in ("spec", "status") if name in manifest}


def _filled(given: Any, dumped: Any) -> Any:
    """`given` as the schema completes it: what is empty by default is left out, as the API server does."""
    if isinstance(dumped, dict) and isinstance(given, dict):
        return {
            name: _filled(given[name], value) if given.get(name) is not None else value
            for name, value in dumped.items()
            if given.get(name) is not None or value not in ("", [], {})
        }
    if isinstance(dumped, list) and isinstance(given, list) and len(dumped) == len(given):
        return [_filled(*pair) for pair in zip(given, dumped, strict=True)]
    return dumped


def explain(error: ValidationError, *above: str) -> str:
    """Each field with what is wrong about it; `above` is where the model lies."""
    return "; ".join(
        f"{'.'.join(str(part) for part in (*above, *problem['loc'])) or 'object'}: {problem['msg']}"
        for problem in error.errors(include_url=False, include_input=False)
    )


def _name(manifest: Manifest) -> str:
    return str(manifest.get("metadata", {}).get("name", ""))
