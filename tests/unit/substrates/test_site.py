"""A site as a substrate: what it shows is what the site says."""

from datetime import UTC, datetime, timedelta

import pytest

from simcore import check_substrate
from tests.support.playing import do
from tests.support.site_episodes import ALERT


def test_it_keeps_the_contract_of_substrates(connect):
    assert check_substrate(connect) == []


def test_an_episode_begins_with_the_alert_and_touches_nothing(site, connect):
    observation = connect().reset()
    assert observation.payload == ALERT
    assert {asked.split()[0] for asked in site.asked} == {"GET", "OPTIONS"}


def test_what_is_listed_is_what_the_site_says(site, connect):
    site.breaks("api")
    site.version["api"] = "v1.1"
    substrate = connect()
    substrate.reset()
    rows = substrate.step(do("list_services")).observation.payload.services
    assert [(row.name, row.health, row.version) for row in rows] == [
        ("frontend", "healthy", "v1.0"), ("api", "unhealthy", "v1.1"), ("postgres", "healthy", "v1.0"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "look", [do("describe_service", "postgres"), do("run_diagnostic", "postgres", command="check_health")]
)
def test_a_service_that_has_gone_since_the_last_look_is_an_error_to_read(site, connect, look):
    substrate = connect()
    substrate.reset()
    del site.health["postgres"]
    assert "postgres is not there any more" in substrate.step(look).observation.error


def test_a_read_is_tried_again(site, connect):
    substrate = connect()
    substrate.reset()
    site.fail = 2
    assert substrate.step(do("read_logs", "api")).observation.error is None


@pytest.mark.parametrize(
    ("path", "answer", "action", "complaint"),
    [
        ("/ops/rollback", (404, {}), do("rollback_deployment", "api", to_version="v1.0"), "has no POST /ops/rollback"),
        ("/ops/metrics", (200, {"cpu_percent": "much"}), do("check_metrics", "api"), "GET /ops/metrics: cpu_percent"),
        ("/ops/logs", (200, b"<html>"), do("read_logs", "api"), "no JSON"),
        ("/ops/logs", (401, {}), do("read_logs", "api"), "does not know the token"),
        ("/ops/scale", (200, {"ok": False, "error": "at most 3"}), do("scale_service", "api", replicas=9), "at most 3"),
    ],
)
def test_what_a_site_does_not_do_is_an_error_to_read(site, connect, path, answer, action, complaint):
    substrate = connect()
    substrate.reset()
    site.answers[path] = answer
    result = substrate.step(action)
    assert complaint in result.observation.error
    assert not result.done


@pytest.mark.parametrize(
    "answer",
    [(404, {}), (500, {}), (200, {"services": [{"name": "api", "version": "build 7"}]}), (200, b"<html>"), None],
)
def test_a_site_without_the_optional_list_of_services_works(site, connect, answer):
    site.answers["/ops/services"] = answer
    substrate = connect()
    substrate.reset()
    assert [row.version for row in substrate.step(do("list_services")).observation.payload.services] == 3 * ["unknown"]


def test_a_site_that_does_not_tell_its_replicas_is_unsure_of_them(site, connect):
    site.facts["api"] = {"replicas": None}
    substrate = connect()
    substrate.reset()
    assert substrate.unsure_of() == {"api"}
    site.answers["/ops/services"] = (404, {})
    substrate.reset()
    assert substrate.unsure_of() == {"frontend", "api", "postgres"}


def test_metrics_have_what_they_were_a_window_before(site, virtual, connect):
    substrate = connect()
    substrate.reset()
    virtual.then = [(30.0, lambda: site.breaks("api", memory_mb=500.0))]
    for _ in range(12):
        metrics = substrate.step(do("check_metrics", "api", window=40.0)).observation.payload
    assert (metrics.memory_mb_before, metrics.memory_mb) == (100.0, 500.0)
    assert metrics.window_seconds == pytest.approx(40.0, abs=1.0)


def test_logs_are_filtered_by_severity_and_age(site, connect):
    site.logs["api"] = ["[ERROR] api - it broke", "2020-01-01T00:00:00Z [FATAL] api - long ago", "[INFO] api - fine"]
    substrate = connect()
    substrate.reset()
    lines = substrate.step(do("read_logs", "api", severity="ERROR", since=60.0)).observation.payload.lines
    assert [line.message for line in lines] == ["[ERROR] api - it broke"]


@pytest.mark.parametrize(
    ("service", "command", "line", "check"),
    [
        ("api", "check_health", "OSError: [Errno 28] No space left on device", "disk writes"),
        ("api", "check_dns", "could not resolve host: ledger.internal", "resolve"),
        ("api", "check_health", "429 rate limit exceeded", "rate limit"),
        ("frontend", "check_connectivity", "certificate verify failed: certificate has expired", "connect api"),
    ],
)
def test_a_diagnostic_says_what_log_lines_show(site, connect, service, command, line, check):
    substrate = connect()
    substrate.reset()
    calm = substrate.step(do("run_diagnostic", service, command=command)).observation.payload
    assert all(found.ok for found in calm.checks)
    site.logs[service] = [f"[ERROR] {service} - {line}"]
    shown = substrate.step(do("run_diagnostic", service, command=command)).observation.payload
    assert check in {found.name for found in shown.checks if not found.ok}


def test_connections_of_a_database_are_held_against_its_limit(site, connect):
    site.breaks("postgres", active_connections=19.0, connection_limit=20.0)
    substrate = connect()
    substrate.reset()
    checks = substrate.step(do("run_diagnostic", "postgres", command="check_resources")).observation.payload.checks
    (connections,) = [check for check in checks if check.name == "connections"]
    assert (connections.ok, connections.detail) == (False, "19 of 20")


def test_lines_from_before_a_change_are_no_evidence_after_it(site, virtual, connect):
    site.logs["api"] = ["2020-01-01T00:00:00Z [ERROR] api - long ago", "[ERROR] api - No space left on device"]
    substrate = connect()
    substrate.reset()
    ask = do("run_diagnostic", "api", command="check_resources")
    assert not all(check.ok for check in substrate.step(ask).observation.payload.checks)
    substrate.step(do("restart_service", "api"))
    site.logs["api"] = [
        f"{datetime.now(UTC) - timedelta(seconds=30):%Y-%m-%dT%H:%M:%SZ} [ERROR] api - No space left on device"
    ]
    assert all(check.ok for check in substrate.step(ask).observation.payload.checks)
