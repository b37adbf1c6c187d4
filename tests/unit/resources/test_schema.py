"""From pydantic to a structural schema: nothing gets lost, and what cannot be said is an error."""

from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field, StringConstraints

from praetor.resources.schema import structural_schema


def schema_of(annotation: Any, default: Any = ...) -> dict[str, Any]:
    """The schema of a field of that type."""
    model = type("Model", (BaseModel,), {"__annotations__": {"field": annotation}, "field": default})
    if default is ...:
        model = type("Model", (BaseModel,), {"__annotations__": {"field": annotation}})
    schema: dict[str, Any] = structural_schema(model)["properties"]["field"]
    return schema


class Part(BaseModel):
    """A part."""

    size: int = 3
    note: str | None = None


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (int, {"type": "integer", "format": "int64"}),
        (Annotated[int, Field(le=9)], {"type": "integer", "maximum": 9, "format": "int32"}),
        (Annotated[float, Field(gt=0)], {"type": "number", "minimum": 0, "exclusiveMinimum": True}),
        (Annotated[float, Field(lt=1)], {"type": "number", "maximum": 1, "exclusiveMaximum": True}),
        (Literal["a", "b"], {"type": "string", "enum": ["a", "b"]}),
        (Literal["a"], {"type": "string", "enum": ["a"]}),
        (list[bool], {"type": "array", "items": {"type": "boolean"}}),
        (str | None, {"type": "string"}),
        (dict[str, int], {"type": "object", "additionalProperties": {"type": "integer", "format": "int64"}}),
    ],
)
def test_a_type_has_its_schema(annotation: Any, expected: dict[str, Any]) -> None:
    assert schema_of(annotation) == expected


def test_a_part_is_written_where_it_is_used_with_the_field_s_own_description() -> None:
    assert schema_of(Annotated[Part, Field(description="This part.")]) == {
        "type": "object",
        "description": "This part.",
        "properties": {
            "size": {"type": "integer", "format": "int64", "default": 3},
            "note": {"type": "string"},
        },
    }


def test_a_default_has_no_nulls_and_an_empty_one_is_none() -> None:
    assert schema_of(Part, Part())["default"] == {"size": 3}
    assert "default" not in schema_of(str, "")


def test_keys_of_a_map_are_checked_by_rules() -> None:
    key = Annotated[str, StringConstraints(max_length=5, pattern="^a")]
    rules = schema_of(dict[key, int])["x-kubernetes-validations"]
    assert [rule["rule"] for rule in rules] == [
        "self.all(key, key.matches('^a'))",
        "self.all(key, size(key) <= 5)",
    ]


@pytest.mark.parametrize("annotation", [int | str, Annotated[int, Field(multiple_of=2)], tuple[int, str]])
def test_what_cannot_be_said_is_an_error(annotation: Any) -> None:
    with pytest.raises(ValueError, match="no structural schema"):
        schema_of(annotation)
