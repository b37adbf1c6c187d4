"""Manifests from files: what `kubectl apply -f` takes, checked as the API server checks it."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from praetor.cli.errors import BadInput
from praetor.resources.kinds import KINDS
from praetor.resources.run import IncidentRun
from praetor.store.names import is_name, is_namespace
from simcore.errors import NotFoundError, ScenarioError
from simcore.protocols import Manifest
from simcore.scenarios.documents import Document, load_documents
from simcore.scenarios.load import document_problems
from simcore.validation import problems

DEFAULT_NAMESPACE = "default"
STDIN = Path("-")
MODELS: dict[str, type[BaseModel]] = {kind.name: kind.model for kind in KINDS}


@dataclass(frozen=True, slots=True)
class Manifests:
    """The runs of some files, each with its document, and the other objects that they may refer to."""

    runs: list[tuple[IncidentRun, Document]] = field(default_factory=list)
    others: dict[tuple[str, str, str], Manifest] = field(default_factory=dict)

    async def get(self, kind: str, namespace: str, name: str) -> Manifest:
        """As a Store's."""
        if (kind, namespace, name) not in self.others:
            raise NotFoundError(f"there is no {kind} {name!r} in these files")
        return self.others[kind, namespace, name]


def read_manifests(files: list[Path]) -> Manifests:
    """Raises BadInput with a line for every problem in any of the files; `-` is stdin."""
    manifests = Manifests()
    for document in _checked(files):
        _add(document, manifests)
    if not manifests.runs:
        raise BadInput(f"{', '.join(map(_shown, files))}: no IncidentRun in it")
    return manifests


def read_objects(files: list[Path]) -> list[Manifest]:
    """All that the files have, in their order. Raises BadInput, as above."""
    return [with_namespace(document.data) for document in _checked(files)]


def _checked(files: list[Path]) -> list[Document]:
    found = [document for file in files for document in _documents(file)]
    complaints = [problem for document in found for problem in _problems(document)] or list(_twins(found))
    if complaints:
        raise BadInput("\n".join(str(complaint) for complaint in complaints))
    return found


def _documents(file: Path) -> list[Document]:
    if file == STDIN:
        return load_documents(sys.stdin.read(), file=_shown(file))
    return load_documents(file)


def _shown(file: Path) -> str:
    return "<stdin>" if file == STDIN else str(file)


def _problems(document: Document) -> list[ScenarioError]:
    kind = document.data.get("kind")
    if kind not in MODELS:
        return [document.error(("kind",), f"should be one of {', '.join(MODELS)}, not {kind!r}")]
    if kind == "IncidentScenario":
        return document_problems(document)
    return _model_problems(document, MODELS[kind]) or _name_problems(document)


def _name_problems(document: Document) -> list[ScenarioError]:
    metadata = document.data["metadata"]
    found = []
    if not is_name(metadata["name"]):
        expected = "of a-z, 0-9, - and ., beginning and ending with a letter or digit"
        found.append(document.error(("metadata", "name"), f"should be {expected}; not {metadata['name']!r}"))
    if not is_namespace(metadata.get("namespace") or DEFAULT_NAMESPACE):
        found.append(document.error(("metadata", "namespace"), f"{metadata['namespace']!r} is no namespace's name"))
    return found


def _twins(documents: list[Document]) -> Iterator[ScenarioError]:
    seen: set[tuple[str, str, str]] = set()
    for document in documents:
        manifest = with_namespace(document.data)
        key = manifest["kind"], manifest["metadata"]["namespace"], manifest["metadata"]["name"]
        if key in seen:
            yield document.error(("metadata", "name"), f"there are two of {key[0]} {key[2]!r}")
        seen.add(key)


def _model_problems(document: Document, model: type[BaseModel]) -> list[ScenarioError]:
    try:
        model.model_validate(document.data)
    except ValidationError as error:
        return [document.error(path, message) for path, message in problems(error, document.data, model)]
    return []


def _add(document: Document, manifests: Manifests) -> None:
    manifest = with_namespace(document.data)
    if manifest["kind"] == "IncidentRun":
        manifests.runs.append((IncidentRun.model_validate(manifest), document))
    else:
        metadata = manifest["metadata"]
        manifests.others[manifest["kind"], metadata["namespace"], metadata["name"]] = manifest


def with_namespace(manifest: dict[str, Any]) -> Manifest:
    """A status that came with the file is left behind, as the API server does."""
    metadata = {"namespace": DEFAULT_NAMESPACE, **manifest["metadata"]}
    return {key: value for key, value in manifest.items() if key != "status"} | {"metadata": metadata}
