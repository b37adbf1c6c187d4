"""`python -m simcore`: an incident played from a terminal."""

import subprocess
import sys

import pytest

from simcore.__main__ import parse_line


def by_hand(*arguments, typed=""):
    command = [sys.executable, "-m", "simcore", *arguments]
    return subprocess.run(command, input=typed, capture_output=True, text=True, timeout=120, check=False)


def test_an_incident_can_be_played_to_its_end():
    played = by_hand("oom_crash", "--seed", "7", typed="help\nlist\nlogs api-gateway lines=3\nresolve\n")
    assert played.returncode == 0
    assert "ALERT" in played.stdout
    assert "restart SERVICE" in played.stdout
    assert "postgres-db" in played.stdout
    assert "logs of api-gateway (3 lines" in played.stdout
    assert "score" in played.stdout.splitlines()[-1]
    assert played.stderr == ""


def test_the_end_of_the_input_ends_the_play():
    played = by_hand("oom_crash", typed="list")
    assert played.returncode == 0
    assert "not resolved" in played.stdout


def test_a_line_that_is_not_understood_says_so_and_play_goes_on():
    played = by_hand("oom_crash", typed="frobnicate\nscale api-gateway replicas=lots\nquit\n")
    assert "'frobnicate' is no action" in played.stdout
    assert "parameters.replicas" in played.stdout
    assert played.returncode == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [(["meteor-strike"], "oom-crash"), (["oom_crash", "--difficulty", "2"], "outside 0 to 1")],
)
def test_what_cannot_be_played_is_refused_with_the_reason(arguments, says):
    refused = by_hand(*arguments)
    assert refused.returncode == 2
    assert says in refused.stderr
    assert refused.stdout == ""


@pytest.mark.parametrize(
    ("line", "action"),
    [
        ("list", {"action_type": "list_services", "target_service": None, "parameters": {}}),
        (
            "update postgres-db key=db.pool.max_size value=50",
            {
                "action_type": "update_config",
                "target_service": "postgres-db",
                "parameters": {"key": "db.pool.max_size", "value": "50"},
            },
        ),
        (
            "resolve order-service=heap_oom",
            {
                "action_type": "resolve_incident",
                "parameters": {"causes": [{"service": "order-service", "mechanism": "heap_oom"}]},
            },
        ),
    ],
)
def test_a_line_is_an_action(line, action):
    assert parse_line(line) == action


def test_an_ambiguous_beginning_is_refused():
    with pytest.raises(ValueError, match="'r' is no action"):
        parse_line("r api-gateway")
