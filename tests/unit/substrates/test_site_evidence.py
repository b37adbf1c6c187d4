"""What a site shows becomes the evidence that policies know from the simulator, and nothing that it does not show."""

import pytest

from praetor.resources.ops import ServiceFacts, ServiceMetrics, SiteHealth
from praetor.substrates.live.checks import diagnosed
from praetor.substrates.live.sight import Sight
from praetor.substrates.live.supposing import supposed
from praetor.substrates.site.told import endings_of, service_detail, service_list
from simcore.observation import LogLine
from tests.support.small_site import CALM, SERVICES

CALLS = {"frontend": ["api"], "api": ["postgres"], "postgres": []}


def facts(**of_api):
    return {name: ServiceFacts(name=name, calls=CALLS[name], **(of_api if name == "api" else {})) for name in SERVICES}


def sight(service, lines=(), by="api", seconds_ago=5.0, health=None, known=None, **metrics):
    figures = {name: ServiceMetrics(**CALM) for name in SERVICES}
    figures["api"] = figures["api"].model_copy(update=metrics)
    return Sight(
        service,
        dict.fromkeys(SERVICES, "healthy") | (health or {}),
        facts() if known is None else known,
        figures,
        {
            name: [LogLine(seconds_ago, "ERROR", f"[ERROR] {by} - {text}") for text in lines if name == by]
            for name in SERVICES
        },
    )


def bad(sight, command):
    return {check.name: check for check in diagnosed(sight, command).checks if not check.ok}


@pytest.mark.parametrize("command", ["check_health", "check_resources", "check_dns", "check_connectivity"])
@pytest.mark.parametrize("service", SERVICES)
def test_a_calm_site_shows_nothing_bad(service, command):
    assert bad(sight(service), command) == {}


@pytest.mark.parametrize(
    ("service", "command", "by", "line", "check", "value"),
    [
        ("api", "check_health", "api", "certificate has expired (it was valid until noon)", "certificate", 1.0),
        ("api", "check_health", "frontend", "api: verify failed: certificate has expired", "certificate", 1.0),
        ("api", "check_dns", "api", "could not resolve host: postgres.internal", "resolve", 1.0),
        ("api", "check_dns", "api", "postgres-v2.internal: NXDOMAIN", "resolve", 3.0),
        ("api", "check_resources", "api", "OutOfMemoryError: heap space", "memory", 1.0),
        ("postgres", "check_resources", "api", "Lock wait timeout exceeded", "locks", 0.0),
        ("postgres", "check_resources", "api", "pool exhausted", "connections", 1.0),
    ],
)  # fmt: skip
def test_a_line_is_evidence_about_whom_it_is_about(service, command, by, line, check, value):
    found = bad(sight(service, [line], by), command)
    assert found[check].value == value


def test_locks_name_the_client_that_complains_of_them():
    assert bad(sight("postgres", ["Lock wait timeout exceeded"]), "check_resources")["locks"].about == "api"


def test_lines_about_one_callee_say_nothing_about_another():
    known = facts() | {"frontend": ServiceFacts(name="frontend", calls=["api", "postgres"])}
    seen = sight("frontend", ["api: verify failed: certificate has expired"], "frontend", known=known)
    assert list(bad(seen, "check_connectivity")) == ["connect api"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("could not resolve host: postgres.internal", "name does not resolve"),
        ("postgres: verify failed: certificate has expired", "TLS handshake fails"),
        ("pool exhausted", "complains of connections"),
        ("Lock wait timeout exceeded", "complains of locks"),
    ],
)
def test_the_way_to_a_callee_is_as_its_callers_log_tells(line, words):
    check = bad(sight("api", [line], error_rate_percent=12.0), "check_connectivity")["connect postgres"]
    assert words in check.detail
    assert (check.value, check.about) == (0.12, "postgres")


def test_a_callee_that_crashed_fails_every_call():
    assert bad(sight("frontend", health={"api": "crashed"}), "check_connectivity")["connect api"].value == 1.0


def test_old_lines_say_nothing_about_now():
    assert bad(sight("api", ["No space left on device"], seconds_ago=61.0), "check_resources") == {}


def test_requests_over_a_limit_are_from_those_who_ask_directly_and_not_without_a_line_that_says_so():
    found = bad(sight("api", ["rate limit exceeded"], error_rate_percent=40.0), "check_health")
    assert found["rate limit"].value == found["direct clients"].value == 0.4
    assert "direct clients" not in bad(sight("api", error_rate_percent=40.0), "check_health")


def test_who_tells_of_answers_429_has_no_limit_of_its_own():
    line = "GET /cart: call to api answered 429 Too Many Requests"
    assert "rate limit" not in bad(sight("frontend", [line], error_rate_percent=40.0), "check_health")


def test_processes_that_were_killed_are_counted_with_the_age_of_the_last():
    told = ["ended with exit code 137: OOMKilled", "started"]
    lines = [LogLine(age, "ERROR", text) for age, text in zip((300.0, 290.0), told, strict=True)]
    endings = endings_of([*lines, LogLine(20.0, "ERROR", "ended with exit code 137")])
    assert endings == (2, 20.0)
    health = SiteHealth.model_validate({"status": "ok", "services": [{"name": "api", "health": "healthy"}]})
    (row,) = service_list(health, facts(), {"api": endings}).services
    detail = service_detail(row, facts(), ServiceMetrics(**CALM), endings, None)
    assert (row.restarts, detail.last_termination.reason, detail.last_termination.seconds_ago) == (2, "OOMKilled", 20.0)


def test_the_version_before_is_the_one_that_ran_and_not_any_other():
    known = facts(version="v1.2", versions=["v1.0", "v1.1", "v1.2"], previous_version="v1.0", version_seconds=30.0)
    health = SiteHealth.model_validate({"status": "ok", "services": [{"name": "api", "health": "healthy"}]})
    (row,) = service_list(health, known).services
    detail = service_detail(row, known, ServiceMetrics(**CALM), endings_of([]), None)
    assert [deploy.version for deploy in detail.rollouts] == ["v1.1", "v1.0", "v1.2"]
    assert detail.rollouts[-1].seconds_ago == 30.0


def test_a_database_is_known_by_what_the_site_says_or_by_its_name():
    health = SiteHealth.model_validate(
        {"status": "ok", "services": [{"name": n, "health": "healthy"} for n in SERVICES]}
    )
    rows = service_list(health, facts(runtime="mysql")).services
    assert [row.runtime for row in rows] == ["", "mysql", "postgres"]


def test_the_limit_of_a_database_is_the_setting_that_raises_it():
    figures = ServiceMetrics(**CALM | {"connection_limit": 20.0})
    health = SiteHealth.model_validate({"status": "ok", "services": [{"name": "postgres", "health": "healthy"}]})
    (row,) = service_list(health, facts()).services
    assert service_detail(row, facts(), figures, endings_of([]), None).config == (("db.pool.max_size", "20"),)


@pytest.mark.parametrize(
    ("by", "line", "calls"),
    [
        ("frontend", "ERROR api: ConnectionRefusedError", ["api"]),
        ("frontend", "INFO api answered", []),
        ("frontend", "ERROR api-v2 and rapid are others", []),
        ("api", "ERROR could not resolve host: postgres.internal", ["postgres"]),
        ("api", "ERROR pool exhausted", ["postgres"]),
        ("postgres", "ERROR api: canceling statement due to lock timeout", []),
    ],
)
def test_who_calls_whom_is_supposed_from_complaints_alone(by, line, calls):
    severity, _, text = line.partition(" ")
    told = {name: [LogLine(1.0, severity, f"[{severity}] {name} - {text}")] * (name == by) for name in SERVICES}
    assert list(supposed(told)[by].calls) == calls
