"""From a request to an episode on a site: who may be dialled, what is told and what is kept secret."""

import json
from dataclasses import replace

import pytest

from praetor.guard.errors import UnreachableError
from praetor.guard.targets import SiteRequest
from praetor.runner.loop import play
from praetor.runner.request import RunRequest
from praetor.substrates.connect import connect
from praetor.substrates.site.errors import SiteError
from simcore.decision import Decision
from simcore.trace import broken_links
from tests.support.playing import do

TOKEN = "a-token-that-nobody-may-see"
ALERT = {"source": "cli", "groupKey": "g", "title": "checkout fails"}


class Says:
    """Does these things, and then declares."""

    def __init__(self, *actions):
        self._actions = [*actions, do("resolve_incident", None, causes=[])]

    def decide(self, observation, history):
        return Decision(self._actions[len(history)])


@pytest.fixture
def request_of(site):
    asked = SiteRequest(
        "shop", site.url, token=TOKEN, action_seconds=0.0, stabilization_seconds=0.05, allow=(str(site.port),)
    )

    def make(alert=ALERT, attempt=1, **changes):
        return RunRequest(
            "uid-1", "default", "one", "unknown", alert=alert, site=replace(asked, **changes), attempt=attempt
        )

    return make


def test_an_episode_on_a_site_is_real_and_graded_in_part(request_of):
    request = request_of()
    outcome = play(request, connect(request), Says(do("list_services")))
    assert (outcome.substrate, outcome.grading, outcome.verdict["diagnosed"]) == ("Site", "Partial", None)
    lines = outcome.trace.decode().splitlines()
    assert broken_links(lines) == []
    assert all(json.loads(line)["wall_time"] for line in lines)


def test_a_change_has_the_run_the_attempt_and_the_step_as_its_key(site, request_of):
    request = request_of(attempt=3)
    play(request, connect(request), Says(do("list_services"), do("restart_service", "api")))
    assert site.changes == [("restart", {"service": "api"}, "uid-1/3/2")]


def test_the_token_is_sent_to_the_site_and_told_to_nobody(site, request_of):
    request, events = request_of(), []
    outcome = play(request, connect(request), Says(do("restart_service", "api")), on_event=events.append)
    assert {headers.get("Authorization") for headers in site.headers} == {f"Bearer {TOKEN}"}
    for told in (repr(request), outcome.trace.decode(), json.dumps(events), repr(outcome)):
        assert TOKEN not in told


def test_a_request_crosses_to_a_worker_whole(request_of):
    request = request_of(guardrails={"allowedActions": ["restart_service"]})
    assert RunRequest.from_json(json.loads(json.dumps(request.to_json()))) == request


def test_this_machine_is_not_dialled_unless_it_is_said(request_of):
    with pytest.raises(SiteError, match="loopback"):
        connect(request_of(allow=()))


def test_what_may_be_dialled_can_be_said_by_the_environment(site, request_of, monkeypatch):
    monkeypatch.setenv("PRAETOR_GUARD_ALLOW_PORTS", str(site.port))
    connect(request_of(allow=())).close()


@pytest.mark.parametrize("rule", ["70000", "0", "nonsense", "10.0.0.1/8"])
def test_a_rule_that_is_none_is_named(request_of, rule):
    with pytest.raises(SiteError, match=rule):
        connect(request_of(allow=(rule,)))


def test_a_site_that_does_not_answer_may_do_so_later(site, request_of):
    site.fail = 99
    with pytest.raises((UnreachableError, SiteError)):
        connect(request_of())


@pytest.mark.parametrize("answer", [(500, {}), (200, {"services": [{"name": "api", "version": "build 7"}]})])
def test_a_run_starts_where_only_what_is_optional_is_wrong(site, request_of, answer):
    site.answers["/ops/services"] = answer
    outcome = play(request_of(), connect(request_of()), Says(do("list_services")))
    assert outcome.verdict["mitigated"]


def test_an_alert_that_names_nobody_there_is_about_what_users_reach(request_of):
    named = {service: connect(request_of(ALERT | {"service": service})) for service in ("api", "checkout-v2")}
    notices = {service: stage.reset().payload.service for service, stage in named.items()}
    assert notices == {"api": "api", "checkout-v2": "frontend"}
    for stage in named.values():
        stage.close()


def test_what_the_sites_owner_does_not_allow_is_not_done(site, request_of):
    request = request_of(guardrails={"allowedActions": ["scale_service"]})
    outcome = play(
        request, connect(request), Says(do("restart_service", "api"), do("scale_service", "api", replicas=2))
    )
    assert [name for name, _, _ in site.changes] == ["scale"]
    assert "restart_service is not allowed here" in outcome.trace.decode()
