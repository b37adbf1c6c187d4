"""Writes the contract as OpenAPI: `python -m praetor.resources.ops_openapi FILE` (`make contract`)."""

import sys
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from praetor.resources.ops import ENDPOINTS, IDEMPOTENCY_HEADER, ChangeAnswer, Endpoint

CONTRACT_VERSION = "1.0"
HEADER = "# Generated from operator/praetor/resources/ops.py by `make contract`.\n"
DESCRIPTION = (
    "What a system offers so that Praetor can read it and act on it. A site may leave out what it cannot do: only "
    "health, metrics and logs are needed. Every path needs the site's token, as a bearer token, unless the site "
    "says otherwise. A change that is refused has a 4xx or 5xx status, and the same form with `ok: false`; 501 says, "
    "whatever its body, that the site has no such change."
)
_REFERENCE = "#/components/schemas/{model}"


def document() -> dict[str, Any]:
    models = {model for one in ENDPOINTS for model in (one.request, one.answer) if model is not None}
    ordered = sorted(models, key=lambda model: model.__name__)
    _, schemas = models_json_schema([(model, "validation") for model in ordered], ref_template=_REFERENCE)
    definitions: dict[str, Any] = schemas["$defs"]
    queries = {one.request.__name__ for one in ENDPOINTS if one.method == "GET" and one.request is not None}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Praetor target site", "version": CONTRACT_VERSION, "description": DESCRIPTION},
        "security": [{"token": []}],
        "paths": _paths(),
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {name: _untitled(schema) for name, schema in definitions.items() if name not in queries},
        },
    }


def _paths() -> dict[str, Any]:
    paths = {one.path: {one.method.lower(): _operation(one)} for one in ENDPOINTS}
    for one in ENDPOINTS:
        if one.alias is not None:
            told = _operation(one) | {"operationId": one.alias.rsplit("/", 1)[-1], "summary": f"Same as {one.path}."}
            paths[one.alias] = {one.method.lower(): told}
    return paths


def _operation(one: Endpoint) -> dict[str, Any]:
    operation: dict[str, Any] = {"operationId": one.name, "summary": one.summary, "x-praetor-needed": one.needed}
    if one.method == "POST":
        operation |= {"parameters": [_idempotency()], "requestBody": {"required": True} | _content(one.request)}
    elif one.request is not None:
        operation["parameters"] = _query(one.request)
    operation["responses"] = {"200": {"description": "Done, or begun." if one.method == "POST" else "Now."}}
    operation["responses"]["200"] |= _content(one.answer)
    refused = {"description": "Refused."} | (_content(ChangeAnswer) if one.method == "POST" else {})
    return operation | {"responses": operation["responses"] | {"default": refused}}


def _content(model: type[BaseModel] | None) -> dict[str, Any]:
    assert model is not None
    return {"content": {"application/json": {"schema": {"$ref": _REFERENCE.format(model=model.__name__)}}}}


def _query(model: type[BaseModel]) -> list[dict[str, Any]]:
    schema = _untitled(model.model_json_schema())
    return [
        {"name": name, "in": "query", "required": name in schema.get("required", ())}
        | {"description": field.pop("description"), "schema": field}
        for name, field in schema["properties"].items()
    ]


def _idempotency() -> dict[str, Any]:
    told = "One change, however often it is sent; honoured when /ops/health says `idempotency_key: true`."
    return {
        "name": IDEMPOTENCY_HEADER,
        "in": "header",
        "required": False,
        "description": told,
        "schema": {"type": "string", "maxLength": 200},
    }


def _untitled(schema: Any) -> Any:
    """Without the titles that repeat names."""
    if isinstance(schema, list):
        return [_untitled(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {key: _untitled(value) for key, value in schema.items() if not (key == "title" and isinstance(value, str))}


class _Dumper(yaml.SafeDumper):
    """Writes equal parts out instead of linking them with anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def render() -> str:
    return HEADER + yaml.dump(document(), Dumper=_Dumper, sort_keys=False, width=110, allow_unicode=True)


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print("usage: python -m praetor.resources.ops_openapi FILE", file=sys.stderr)  # noqa: T201
        return 2
    Path(arguments[0]).parent.mkdir(parents=True, exist_ok=True)
    Path(arguments[0]).write_text(render())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
