"""CEL rules, which the API server checks where the schema's own words do not reach."""

from collections.abc import Iterable
from typing import Any

VALIDATIONS = "x-kubernetes-validations"
Rule = dict[str, str]


def rule(expression: str, message: str, field: str = "") -> Rule:
    """One rule; `field` is the path, below the value that the rule is about, that an error should name."""
    return {"rule": expression, "message": message} | ({"fieldPath": field} if field else {})


def must_hold(expression: str, message: str) -> dict[str, Any]:
    """A schema extra: one rule."""
    return {VALIDATIONS: [rule(expression, message)]}


def exactly_one(first: str, second: str) -> dict[str, Any]:
    """A schema extra: one of two fields must be set, and not both."""
    return must_hold(f"has(self.{first}) != has(self.{second})", f"exactly one of {first} and {second} must be set")


def at_most_one(first: str, second: str) -> dict[str, Any]:
    """A schema extra: one of two fields may be set, and not both."""
    return must_hold(f"!(has(self.{first}) && has(self.{second}))", f"at most one of {first} and {second} may be set")


def all_of(*extras: dict[str, Any]) -> dict[str, Any]:
    """The rules of several schema extras as one."""
    return {VALIDATIONS: [one for extra in extras for one in extra[VALIDATIONS]]}


def immutable(fields: Iterable[str]) -> list[Rule]:
    """Rules at the parent: one at an optional field is skipped when that is removed and added again."""
    return [_immutable(field) for field in fields]


def _immutable(field: str) -> Rule:
    new, old = f"self.{field}", f"oldSelf.{field}"
    expression = f"has({new}) == has({old}) && (!has({new}) || {new} == {old})"
    return rule(expression, f"{field} cannot be changed after creation", f".{field}")


def short_keys(limit: int) -> Rule:
    return rule(f"self.all(key, size(key) <= {limit})", f"a key has at most {limit} characters")


def matching_keys(pattern: str) -> Rule:
    return rule(f"self.all(key, key.matches({pattern!r}))", f"a key looks like {pattern}")


def short_name(kind: str, limit: int) -> Rule:
    """A rule at the root, the only place where a name can be checked."""
    message = f"metadata.name of {kind} has at most {limit} characters"
    return rule(f"size(self.metadata.name) <= {limit}", message)
