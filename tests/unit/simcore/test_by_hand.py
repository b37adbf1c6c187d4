"""`python -m simcore`: an incident played from a terminal."""

import subprocess
import sys

import pytest

from simcore.mechanisms.table import MECHANISMS
from simcore.settings import CONFIG_KEYS
from simcore.typed import causes_text, checked, keys_text, parse_line


def by_hand(*arguments, typed=""):
    command = [sys.executable, "-m", "simcore", *arguments]
    return subprocess.run(command, input=typed, capture_output=True, text=True, timeout=600, check=False)


def test_an_incident_can_be_played_to_its_end():
    played = by_hand("oom_crash", "--seed", "7", typed="help\nlist\nlogs api-gateway lines=3\nresolve\n")
    assert played.returncode == 0
    assert "ALERT" in played.stdout
    assert "restart SERVICE" in played.stdout
    assert "You are on call" in played.stdout
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


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("desc order-service", "describe_service order-service"),
        ("logs order-service 5 severity=WARN", "read_logs order-service lines=5 severity=WARN"),
        ("metrics order-service 300", "check_metrics order-service window=300"),
        ("check order-service dns", "run_diagnostic order-service command=check_dns"),
        ("run order-service check_resources", "run_diagnostic order-service command=check_resources"),
        ("restart order-service 1Gi", "restart_service order-service memory_limit=1Gi"),
        ("scale order-service 4", "scale_service order-service replicas=4"),
        ("rollback order-service v2.3.1", "rollback_deployment order-service to_version=v2.3.1"),
        ("set order-service log.level=INFO", "update_config order-service key=log.level value=INFO"),
        ("resolve order-service heap_oom", "resolve_incident order-service=heap_oom"),
    ],
)
def test_what_is_typed_in_short_is_what_is_typed_in_full(short, long):
    assert checked(short) == parse_line(long)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("scale order-service", "parameters.replicas: Field required"),
        ("scale order-service 3 4", "3 4: scale_service does not take so many words"),
        ("list order-service twice", "twice: list_services does not take so many words"),
        ("set order-service luck=3", "'luck' is no key; type help keys"),
        ("resolve order-service=luck", "'luck' is no cause; type help causes"),
        ("resolve order-service", "order-service: a cause is SERVICE=CAUSE"),
    ],
)
def test_a_slip_of_the_hand_costs_no_step(line, says):
    played = by_hand("oom_crash", typed=f"{line}\nquit\n")
    assert says in played.stdout
    assert ", 0 steps," in played.stdout.splitlines()[-1]


def test_the_help_lists_every_key_and_every_cause():
    keys, causes = keys_text().split(), causes_text().split()
    assert set(CONFIG_KEYS) <= set(keys)
    assert set(MECHANISMS) <= set(causes)


def test_the_end_says_what_was_broken_and_what_puts_it_right():
    told = by_hand("oom_crash", "--seed", "7", typed="quit\n").stdout.splitlines()
    assert "What was broken: heap_oom on payment-service." in told[-1]
    assert "  heap_oom is put right by: restart service of the suspect, memory limit double" in told


def test_an_ambiguous_beginning_is_refused():
    with pytest.raises(ValueError, match="'r' is no action"):
        parse_line("r api-gateway")
