"""What the API server checks, for stores that have no API server: schema, defaults, immutability."""

import importlib
from typing import Any

from pydantic import BaseModel, ValidationError

from praetor.store.names import check_kind
from simcore.errors import InvalidObjectError
from simcore.protocols import Manifest

API_VERSION = "praetor.dev/v1alpha1"
MUTABLE_RUN_FIELDS = frozenset({"suspend", "cancel", "ttlSecondsAfterFinished"})


def validated(manifest: Manifest) -> Manifest:
    """The manifest with defaults filled in. Raises InvalidObjectError that names the field."""
    kind = check_kind(manifest.get("kind"))
    if manifest.get("apiVersion") != API_VERSION:
        raise InvalidObjectError(f"apiVersion: {manifest.get('apiVersion')!r}, expected {API_VERSION!r}")
    try:
        model = _model(kind).model_validate(manifest)
    except ValidationError as error:
        raise InvalidObjectError(f"{kind} {_name(manifest)}: {_explain(error)}") from None
    return _wire(model, manifest)


def _model(kind: str) -> type[BaseModel]:
    module = {"IncidentRun": "run", "IncidentScenario": "scenario", "TargetSite": "site"}[kind]
    model: type[BaseModel] = getattr(importlib.import_module(f"praetor.resources.{module}"), kind)
    return model


def check_immutable(current: Manifest, wanted: Manifest) -> None:
    """An IncidentRun's spec is fixed but for its verbs. Raises InvalidObjectError that names the fields."""
    if current["kind"] != "IncidentRun":
        return
    before, after = current.get("spec", {}), wanted.get("spec", {})
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    if fixed := sorted(changed - MUTABLE_RUN_FIELDS):
        fields = ", ".join(f"spec.{name}" for name in fixed)
        raise InvalidObjectError(f"IncidentRun {_name(current)}: {fields} cannot change after creation")


def _wire(model: BaseModel, manifest: Manifest) -> Manifest:
    dumped: dict[str, Any] = model.model_dump(by_alias=True, exclude_none=True, mode="json")
    kept = {"apiVersion": manifest["apiVersion"], "kind": manifest["kind"], "metadata": manifest["metadata"]}
    return kept | {name: dumped[name] for name in ("spec", "status") if name in dumped and name in manifest}


def _explain(error: ValidationError) -> str:
    return "; ".join(
        f"{'.'.join(str(part) for part in problem['loc']) or 'object'}: {problem['msg']}"
        for problem in error.errors(include_url=False, include_input=False)
    )


def _name(manifest: Manifest) -> str:
    return str(manifest.get("metadata", {}).get("name", ""))
