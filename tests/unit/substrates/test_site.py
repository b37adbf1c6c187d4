"""A site as a substrate: what it shows is what the site says, and what it does is what the action says."""

from datetime import UTC, datetime, timedelta

import pytest

from praetor.guard.addresses import AddressRules
from praetor.guard.client import ANSWER_LIMIT_BYTES, GuardedClient
from praetor.guard.targets import SiteRequest
from praetor.runner.changes import GO
from praetor.runner.loop import play
from praetor.runner.request import RunRequest
from praetor.substrates.live.system import Clock, Pace
from praetor.substrates.site.ops_client import OpsClient
from praetor.substrates.site.substrate import SiteSubstrate
from simcore import check_substrate
from simcore.observation import AlertNotice
from simcore.trace import read_trace
from tests.support.playing import do
from tests.support.small_site import CALM, SmallSite
from tests.support.tiny_stage import Script, decision

ALERT = AlertNotice("checkout fails", "frontend", "critical", "40 % of requests fail")
DECLARE = do("resolve_incident", None, causes=[{"service": "api", "mechanism": "heap_oom"}])


class VirtualTime:
    """Sleeping takes no time and moves the clock; what a test wants to happen meanwhile does."""

    def __init__(self):
        self.now, self.then = 0.0, []

    def sleep(self, seconds):
        self.now += seconds
        for at, what in [each for each in self.then if each[0] <= self.now]:
            self.then.remove((at, what))
            what()


@pytest.fixture
def site():
    site = SmallSite()
    yield site
    site.close()


@pytest.fixture
def virtual():
    return VirtualTime()


@pytest.fixture
def connect(site, virtual):
    made = []

    def make(**settings):
        rules = AddressRules(loopback_ports=frozenset({site.port}))
        ops = OpsClient(GuardedClient(site.url, rules=rules), sleep=lambda seconds: None)
        clock = Clock(lambda: virtual.now, virtual.sleep)
        made.append(SiteSubstrate(ops, ALERT, clock=clock, pace=Pace(5.0, 1.0, 60.0), **settings))
        return made[-1]

    yield make
    for substrate in made:
        substrate.close()


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
    ("action", "name", "body"),
    [
        (do("restart_service", "api"), "restart", {"service": "api"}),
        (do("restart_service", "api", memory_limit="1Gi"), "restart", {"service": "api", "memory_limit_mb": 1024}),
        (do("scale_service", "api", replicas=3), "scale", {"service": "api", "replicas": 3}),
        (do("rollback_deployment", "api", to_version="v1.1"), "rollback", {"service": "api", "to_version": "v1.1"}),
        (
            do("update_config", "postgres", key="db.pool.max_size", value="50"),
            "config", {"service": "postgres", "key": "db.pool.max_size", "value": 50},
        ),
        (
            do("update_config", "api", key="log.level", value="INFO"),
            "config", {"service": "api", "key": "log.level", "value": "INFO"},
        ),
    ],
)  # fmt: skip
def test_a_change_is_asked_for_once_with_its_key(site, connect, action, name, body):
    substrate = connect()
    substrate.reset()
    result = substrate.step(action, idempotency_key="uid/1/1")
    assert site.changes == [(name, body, "uid/1/1")]
    assert result.observation.payload.message == "under way"


def test_a_dry_run_sends_nothing_and_says_what_would_be(site, connect):
    substrate = connect()
    substrate.reset()
    told = substrate.dry_run(do("restart_service", "api", memory_limit="1Gi"))
    assert told == 'nothing was sent; it would be POST /ops/restart {"service": "api", "memory_limit_mb": 1024}'
    with pytest.raises(ValueError, match="there is no 'nobody'"):
        substrate.dry_run(do("restart_service", "nobody"))
    site.answers["/ops/scale"] = (404, {})
    partial = connect()
    partial.reset()
    with pytest.raises(ValueError, match="this site has no POST /ops/scale"):
        partial.dry_run(do("scale_service", "api", replicas=2))
    assert not [asked for asked in site.asked if asked.startswith("POST")]


@pytest.mark.parametrize("mode", ["DryRun", "Suggest"])
def test_a_run_that_only_looks_sends_a_site_no_change(site, connect, mode):
    said = [decision(do("restart_service", "api")), decision(do("scale_service", "api", replicas=3)), decision(DECLARE)]
    request = RunRequest("uid-1", "default", "one", "unknown", mode=mode)
    outcome = play(request, connect(), Script(*said))
    wanted = ["restart_service", "scale_service"] if mode == "DryRun" else ["restart_service"]
    assert [one["action"] for one in outcome.suggestions] == wanted
    assert not [asked for asked in site.asked if asked.startswith("POST")]
    assert all("POST /ops/" in one["check"] for one in outcome.suggestions) is (mode == "DryRun")


def test_a_change_is_never_tried_again(site, connect):
    substrate = connect()
    substrate.reset()
    site.answers["/ops/restart"] = (503, {"ok": False, "error": "busy"})
    assert substrate.step(do("restart_service", "api")).observation.error == "busy"
    assert site.asked.count("POST /ops/restart") == 1


def test_a_change_without_an_answer_may_have_been_made(site, connect):
    substrate = connect()
    substrate.reset()
    site.answers["/ops/scale"] = None
    error = substrate.step(do("scale_service", "api", replicas=2)).observation.error
    assert "nobody knows whether it was done" in error


@pytest.mark.parametrize(
    "answer",
    [
        (502, b"<html>bad gateway"), (504, b""), (500, b"Traceback"), (200, b"<html>"), (200, {"ok": "yes"}),
        (200, {"ok": True, "message": "x" * ANSWER_LIMIT_BYTES}),
    ],
    ids=["502", "504", "500", "no JSON", "no answer of the contract", "too large"],
)  # fmt: skip
def test_a_change_whose_answer_says_nothing_may_have_been_made(site, connect, answer):
    substrate = connect()
    substrate.reset()
    site.answers["/ops/scale"] = answer
    error = substrate.step(do("scale_service", "api", replicas=2)).observation.error
    assert "nobody knows whether it was done" in error


@pytest.mark.parametrize("status", [307, 400, 429])
def test_a_change_that_http_itself_refuses_was_not_made(site, connect, status):
    substrate = connect()
    substrate.reset()
    site.answers["/ops/scale"] = (status, b"no")
    error = substrate.step(do("scale_service", "api", replicas=2)).observation.error
    assert f"status {status}" in error
    assert "nobody knows" not in error


@pytest.mark.parametrize(
    ("action", "complaint"),
    [
        (do("rollback_deployment", "api", to_version="v1 .0"), "rollback_deployment: to_version"),
        (do("rollback_deployment", "api", to_version="../../v1"), "rollback_deployment: to_version"),
        (do("update_config", "api", key="a b", value="1"), "update_config: key"),
    ],
)
def test_what_the_contract_cannot_say_is_an_error_to_read_and_is_not_sent(site, connect, action, complaint):
    substrate = connect()
    substrate.reset()
    assert complaint in substrate.step(action).observation.error
    assert site.changes == []


@pytest.mark.parametrize(
    ("text", "value"),
    [("50", 50), ("0.5", 0.5), ("nan", "nan"), ("1e999", "1e999"), ("1_0", "1_0"), ("1.10", "1.10"), ("007", "007")],
)
def test_a_value_is_a_number_only_where_it_is_written_as_one(site, connect, text, value):
    substrate = connect()
    substrate.reset()
    assert substrate.step(do("update_config", "api", key="cache.size", value=text)).observation.error is None
    assert site.changes[0][1]["value"] == value


@pytest.mark.parametrize(
    "look", [do("describe_service", "postgres"), do("run_diagnostic", "postgres", command="check_health")]
)
def test_a_service_that_has_gone_since_the_last_look_is_an_error_to_read(site, connect, look):
    substrate = connect()
    substrate.reset()
    del site.health["postgres"]
    assert "postgres is not there any more" in substrate.step(look).observation.error


def test_every_service_that_the_contract_can_name_can_be_acted_on(site, connect):
    name = "Shop.Cart_Service-2"
    site.metrics[name], site.logs[name] = dict(CALM), []
    site.answers["/ops/health"] = (200, {"status": "ok", "services": [{"name": name, "health": "healthy"}]})
    site.answers["/ops/services"] = (200, {"services": [{"name": name, "replicas": 1}]})
    substrate = connect()
    substrate.reset()
    for action in (do("restart_service", name), do("describe_service", name), do("read_logs", name)):
        assert substrate.step(action).observation.error is None
    assert [(endpoint, body["service"]) for endpoint, body, _ in site.changes] == [("restart", name)]
    substrate.step(do("resolve_incident", causes=[{"service": name, "mechanism": "heap_oom"}]))
    assert [cause.service for cause in substrate.verdict().declared] == [name]


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


def test_a_site_without_the_optional_list_of_services_works(site, connect):
    site.answers["/ops/services"] = (404, {})
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


def test_a_fix_that_holds_resolves(site, virtual, connect):
    site.breaks("api")
    site.changed = lambda name, body: site.heals()
    substrate = connect()
    substrate.reset()
    substrate.step(do("restart_service", "api"))
    result = substrate.step(DECLARE)
    verdict = substrate.verdict()
    assert (result.terminated, verdict.resolved, verdict.mitigated, verdict.diagnosed) == (True, True, True, None)
    assert verdict.truth is None
    assert verdict.breakdown.r_diagnostic is None
    assert verdict.score == pytest.approx(0.45 + 0.10 + 0.02)


@pytest.mark.parametrize(("refused", "efficient"), [(2, 0.10), (3, 0.0)])
def test_a_change_that_a_guardrail_refused_is_a_step_of_the_verdict(site, connect, refused, efficient):
    site.breaks("api")
    site.changed = lambda name, body: site.heals()
    substrate = connect(max_steps=8)
    guarded = SiteRequest("shop", site.url, guardrails={"protectedServices": ["postgres"]})
    words = [*[do("restart_service", "postgres")] * refused, do("restart_service", "api"), DECLARE]
    request = RunRequest("u", "default", "one", "unknown", site=guarded)
    outcome = play(request, substrate, Script(*map(decision, words)), gate=lambda change: GO)
    assert outcome.verdict["steps"] == len(outcome.steps) == refused + 2
    assert outcome.verdict["breakdown"]["r_efficiency"] == efficient
    assert [body["service"] for _, body, _ in site.changes] == ["api"]
    told = [event for event in read_trace(outcome.trace) if event["kind"] in ("effect", "observation")]
    assert [event["observation"]["step"] for event in told if event["action"]] == list(range(1, refused + 3))


def test_a_budget_that_ends_with_a_refusal_is_judged_as_any_other(site, connect):
    substrate = connect(max_steps=2)
    guarded = SiteRequest("shop", site.url, guardrails={"allowedActions": []})
    request = RunRequest("u", "default", "one", "unknown", site=guarded)
    outcome = play(request, substrate, Script(decision(do("restart_service", "api"))), gate=lambda change: GO)
    assert (outcome.verdict["steps"], outcome.verdict["resolved"]) == (2, False)
    assert outcome.verdict["notes"][0] == "nothing was declared"
    assert site.changes == []


def test_a_fix_that_does_not_hold_does_not(site, virtual, connect):
    site.breaks("api")
    site.changed = lambda name, body: site.heals()
    substrate = connect()
    substrate.reset()
    substrate.step(do("restart_service", "api"))
    virtual.then = [(virtual.now + 25.0, lambda: site.breaks("api"))]
    substrate.step(DECLARE)
    assert not substrate.verdict().mitigated
    assert substrate.verdict().notes


def test_an_episode_without_a_declaration_is_not_resolved(connect):
    substrate = connect(max_steps=3)
    substrate.reset()
    results = [substrate.step(do("list_services")) for _ in range(3)]
    assert [result.truncated for result in results] == [False, False, True]
    assert not substrate.verdict().resolved


def test_what_users_lose_is_requests_that_failed(site, virtual, connect):
    """60 requests a second of which 40 % fail, for 50 s, at six requests a user minute."""
    site.breaks("api")
    substrate = connect()
    substrate.reset()
    for _ in range(10):
        substrate.step(do("list_services"))
    assert substrate.verdict().user_minutes_lost == pytest.approx(60 * 0.4 * 50 / 6, rel=0.02)


def test_watching_that_was_done_before_the_declaration_is_not_done_again(site, virtual, connect):
    site.breaks("api")
    site.changed = lambda name, body: site.heals()
    substrate = connect()
    substrate.reset()
    substrate.step(do("restart_service", "api"))
    for _ in range(13):
        substrate.step(do("list_services"))
    declared_at = virtual.now
    substrate.step(DECLARE)
    assert virtual.now - declared_at <= 5.0
    assert substrate.verdict().resolved


def test_what_was_well_before_a_change_proves_nothing_about_it(site, virtual, connect):
    substrate = connect()
    substrate.reset()
    for _ in range(13):
        substrate.step(do("list_services"))
    substrate.step(do("restart_service", "api"))
    changed_at = virtual.now - 5.0
    substrate.step(DECLARE)
    assert virtual.now - changed_at >= 60.0
    assert substrate.verdict().mitigated


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


def test_a_change_that_was_refused_changed_nothing(site, virtual, connect):
    site.logs["api"] = [f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} [ERROR] api - No space left on device"]
    substrate = connect()
    substrate.reset()
    site.answers["/ops/scale"] = (422, {"ok": False, "error": "at most 3"})
    substrate.step(do("scale_service", "api", replicas=9))
    shown = substrate.step(do("run_diagnostic", "api", command="check_resources")).observation.payload
    assert "disk" in {check.name for check in shown.checks if not check.ok}


def test_a_site_that_falls_silent_is_not_known_to_be_well(site, virtual, connect):
    substrate = connect()
    substrate.reset()
    virtual.then = [(virtual.now + 20.0, lambda: site.answers.update({"/ops/health": (500, {})}))]
    substrate.step(DECLARE)
    assert not substrate.verdict().mitigated


def test_users_who_reach_nothing_are_not_served_whatever_the_site_lists_first(site, virtual, connect):
    substrate = connect()
    substrate.reset()
    del site.health["frontend"]
    substrate.step(DECLARE)
    assert not substrate.verdict().mitigated


@pytest.mark.parametrize(
    ("health", "shown", "kept"),
    [
        ("crashed", {"error_rate_percent": 0.0, "requests_per_second": 0.0}, False),
        ("crashed", {"error_rate_percent": None, "requests_per_second": None}, False),
        ("unhealthy", {"error_rate_percent": None, "request_latency_p99_ms": None}, False),
        ("unhealthy", {"error_rate_percent": 0.0}, True),
        ("healthy", {"error_rate_percent": None, "request_latency_p99_ms": None}, True),
    ],
)
def test_no_requests_are_no_proof_that_users_are_served(site, connect, health, shown, kept):
    site.health["frontend"] = health
    site.metrics["frontend"] |= shown
    substrate = connect()
    substrate.reset()
    substrate.step(DECLARE)
    assert substrate.verdict().mitigated is kept


def test_the_verdict_says_what_stood_for_an_error_rate_that_nobody_tells(site, connect):
    site.metrics["frontend"]["error_rate_percent"] = None
    substrate = connect()
    substrate.reset()
    substrate.step(DECLARE)
    assert "frontend tells no error rate: its health stands for it" in substrate.verdict().notes


def test_what_a_site_does_not_have_is_told_with_the_alert_and_the_list(site, connect):
    site.answers["/ops/scale"] = (404, {})
    substrate = connect()
    alert = substrate.reset()
    assert alert.missing == {"scale_service": "this site has no POST /ops/scale"}
    assert "not offered here: scale_service" in alert.text
    listed = substrate.step(do("list_services")).observation
    assert "not offered here: scale_service" in listed.text
    assert listed.to_json()["missing"] == dict(alert.missing)


def test_a_whole_site_says_nothing_of_it(connect):
    alert = connect().reset()
    assert not alert.missing
    assert "missing" not in alert.to_json()


def test_a_setting_that_is_refused_with_404_is_asked_for_once_and_still_offered(site, connect):
    substrate = connect()
    substrate.reset()
    site.answers |= {"/ops/config": (404, {"ok": False, "error": "no such key"}), "/ops/configure": (404, {})}
    refused = substrate.step(do("update_config", "api", key="cache.size", value="1")).observation
    assert refused.error == "no such key"
    assert not refused.missing
    assert "POST /ops/configure" not in site.asked


def test_settings_under_the_other_name_are_offered(site, connect):
    site.answers["/ops/config"] = (404, {})
    assert not connect().reset().missing


def test_a_change_that_proves_not_to_be_there_is_offered_no_more(site, connect):
    substrate = connect()
    assert not substrate.reset().missing
    site.answers["/ops/restart"] = (501, {})
    refused = substrate.step(do("restart_service", "api")).observation
    assert refused.error == "this site has no POST /ops/restart"
    assert refused.missing == {"restart_service": "this site has no POST /ops/restart"}
