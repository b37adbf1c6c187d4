"""What is made of an episode on a site: whether it was resolved, and by what that is judged."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest

from praetor.guard.targets import SiteRequest
from praetor.runner.changes import GO
from praetor.runner.loop import play
from praetor.runner.request import RunRequest
from simcore.trace import read_trace
from tests.support.playing import do
from tests.support.site_episodes import DECLARE
from tests.support.tiny_stage import Script, decision


@pytest.fixture
def restarted(site, connect):
    """A substrate whose api was broken, and is well since the restart that was its first step."""
    site.breaks("api")
    site.changed = lambda name, body: site.heals()
    substrate = connect()
    substrate.reset()
    substrate.step(do("restart_service", "api"))
    return substrate


def test_a_fix_that_holds_resolves(restarted):
    result = restarted.step(DECLARE)
    verdict = restarted.verdict()
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


def test_a_fix_that_does_not_hold_does_not(site, virtual, restarted):
    virtual.then = [(virtual.now + 25.0, lambda: site.breaks("api"))]
    restarted.step(DECLARE)
    assert not restarted.verdict().mitigated
    assert restarted.verdict().notes


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


def test_watching_that_was_done_before_the_declaration_is_not_done_again(virtual, restarted):
    for _ in range(13):
        restarted.step(do("list_services"))
    declared_at = virtual.now
    restarted.step(DECLARE)
    assert virtual.now - declared_at <= 5.0
    assert restarted.verdict().resolved


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


def test_a_site_that_takes_longer_to_measure_than_a_step_is_raises_no_alarm_for_it(site, virtual, connect):
    substrate = connect()
    substrate.reset()
    answer = site.answer
    site.answer = lambda *asked: (virtual.sleep(2.0), answer(*asked))[1]
    calm = [substrate.step(do("list_services")).observation for _ in range(3)]
    site.breaks("frontend", error_rate_percent=40.0)
    assert [one.alerts for one in calm] == [()] * 3
    assert all(after.sim_seconds - before.sim_seconds > 5.0 for before, after in pairwise(calm))
    assert substrate.step(do("list_services")).observation.alerts != ()
