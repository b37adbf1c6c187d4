"""check_site: what it finds, and that it leaves a site alone unless it is asked."""

import json

import httpx
import pytest

from praetor.resources.conformance import Verdict
from praetor.sites.check import NOBODY, SiteUnreachableError, check_site
from tests.support.fake_site import HEALTH, METRICS, NEEDED, OK, FakeSite
from tests.support.small_site import SmallSite

URL = "http://site.test/"


def verdicts(site: FakeSite, **options) -> dict[str, tuple[str, str]]:
    report = check_site(URL, client=site.client, **options)
    return {one.endpoint.split("/")[-1]: (one.verdict, one.problem) for one in report.endpoints}


def test_a_site_that_keeps_the_contract_conforms():
    report = check_site(URL, client=FakeSite().client)
    assert report.conforms
    assert report.complete
    assert report.services == ["frontend", "api"]
    assert {one.verdict for one in report.endpoints} == {Verdict.CONFORMANT, Verdict.UNTRIED}


def test_nothing_is_changed_unless_it_is_asked_for():
    site = FakeSite()
    verdicts(site)
    assert {method for method, _ in site.asked} == {"GET", "OPTIONS"}


def test_a_partial_site_conforms_and_is_not_complete():
    site = FakeSite(scale=None, services=None)
    report = check_site(URL, client=site.client)
    assert report.conforms
    assert not report.complete
    assert verdicts(site)["scale"][0] == Verdict.MISSING


def test_only_the_optional_endpoint_may_be_missing_from_a_complete_site():
    assert check_site(URL, client=FakeSite(services=None).client).complete


@pytest.mark.parametrize("needed", ["health", "metrics", "logs"])
def test_a_site_without_what_is_needed_does_not_conform(needed):
    site = FakeSite(**{needed: None})
    assert not check_site(URL, client=site.client).conforms
    assert verdicts(site)[needed][0] == Verdict.MISSING


@pytest.mark.parametrize(
    ("name", "answer", "told"),
    [
        ("health", (200, {"status": "fine", "services": []}), "status: Input should be 'ok', 'degraded' or 'down'"),
        ("health", (200, HEALTH | {"services": [{"name": "api"}]}), "services[0].health: Field required"),
        ("health", (500, HEALTH), "status 500"),
        ("metrics", (200, {"cpu_percent": 1}), "frontend: memory_mb: Field required"),
        ("metrics", (200, METRICS | {"error_rate_percent": 120}), "error_rate_percent"),
        ("logs", (200, ["a line"]), "Input should be a valid dictionary"),
        ("logs", (200, {"logs": ["line"] * 6}), "6 lines, 5 were asked for"),
        ("logs", (200, b"<html>"), "no JSON"),
        ("services", (200, {"services": [{"replicas": 1}]}), "services[0].name: Field required"),
    ],
)
def test_a_wrong_shape_is_told_with_what_is_wrong(name, answer, told):
    site = FakeSite(**{name: answer})
    verdict, problem = verdicts(site)[name]
    assert verdict == Verdict.WRONG_SHAPE
    assert told in problem
    assert not check_site(URL, client=site.client).conforms


def test_changes_are_tried_when_asked_for_and_only_harmless_ones_are_real():
    site = FakeSite()
    found = verdicts(site, changes=True)
    assert {name: found[name][0] for name in NEEDED} == dict.fromkeys(NEEDED, Verdict.CONFORMANT)
    real = [(name, body) for name, body in site.bodies if "praetor-check" not in body]
    assert real == [
        ("restart", {"service": "api"}),
        ("scale", {"service": "api", "replicas": 2}),
        ("config", {"service": "api", "key": NOBODY, "value": "1"}),
        ("rollback", {"service": "api", "to_version": NOBODY}),
        ("break", {"scenario": NOBODY}),
        ("heal", {}),
    ]


def test_the_service_to_change_can_be_named():
    site = FakeSite()
    verdicts(site, changes=True, service="frontend")
    assert {body["service"] for _, body in site.bodies if "service" in body} == {"frontend"}


def test_a_change_that_takes_anything_has_a_wrong_shape():
    found = verdicts(FakeSite(restart=(200, OK)), changes=True)
    assert found["restart"] == (Verdict.WRONG_SHAPE, "a body without what is needed was accepted")


def test_a_change_that_the_site_has_but_does_not_do_is_missing():
    refused = (501, {"ok": False, "error": "not implemented"})
    assert verdicts(FakeSite(scale=refused), changes=True)["scale"][0] == Verdict.MISSING


@pytest.mark.parametrize("status", [403, 404])
def test_a_refusal_with_403_or_404_is_an_answer(status):
    refused = (status, {"ok": False, "error": "there is no such version, or it is protected"})
    assert verdicts(FakeSite(rollback=refused), changes=True)["rollback"][0] == Verdict.CONFORMANT


def test_a_site_that_says_so_must_answer_a_key_the_same_way():
    count = iter(range(100))

    def counting(request: httpx.Request):
        if "praetor-check" in json.loads(request.content):
            return 422, {"ok": False, "error": "no"}
        return 200, OK | {"message": f"restart {next(count)}"}

    health = (200, HEALTH | {"idempotency_key": True})
    verdict, problem = verdicts(FakeSite(health=health, restart=counting), changes=True)["restart"]
    assert verdict == Verdict.WRONG_SHAPE
    assert "Idempotency-Key" in problem
    assert verdicts(FakeSite(restart=counting), changes=True)["restart"][0] == Verdict.CONFORMANT


def test_the_token_is_sent_and_a_refusal_says_where_it_comes_from():
    site = SmallSite()
    try:
        site.answers["/ops/health"] = (401, {})
        with pytest.raises(SiteUnreachableError, match="PRAETOR_SITE_TOKEN"):
            check_site(site.url, token="secret")
        assert [headers["Authorization"] for headers in site.headers] == ["Bearer secret"]
    finally:
        site.close()


@pytest.mark.parametrize(
    "url", ["http://169.254.169.254", "http://10.0.0.1", "http://u:p@site.test", "ftp://site.test"]
)
def test_what_must_not_be_dialled_is_not_dialled(url):
    with pytest.raises(SiteUnreachableError, match=r"never dialled|allowCIDRs|credentials|begins with"):
        check_site(url)


def test_a_network_is_dialled_when_it_is_allowed():
    with pytest.raises(SiteUnreachableError, match=r"is no port|does not appear"):
        check_site("http://127.0.0.1:9", allow=["everything"])


def test_a_setting_is_there_under_its_other_name_too():
    found = verdicts(FakeSite(config=None, configure=(405, {})))
    assert found["config"][0] == Verdict.UNTRIED


def test_a_setting_is_tried_under_its_other_name_too():
    def configure(request: httpx.Request):
        named = {"service", "key", "value"} <= json.loads(request.content).keys()
        return (200, OK) if named else (422, {"ok": False, "error": "something is missing"})

    assert verdicts(FakeSite(config=None, configure=configure), changes=True)["config"] == (Verdict.CONFORMANT, "")
    careless = verdicts(FakeSite(config=None, configure=(200, OK)), changes=True)["config"]
    assert careless == (Verdict.WRONG_SHAPE, "a body without what is needed was accepted")


def test_a_site_that_is_not_there_is_told():
    with pytest.raises(SiteUnreachableError, match=r"127\.0\.0\.1:9"):
        check_site("http://127.0.0.1:9")
