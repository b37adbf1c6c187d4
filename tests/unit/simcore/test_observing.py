"""What the ten actions show: text that holds the figures, and instruments that are a function of world and step."""

import json
import re

import pytest
from simcore.world.logs import SEVERITIES
from simcore.world.observe import observe

import simcore
from simcore.actions import ACTION_TYPES, parse_action
from simcore.observation import Metrics, Observation
from simcore.trace import canonical_json
from tests.support.actions import ONE_OF_EACH, WELL
from tests.support.playing import FAMILIES, do, first_fault

READS = ("list_services", "describe_service", "read_logs", "check_metrics", "run_diagnostic")
FIRST_VARIANTS = (
    ("oom-crash", "heap_over_limit"),
    ("db-pool-exhaustion", "leaking_client"),
    ("bad-deployment-cascade", "leaking_release"),
)
COMMANDS = ("check_connectivity", "check_health", "check_resources", "check_dns")


@pytest.fixture(params=FIRST_VARIANTS)
def episode(request):
    episode = first_fault(*request.param)
    episode.reset()
    return episode


def numbers(value):
    """All numbers inside a JSON value."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [number for part in value for number in numbers(part)]
    return [value] if isinstance(value, int | float) and not isinstance(value, bool) else []


@pytest.mark.parametrize("name", ACTION_TYPES)
def test_every_observation_renders_and_is_json(episode, name):
    observation = episode.step(ONE_OF_EACH[name]).observation
    assert observation.text.startswith("[step 1/")
    assert json.loads(canonical_json(observation.to_json()))["step"] == 1


def test_the_alert_renders_with_title_and_description(episode):
    observation = episode.reset()
    assert observation.payload.title in observation.text
    assert observation.payload.description in observation.text


def test_an_error_renders(episode):
    assert "error: target_service" in episode.step(do("read_logs")).observation.text


def test_metrics_in_text_are_those_of_the_payload(episode):
    observation = episode.step(do("check_metrics", "postgres-db")).observation
    shown, payload = observation.text, observation.payload
    assert isinstance(payload, Metrics)
    for value in (payload.cpu_percent, payload.memory_mb, payload.latency_p99_ms, payload.active_connections):
        assert (f"{value:.1f}" if value is not None else "no data") in shown


def test_a_missing_series_is_said_to_be_missing():
    nothing = dict.fromkeys(Metrics.__dataclass_fields__) | {"service": "x", "age_seconds": 1.0, "window_seconds": 60.0}
    text = Observation("check_metrics", 1, 9, 1.0, Metrics(**nothing)).text
    assert text.count("no data") >= 6
    assert "None" not in text


def test_a_list_in_text_has_a_line_for_every_service(episode):
    observation = episode.step(do("list_services")).observation
    lines = observation.text.splitlines()
    for row in observation.payload.services:
        (line,) = [line for line in lines if line.startswith(row.name)]
        assert re.split(r"\s+", line) == [
            row.name, row.health, f"{row.replicas_ready}/{row.replicas_desired}", row.version, str(row.restarts),
        ]  # fmt: skip


def test_a_description_in_text_has_its_versions_and_settings(episode):
    observation = episode.step(do("describe_service", "postgres-db")).observation
    for version in (rollout.version for rollout in observation.payload.rollouts):
        assert version in observation.text
    for key, value in observation.payload.config:
        assert f"{key}={value}" in observation.text


def test_logs_in_text_are_the_lines_newest_last(episode):
    observation = episode.step(do("read_logs", "order-service", lines=30)).observation
    ages = [line.seconds_ago for line in observation.payload.lines]
    assert len(ages) == 30
    assert ages == sorted(ages, reverse=True)
    shown = observation.text.splitlines()[1:31]
    for line, text in zip(observation.payload.lines, shown, strict=True):
        assert f"[{line.severity}]" in text
        assert line.message in text


@pytest.mark.parametrize("severity", SEVERITIES)
def test_logs_of_a_severity_are_those_lines_of_the_whole_that_are_as_bad(episode, severity):
    def lines(**parameters):
        return observe(episode.world, parse_action(do("read_logs", "order-service", lines=50, **parameters)), 1).lines

    bad_enough = SEVERITIES[SEVERITIES.index(severity) :]
    of_the_whole = tuple(line for line in lines() if line.severity in bad_enough)
    filtered = lines(severity=severity)
    assert len(filtered) <= 50
    assert filtered[len(filtered) - len(of_the_whole) :] == of_the_whole
    assert lines(since=60.0) == tuple(line for line in lines() if line.seconds_ago <= 60.0)


@pytest.mark.parametrize("name", READS)
@pytest.mark.parametrize("service", ["postgres-db", WELL])
def test_a_read_is_a_pure_function_of_world_and_step(episode, name, service):
    action = parse_action(ONE_OF_EACH[name] | ({} if name == "list_services" else {"target_service": service}))
    before = episode.world.state.copy()
    first = observe(episode.world, action, 4)
    assert observe(episode.fork().world, action, 4) == first
    for column in ("services", "pods", "releases", "rows", "clock", "history", "history_times"):
        assert (getattr(episode.world.state, column) == getattr(before, column)).all(), column


def test_instruments_are_noisy_another_look_gives_other_noise(episode):
    action = parse_action(do("check_metrics", WELL))
    looks = {observe(episode.world, action, step).latency_p99_ms_before for step in range(10)}
    assert len(looks) > 5


@pytest.mark.parametrize("command", COMMANDS)
def test_every_diagnostic_says_something_about_every_service(episode, command):
    for service in episode.world.incident.topology.names:
        shown = observe(episode.world, parse_action(do("run_diagnostic", service, command=command)), 1)
        assert shown.command == command
        assert shown.checks
        assert all(check.name and check.detail for check in shown.checks)


def test_no_observation_holds_a_number_that_is_none(episode):
    for name in READS:
        found = numbers(episode.step(ONE_OF_EACH[name]).observation.to_json())
        assert all(abs(number) < 1e9 for number in found), name


def test_the_alert_never_names_the_cause():
    for family in FAMILIES:
        for seed in range(30):
            episode = simcore.make(family, seed=seed)
            text, mechanism = episode.reset().text, episode.world.incident.mechanism
            assert mechanism.name not in text
            assert mechanism.summary not in text
