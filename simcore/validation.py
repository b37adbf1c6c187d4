"""Pydantic's complaints as (path, message): the path as the author wrote it, the message in plain words."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

PathParts = tuple[str | int, ...]


def problems(error: ValidationError, data: Any, model: type[BaseModel]) -> Iterator[tuple[PathParts, str]]:
    """Each problem once, in document order of pydantic."""
    seen: set[tuple[PathParts, str]] = set()
    for detail in error.errors(include_url=False):
        path = _path_in(data, detail["loc"], is_missing=detail["type"] == "missing")
        found = path, _message(detail, path, model)
        if found not in seen:
            seen.add(found)
            yield found


def _path_in(data: Any, location: PathParts, *, is_missing: bool) -> PathParts:
    """Pydantic's location without the names of union members and validators, which no author wrote."""
    path: list[str | int] = []
    for part in location:
        if _has(data, part):
            path.append(part)
            data = data[part]
    return (*path, location[-1]) if is_missing else tuple(path)


def _has(data: Any, part: str | int) -> bool:
    if isinstance(data, Mapping):
        return part in data
    return isinstance(data, list | tuple) and isinstance(part, int) and part < len(data)


def _message(detail: ErrorDetails, path: PathParts, model: type[BaseModel]) -> str:
    if detail["type"] == "extra_forbidden":
        return "unknown field" + _expected(model, path[:-1])
    if detail["type"] == "missing":
        return "required field is missing"
    text = detail["msg"].removeprefix("Value error, ").replace("Input should be", "should be")
    return text + _given(detail["input"]) if detail["type"] != "value_error" else text


def _given(value: Any) -> str:
    text = repr(value)
    return f", not {text}" if isinstance(value, str | int | float | None) and len(text) <= 80 else ""


def _expected(model: type[BaseModel], path: PathParts) -> str:
    fields = sorted(known_fields(model, path))
    return f"; expected one of {', '.join(fields)}" if fields else ""


def known_fields(model: type[BaseModel], path: PathParts) -> set[str]:
    """The field names (as on the wire) that a model takes at a path; empty where it takes anything."""
    root = model.model_json_schema()
    here = list(_options(root, root))
    for part in path:
        here = [option for schema in here for child in _child(schema, part) for option in _options(child, root)]
    return {name for schema in here for name in schema.get("properties", ())}


def _options(schema: Any, root: Any) -> Iterator[dict[str, Any]]:
    if "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rsplit("/", 1)[-1]]
    yield schema
    for key in ("anyOf", "oneOf", "allOf"):
        for option in schema.get(key, ()):
            yield from _options(option, root)


def _child(schema: dict[str, Any], part: str | int) -> Iterator[dict[str, Any]]:
    if isinstance(part, int):
        below = schema.get("items")
    else:
        below = schema.get("properties", {}).get(part) or schema.get("additionalProperties")
    if isinstance(below, dict):
        yield below
