"""A trace is a chain: a line that is changed, lost or moved is found."""

import json

import pytest

from simcore.trace import TRACE_VERSION, TraceWriter, broken_links, canonical_json, read_trace


@pytest.fixture
def writer():
    writer = TraceWriter("uid-1")
    writer.append("alert", data={"title": "errors"})
    writer.append("reset", sim_seconds=0.0)
    writer.append("intent", action={"action_type": "list_services"})
    writer.append("end", error="the budget ran out")
    return writer


def test_every_line_is_numbered_and_chained(writer):
    events = list(read_trace(writer.jsonl()))
    assert [event["seq"] for event in events] == [0, 1, 2, 3]
    assert {event["v"] for event in events} == {TRACE_VERSION}
    assert events[0]["prev_sha256"] == ""
    assert broken_links(writer.lines) == []


def test_a_changed_line_breaks_the_link_after_it(writer):
    lines = [*writer.lines]
    lines[1] = lines[1].replace('"sim_seconds":0.0', '"sim_seconds":9.0')
    assert broken_links(lines) == [2]


def test_a_lost_first_line_is_found(writer):
    assert broken_links(writer.lines[1:]) == [0]


def test_a_lost_middle_line_is_found(writer):
    assert broken_links([writer.lines[0], *writer.lines[2:]]) == [1]


def test_swapped_lines_are_found(writer):
    first, second, *rest = writer.lines
    assert broken_links([second, first, *rest]) == [0, 1, 2]


def test_wall_time_is_null_in_the_simulator_and_other_empty_fields_are_left_out(writer):
    event = json.loads(writer.lines[1])
    assert event["wall_time"] is None
    assert "reward" not in event


def test_equal_values_give_equal_bytes():
    assert canonical_json({"b": 1, "a": [1.0, "é"]}) == '{"a":[1.0,"é"],"b":1}'
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json({"x": float("nan")})


def test_the_same_events_give_the_same_bytes(writer):
    again = TraceWriter("uid-1")
    for event in read_trace(writer.jsonl()):
        given = {k: v for k, v in event.items() if k not in ("v", "run_uid", "seq", "kind", "prev_sha256")}
        again.append(event["kind"], **given)
    assert again.jsonl() == writer.jsonl()
