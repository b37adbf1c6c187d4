"""Strategies of what is sent in the place of an action: any JSON, and actions with a field too many, too few, wrong."""

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from simcore.actions import ACTION_TYPES

_FIELDS = ("action_type", "target_service", "parameters")


def json_values() -> st.SearchStrategy[Any]:
    """Whatever a JSON reader can give, Python's NaN and infinities and halves of surrogate pairs included."""
    numbers = st.integers() | st.integers(10**400, 10**400 + 9) | st.floats()
    leaves = st.none() | st.booleans() | numbers | st.text(max_size=8) | st.sampled_from(("\ud800", *ACTION_TYPES))
    keys = st.sampled_from((*_FIELDS, "comment", "")) | st.text(max_size=4)
    return st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3))


@st.composite
def alike(draw: st.DrawFn, action: Mapping[str, Any]) -> dict[str, Any]:
    """The action with one field missing, added, or of another value; now and then it is well formed all the same."""
    changed = dict(action)
    inside = isinstance(changed["parameters"], dict) and draw(st.booleans())
    place = dict(changed["parameters"]) if inside else changed
    name = draw(st.sampled_from((*place, "comment")))
    if name in place and draw(st.booleans()):
        del place[name]
    else:
        place[name] = draw(json_values())
    return changed | {"parameters": place} if inside else changed
