"""An IncidentScenario file as a validated scenario; every problem says where it is and what was expected."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from simcore.errors import ScenarioError
from simcore.scenarios.documents import Document, load_documents
from simcore.scenarios.spec import ScenarioDocument, ScenarioSpec
from simcore.validation import problems

API_VERSION = "praetor.dev/v1alpha1"
KIND = "IncidentScenario"
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_TOP = ("apiVersion", "kind", "metadata", "spec", "status")


def load_scenario(source: str | Path, *, file: str = "") -> ScenarioDocument:
    """The one scenario of a file (a Path) or of a text. Raises ScenarioError at the first problem."""
    document = _only_document(source, file)
    for problem in document_problems(document):
        raise problem
    return _built(document)


def scenario_problems(source: str | Path, *, file: str = "") -> list[ScenarioError]:
    """Every problem of a file with one or several scenarios; empty for a good one."""
    try:
        documents = load_documents(source, file=file)
    except ScenarioError as problem:
        return [problem]
    if not documents:
        return [_empty(source, file)]
    return [problem for document in documents for problem in document_problems(document)]


def document_problems(document: Document) -> list[ScenarioError]:
    return [*_header_problems(document), *_spec_problems(document)]


def _built(document: Document) -> ScenarioDocument:
    spec = _parse(document.data["spec"])
    return ScenarioDocument(name=document.data["metadata"]["name"], spec=spec)


def _parse(spec: Any) -> ScenarioSpec:
    """By the names on the wire only, as the API server does."""
    return ScenarioSpec.model_validate(spec, by_alias=True, by_name=False)


def _only_document(source: str | Path, file: str) -> Document:
    documents = load_documents(source, file=file)
    if not documents:
        raise _empty(source, file)
    if len(documents) > 1:
        second = documents[1]
        raise second.error((), f"expected one scenario, found {len(documents)} documents")
    return documents[0]


def _empty(source: str | Path, file: str) -> ScenarioError:
    name = file or (str(source) if isinstance(source, Path) else "<text>")
    return ScenarioError(f"empty; expected an {KIND} manifest", file=name)


def _header_problems(document: Document) -> Iterator[ScenarioError]:
    data = document.data
    for name in data:
        if name not in _TOP:
            yield document.error((name,), f"unknown field; expected one of {', '.join(_TOP)}")
    for field, expected in (("apiVersion", API_VERSION), ("kind", KIND)):
        if data.get(field) != expected:
            yield document.error((field,), f"should be {expected}, not {data.get(field)!r}")
    yield from _name_problems(document)


def _name_problems(document: Document) -> Iterator[ScenarioError]:
    metadata = document.data.get("metadata")
    if not isinstance(metadata, dict):
        yield document.error(("metadata",), "should be a mapping with a name")
        return
    name = metadata.get("name")
    if not isinstance(name, str) or len(name) > 63 or _NAME.fullmatch(name) is None:
        expected = "at most 63 characters a-z, 0-9 and -, beginning and ending with a letter or digit"
        yield document.error(("metadata", "name"), f"should be {expected}; not {name!r}")


def _spec_problems(document: Document) -> Iterator[ScenarioError]:
    spec = document.data.get("spec")
    if not isinstance(spec, dict):
        yield document.error(("spec",), "should be a mapping, the scenario itself")
        return
    try:
        _parse(spec)
    except ValidationError as error:
        for path, message in problems(error, spec, ScenarioSpec):
            yield document.error(("spec", *path), message)
