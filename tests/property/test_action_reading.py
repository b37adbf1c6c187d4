"""An action is read as what it is, whatever was read before: what is remembered is never mistaken for another."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simcore.actions import parse_action
from simcore.errors import ActionError
from simcore.parsing import ActionReader
from simcore.topologies.shop import SHOP
from tests.support.actions import ONE_OF_EACH
from tests.support.malformed import alike, json_values
from tests.support.playing import do


def said_of(read, action):
    """The typed action, or what is wrong with it."""
    try:
        return read(action)
    except ActionError as problem:
        return problem.field, str(problem)


@settings(max_examples=300, deadline=None)
@given(name=st.sampled_from(sorted(ONE_OF_EACH)), data=st.data())
def test_a_reader_that_knows_the_well_formed_action_still_refuses_what_only_looks_like_it(name, data):
    reader, known = ActionReader(SHOP), ONE_OF_EACH[name]
    reader.read(known)
    other = data.draw(alike(known))
    assert said_of(lambda action: reader.read(action)[0], other) == said_of(parse_action, other)


@settings(max_examples=300, deadline=None)
@given(anything=json_values())
def test_a_reader_says_of_anything_what_the_border_says(anything):
    assert said_of(lambda action: ActionReader(SHOP).read(action)[0], anything) == said_of(parse_action, anything)


@pytest.mark.parametrize("extra", [{"comment": "hello"}, {"parameters": []}, {"parameters": 0}, {"parameters": None}])
def test_a_field_in_the_place_of_another_is_not_taken_for_it(extra):
    reader = ActionReader(SHOP)
    for known in ({}, {"target_service": None}, {"target_service": None, "parameters": {}}, {"parameters": {}}):
        reader.read({"action_type": "list_services"} | known)
    for fields in ({}, {"target_service": None}):
        with pytest.raises(ActionError):
            reader.read({"action_type": "list_services"} | fields | extra)


def test_numbers_that_are_equal_and_written_differently_are_kept_apart():
    reader = ActionReader(SHOP)
    for value in (0.0, -0.0, 0, 1, 1.0):
        action, _ = reader.read(do("update_config", "postgres-db", key="db.pool.max_size", value=value))
        assert action.parameters.value == str(value)


def test_declarations_are_not_remembered():
    reader = ActionReader(SHOP)
    for number in range(100):
        reader.read(do("resolve_incident", root_cause=f"cause {number}"))
    assert not reader._known
