"""A pydantic model as the structural schema of a CustomResourceDefinition.

What both languages have stays, what only JSON Schema has is rewritten, and anything else is an error: no
constraint may get lost silently. The rules are under "Specifying a structural schema" in
https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/
"""

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel

from praetor.resources.rules import VALIDATIONS, matching_keys, short_keys

Schema = dict[str, Any]
_INT32_MAX = 2**31 - 1
_SAME = {
    "type", "description", "format", "pattern", "enum", "required", "minLength", "maxLength", "minItems",
    "maxItems", "minProperties", "maxProperties", "minimum", "maximum",
}  # fmt: skip
_DROPPED = {"title", "$defs"}
_FIRST = ("type", "description", "default", "enum", "required", "properties", "items")


def structural_schema(model: type[BaseModel]) -> Schema:
    """The schema of the model's wire form. Raises ValueError for what such a schema cannot say."""
    root = model.model_json_schema(by_alias=True, mode="validation")
    return _Converter(root.get("$defs", {})).converted(root)


class _Converter:
    def __init__(self, definitions: dict[str, Schema]) -> None:
        self._definitions = definitions
        self._rewritten: dict[str, Callable[[Any, Schema], Schema]] = {
            "properties": lambda fields, _: {
                "properties": {name: self.converted(field) for name, field in fields.items()}
            },
            "items": lambda items, _: {"items": self.converted(items)},
            "additionalProperties": self._additional,
            "patternProperties": self._pattern,
            "propertyNames": lambda names, _: _key_rule(names),
            "const": lambda value, _: {"enum": [value]},
            "default": lambda value, _: _default(value),
            "exclusiveMinimum": lambda bound, _: {"minimum": bound, "exclusiveMinimum": True},
            "exclusiveMaximum": lambda bound, _: {"maximum": bound, "exclusiveMaximum": True},
        }

    def converted(self, source: Schema) -> Schema:
        source = self._flat(source)
        target: Schema = {}
        for keyword, value in source.items():
            _merge(target, self._keyword(keyword, value, source))
        if target.get("type") == "integer":
            target["format"] = "int32" if target.get("maximum", _INT32_MAX + 1) <= _INT32_MAX else "int64"
        return _ordered(target)

    def _flat(self, source: Schema) -> Schema:
        """Without references and without `or null`: an optional field is one that may be missing."""
        around = {key: value for key, value in source.items() if key not in ("$ref", "anyOf")}
        if "$ref" in source:
            return self._flat(self._definitions[source["$ref"].rsplit("/", 1)[-1]]) | around
        if "anyOf" in source:
            options = [option for option in source["anyOf"] if option != {"type": "null"}]
            if len(options) != 1:
                raise ValueError(f"a union of {len(options)} types has no structural schema: {source}")
            return self._flat(options[0]) | around
        return source

    def _keyword(self, keyword: str, value: Any, source: Schema) -> Schema:
        if keyword in _DROPPED:
            return {}
        if keyword in _SAME or keyword.startswith("x-kubernetes-"):
            return {keyword: value}
        if keyword in self._rewritten:
            return self._rewritten[keyword](value, source)
        raise ValueError(f"the keyword {keyword!r} has no structural schema: {source}")

    def _pattern(self, patterns: dict[str, Schema], source: Schema) -> Schema:
        """A map whose keys follow a pattern; the key's own rule is left to CEL."""
        if len(patterns) != 1:
            raise ValueError(f"a map with {len(patterns)} patterns has no structural schema: {source}")
        ((pattern, value),) = patterns.items()
        return {"additionalProperties": self.converted(value), VALIDATIONS: [matching_keys(pattern)]}

    def _additional(self, value: Any, source: Schema) -> Schema:
        """Unknown fields of an object are the API server's to refuse; only maps keep this keyword."""
        return {} if isinstance(value, bool) else {"additionalProperties": self.converted(value)}


def _ordered(schema: Schema) -> Schema:
    """As a person reads: what it is, what it has, then the limits."""
    first = {key: schema[key] for key in _FIRST if key in schema}
    return first | schema


def _merge(target: Schema, part: Schema) -> None:
    rules = target.get(VALIDATIONS, []) + part.get(VALIDATIONS, [])
    target.update(part)
    if rules:
        target[VALIDATIONS] = rules


def _key_rule(names: Schema) -> Schema:
    """Keys have no schema of their own, so CEL checks them."""
    return {VALIDATIONS: [short_keys(names["maxLength"])]} if "maxLength" in names else {}


def _default(value: Any) -> Schema:
    """Empty values are what a missing field means anyway."""
    value = _without_none(value)
    return {} if value in (None, "", [], {}) else {"default": value}


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_none(item) for key, item in value.items() if item is not None}
    return value
