"""What goes over the wire has the form that its schema says, and reads back as the same."""

import json
from random import Random

import pytest

import simcore
from simcore.schemas import adapter, schema, schema_names
from simcore.trace import TraceWriter
from tests.support.mix import mixed_action
from tests.support.playing import FAMILIES, do


def assert_has_the_form(name, value):
    """Reading it loses and adds nothing."""
    text = json.dumps(value)
    assert json.loads(adapter(name).dump_json(adapter(name).validate_json(text))) == json.loads(text)


@pytest.mark.parametrize("family", FAMILIES)
def test_all_that_an_episode_says_has_its_form(family):
    random, episode = Random(family), simcore.make(family, seed=3)
    assert_has_the_form("observation", episode.reset().to_json())
    for _ in range(25):
        action = do("reboot") if random.random() < 0.1 else mixed_action(episode.world.topology.names, random)
        assert_has_the_form("observation", episode.step(action).observation.to_json())
        assert_has_the_form("snapshot", episode.snapshot().to_json())
    episode.step(do("resolve_incident"))
    assert_has_the_form("verdict", episode.verdict().to_json())


def test_a_line_of_a_trace_has_its_form():
    writer = TraceWriter("uid-1")
    writer.append("reset", sim_seconds=0.0)
    written = json.loads(writer.lines[0])
    assert adapter("trace_event").validate_python(written).to_json() == written


@pytest.mark.parametrize("name", schema_names())
def test_every_form_has_a_schema_that_is_json(name):
    assert json.loads(json.dumps(schema(name)))
