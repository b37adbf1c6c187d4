"""What may be a name in a store: the rules of Kubernetes, so that a name is also a safe file name."""

import re

from praetor.resources.meta import LONGEST_OBJECT_NAME, LONGEST_RUN_NAME
from simcore.errors import InvalidObjectError
from simcore.protocols import Manifest

PLURALS = {
    "IncidentRun": "incidentruns",
    "IncidentScenario": "incidentscenarios",
    "TargetSite": "targetsites",
}

_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_NAMESPACE = re.compile(_LABEL)
_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_ARTIFACT = re.compile(r"[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?")
_LONGEST = {"IncidentRun": LONGEST_RUN_NAME}


def is_namespace(text: str) -> bool:
    return _NAMESPACE.fullmatch(text) is not None


def is_name(text: str) -> bool:
    return len(text) <= LONGEST_OBJECT_NAME and _NAME.fullmatch(text) is not None


def is_artifact_name(text: str) -> bool:
    return _ARTIFACT.fullmatch(text) is not None and ".." not in text


def check_kind(kind: object) -> str:
    if isinstance(kind, str) and kind in PLURALS:
        return kind
    raise InvalidObjectError(f"kind: {kind!r} is not kept here; expected one of {', '.join(sorted(PLURALS))}")


def identity(manifest: Manifest) -> tuple[str, str, str]:
    """(kind, namespace, name) of a manifest. Raises InvalidObjectError where one of them cannot be."""
    kind = check_kind(manifest.get("kind"))
    metadata = manifest.get("metadata")
    if not isinstance(metadata, dict):
        raise InvalidObjectError("metadata: expected an object with namespace and name")
    namespace, name = metadata.get("namespace"), metadata.get("name")
    if not isinstance(namespace, str) or not is_namespace(namespace):
        raise InvalidObjectError(f"metadata.namespace: {namespace!r} is not a DNS label such as 'default'")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise InvalidObjectError(f"metadata.name: {name!r} is not a DNS name: lower case letters, digits, '-' and '.'")
    if len(name) > (longest := _LONGEST.get(kind, LONGEST_OBJECT_NAME)):
        raise InvalidObjectError(f"metadata.name: {len(name)} characters, at most {longest} for {kind}")
    return kind, namespace, name


def check_artifact_name(name: str) -> str:
    if is_artifact_name(name):
        return name
    raise InvalidObjectError(f"artifact name {name!r}: expected lower case letters, digits, '-' and '.'")
