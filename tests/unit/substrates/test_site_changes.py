"""Changes on a site: what is sent, what may have been made, and what is offered at all."""

import pytest

from praetor.guard.client import ANSWER_LIMIT_BYTES
from praetor.runner.loop import play
from praetor.runner.request import RunRequest
from tests.support.playing import do
from tests.support.site_episodes import DECLARE
from tests.support.small_site import CALM
from tests.support.tiny_stage import Script, decision

DSN = "restarting with postgres://shop:hunter2@db/shop"


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


@pytest.mark.parametrize("body", [{}, {"ok": False, "error": "not implemented"}])
def test_a_change_that_proves_not_to_be_there_is_offered_no_more(site, connect, body):
    substrate = connect()
    assert not substrate.reset().missing
    site.answers["/ops/restart"] = (501, body)
    refused = substrate.step(do("restart_service", "api")).observation
    assert refused.error == "this site has no POST /ops/restart"
    assert refused.missing == {"restart_service": "this site has no POST /ops/restart"}


@pytest.mark.parametrize("body", [{}, {"ok": False, "error": "not implemented"}])
def test_a_change_that_answers_501_to_options_is_not_offered(site, connect, body):
    site.answers["/ops/restart"] = (501, body)
    assert set(connect().reset().missing) == {"restart_service"}


def test_a_change_that_is_busy_when_it_is_asked_for_is_asked_again_and_then_offered(site, connect):
    site.first["/ops/scale"] = [(503, {}), (404, {})]
    site.answers["/ops/restart"] = (503, {})
    assert set(connect().reset().missing) == {"scale_service"}


def test_what_a_site_forbids_is_told_in_its_own_words(site, connect):
    substrate = connect()
    substrate.reset()
    site.answers["/ops/restart"] = (403, {"ok": False, "error": "postgres is protected"})
    assert substrate.step(do("restart_service", "postgres")).observation.error == "postgres is protected"
    site.answers["/ops/restart"] = (403, {"error": "who are you?"})
    assert "does not know the token" in substrate.step(do("restart_service", "postgres")).observation.error


def test_a_version_with_build_metadata_can_be_gone_back_to(site, connect):
    site.facts["api"] = {"version": "1.2.4+b6", "versions": ["1.2.3+b5", "1.2.4+b6"]}
    substrate = connect()
    substrate.reset()
    substrate.step(do("rollback_deployment", "api", to_version="1.2.3+b5"))
    assert site.changes[0][:2] == ("rollback", {"service": "api", "to_version": "1.2.3+b5"})


@pytest.mark.parametrize("answer", [(200, {"ok": True, "message": DSN}), (422, {"ok": False, "error": DSN})])
def test_what_a_site_says_of_a_change_has_no_password(site, connect, answer):
    substrate = connect()
    substrate.reset()
    site.answers["/ops/restart"] = answer
    told = substrate.step(do("restart_service", "api")).observation.text
    assert "[redacted]@db" in told
    assert "hunter2" not in told
