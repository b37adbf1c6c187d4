"""What the ten actions show: text that holds the figures, and instruments that are a function of world and step."""

import json
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

import pytest

import simcore
from simcore.actions import ACTION_TYPES, READS
from simcore.kernel import layout as at
from simcore.kernel.step import COST_SECONDS
from simcore.mechanisms.table import MECHANISMS
from simcore.observation import Check, Metrics, Observation, ServiceDetail
from simcore.scenarios.library import library_scenario
from simcore.trace import canonical_json
from simcore.world.encode import COMMANDS, KINDS, SEVERITIES
from tests.support.actions import ONE_OF_EACH
from tests.support.playing import FAMILIES, do, in_the_shop, result_json

SOME_FAMILIES = (
    "bad-deployment-cascade", "cache-stampede", "canary-errors", "config-drift", "consumer-lag", "db-pool-exhaustion",
    "disk-full", "oom-crash", "replication-lag", "thread-deadlock",
)  # fmt: skip
TOLD_IN_WORDS = {(Check, "value"), (Check, "about")}  # what `name` and `detail` say, for those who do not read words


@pytest.fixture(params=SOME_FAMILIES)
def episode(request):
    """Of the shop, right after its page."""
    episode = in_the_shop(request.param)
    episode.reset()
    return episode


@pytest.fixture
def broken(episode):
    """The name of what is broken."""
    return episode.world.topology.names[episode.world.incident.causes[0].target]


def looks(episode) -> Iterator[Observation]:
    """One of every read on every service, each as the episode's next step."""
    yield episode.fork().step(do("list_services")).observation
    for name in episode.world.topology.names:
        for kind in ("describe_service", "read_logs", "check_metrics"):
            yield episode.fork().step(do(kind, name)).observation
        for command in COMMANDS:
            yield episode.fork().step(do("run_diagnostic", name, command=command)).observation


def read(episode, kind, service, **parameters) -> Any:
    """The payload, of a step that the episode itself does not take."""
    return episode.fork().step(do(kind, service, **parameters)).observation.payload


def with_another_part(value: Any) -> Iterator[tuple[str, Any]]:
    """(where, the payload with another number or word there), for every one in it."""
    if is_dataclass(value):
        for field in fields(value):
            if (type(value), field.name) not in TOLD_IN_WORDS:
                for where, other in with_another_part(getattr(value, field.name)):
                    yield f"{field.name}{where}", replace(value, **{field.name: other})
    elif isinstance(value, tuple):
        for number, part in enumerate(value):
            for where, other in with_another_part(part):
                yield f"[{number}]{where}", (*value[:number], other, *value[number + 1 :])
    elif isinstance(value, bool):
        yield "", not value
    elif isinstance(value, int | float):
        yield "", 2 * value + 1000
    elif isinstance(value, str):
        yield "", f"{value}?"


@pytest.mark.parametrize("name", ACTION_TYPES)
def test_every_observation_renders_and_is_json(episode, name):
    observation = episode.step(ONE_OF_EACH[name]).observation
    assert observation.text.startswith("[step 1/")
    assert json.loads(canonical_json(observation.to_json()))["step"] == 1


def test_the_text_holds_every_figure_and_every_word_of_its_payload(episode):
    for shown in looks(episode):
        for where, other in with_another_part(shown.payload):
            changed = Observation(shown.kind, shown.step, shown.max_steps, shown.sim_seconds, other, None, shown.alerts)
            assert changed.text != shown.text, f"{shown.kind}: {where} is not in the text:\n{shown.text}"


@pytest.mark.parametrize("payload", [Metrics, ServiceDetail])
def test_these_families_show_everything_that_there_is_to_show(payload):
    missing = {field.name for field in fields(payload)}
    for family in SOME_FAMILIES:
        for shown in looks(in_the_shop(family)):
            if isinstance(shown.payload, payload):
                missing -= {name for name in missing if getattr(shown.payload, name) not in (None, ())}
    assert not missing


def test_the_alert_renders_with_title_and_description(episode):
    observation = episode.reset()
    assert observation.payload.title in observation.text
    assert observation.payload.description in observation.text
    assert observation.payload.service in observation.payload.title + observation.payload.description


def test_an_error_renders(episode):
    assert "error: target_service" in episode.step(do("read_logs")).observation.text


def test_a_missing_series_is_said_to_be_missing():
    nothing = {field.name: None for field in fields(Metrics)}
    metrics = Metrics(**nothing | {"service": "x", "age_seconds": 1.0, "window_seconds": 60.0})
    text = Observation("check_metrics", 1, 9, 1.0, metrics).text
    assert text.count("no data") >= 6
    assert "None" not in text


def test_a_list_in_text_has_a_line_for_every_service(episode):
    observation = episode.step(do("list_services")).observation
    lines = observation.text.splitlines()
    assert [row.name for row in observation.payload.services] == list(episode.world.topology.names)
    for row in observation.payload.services:
        (line,) = [line for line in lines if line.startswith(f"{row.name} ")]
        words = [row.name, row.health, f"{row.replicas_ready}/{row.replicas_desired}", row.version, str(row.restarts)]
        assert re.split(r"\s+", line)[:5] == words


def test_a_diagnostic_in_text_has_its_checks_and_whether_they_passed(episode):
    for command in COMMANDS:
        for name in episode.world.topology.names:
            observation = episode.fork().step(do("run_diagnostic", name, command=command)).observation
            assert observation.payload.command == command
            lines = observation.text.splitlines()[1:]
            assert observation.payload.checks
            for check in observation.payload.checks:
                assert f"{'ok  ' if check.ok else 'FAIL'} {check.name}: {check.detail}" in lines
                assert check.about is None or check.about in check.name + check.detail


def test_logs_in_text_are_the_lines_newest_last(episode, broken):
    observation = episode.step(do("read_logs", broken, lines=30)).observation
    ages = [line.seconds_ago for line in observation.payload.lines]
    assert len(ages) == 30
    assert ages == sorted(ages, reverse=True)
    for line, text in zip(observation.payload.lines, observation.text.splitlines()[1:31], strict=True):
        assert f"[{line.severity}]" in text
        assert line.message in text


@pytest.mark.parametrize("lines", [1, 20, 199])
def test_fewer_lines_are_the_newest_of_more(episode, broken, lines):
    assert (
        read(episode, "read_logs", broken, lines=lines).lines
        == read(episode, "read_logs", broken, lines=200).lines[-lines:]
    )


@pytest.mark.parametrize("since", [0.5, 60.0, 301.0])
def test_lines_since_then_are_those_of_the_whole_that_are_not_older(episode, broken, since):
    whole = read(episode, "read_logs", broken, lines=200).lines
    assert read(episode, "read_logs", broken, lines=200, since=since).lines == tuple(
        line for line in whole if line.seconds_ago <= since
    )


@pytest.mark.parametrize("severity", SEVERITIES)
def test_logs_of_a_severity_are_the_newest_lines_that_are_as_bad(episode, broken, severity):
    bad_enough = SEVERITIES[SEVERITIES.index(severity) :]
    of_the_whole = [line for line in read(episode, "read_logs", broken, lines=200).lines if line.severity in bad_enough]
    filtered = list(read(episode, "read_logs", broken, lines=20, severity=severity).lines)
    newest = of_the_whole[-20:]
    assert len(filtered) <= 20
    assert {line.severity for line in filtered} <= set(bad_enough)
    assert filtered[len(filtered) - len(newest) :] == newest
    recent = read(episode, "read_logs", broken, lines=20, severity=severity, since=60).lines
    assert list(recent) == [line for line in filtered if line.seconds_ago <= 60]


@pytest.mark.parametrize("name", sorted(READS))
def test_a_read_is_a_pure_function_of_world_and_step_and_only_takes_its_time(episode, name):
    twin, waiting, action = episode.fork(), episode.fork(), ONE_OF_EACH[name]
    assert result_json(twin.step(action)) == result_json(episode.step(action))
    waiting.world.advance(COST_SECONDS[KINDS[name]])
    waiting.world.state.ledger[:] = episode.world.state.ledger
    waiting.world.state.services[:, at.SEEN_READS] = episode.world.state.services[:, at.SEEN_READS]
    assert waiting.world.buffer.tobytes() == episode.world.buffer.tobytes()


@pytest.mark.parametrize("name", sorted(READS))
def test_what_was_seen_stays_as_it_was_seen_whenever_somebody_reads_it(episode, broken, name):
    action = ONE_OF_EACH[name] | ({} if name == "list_services" else {"target_service": broken})
    at_once = episode.fork().step(action).observation.text
    unread = episode.step(action).observation
    for later in (do("scale_service", broken, replicas=0), *ONE_OF_EACH.values()):
        episode.step(later)
    assert unread.text == at_once


def test_instruments_are_noisy_another_look_gives_other_noise(episode, broken):
    found = set()
    for _ in range(10):
        found.add(read(episode, "check_metrics", broken, window=3600).latency_p99_ms_before)
        episode.step(do("list_services"))
    assert len(found) > 5


@pytest.mark.parametrize("family", FAMILIES)
def test_the_alert_never_names_a_mechanism_of_its_family(family):
    mechanisms = [MECHANISMS[variant.mechanism] for variant in library_scenario(family).spec.variants]
    names = {name for mechanism in mechanisms for name in spellings(mechanism.name)}
    told = names | {mechanism.summary.lower() for mechanism in mechanisms}
    for seed in range(60):
        text = simcore.make(family, seed=seed).reset().text.lower()
        assert not [name for name in told if name in text], (seed, text)


def spellings(name):
    return name, name.replace("_", " "), name.replace("_", "-")
