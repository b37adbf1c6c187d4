"""The generated adapters in real services: they pass the check, and offer what their hooks can do and no more."""

from pathlib import Path

import httpx
import pytest

from praetor.resources.conformance import SiteConformance, Verdict
from praetor.resources.ops import ENDPOINTS
from praetor.sites.check import SiteUnreachableError, check_site
from tests.support.adapted_services import FRAMEWORKS, TOKEN, Installed, service, serving

CHANGES = {one.name for one in ENDPOINTS if one.method == "POST"}


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_an_adapter_keeps_the_contract(framework: str, tmp_path: Path, modules: Installed) -> None:
    folder = tmp_path / framework
    with serving(service(framework, folder, modules), folder) as url:
        report = check_site(url, changes=True)
        assert report.complete, report
        assert {one.verdict for one in report.endpoints} == {Verdict.CONFORMANT}
        sees_what_its_users_see(url)


def sees_what_its_users_see(url: str) -> None:
    with httpx.Client(base_url=url, trust_env=False, timeout=240) as http:
        for fail in [{}] * 6 + [{"fail": "true"}] * 4:
            http.get("/cart", params=fail)
        metrics = http.get("/ops/metrics", params={"service": "api"}).json()
        assert metrics["error_rate_percent"] == 40.0
        assert metrics["memory_mb"] > 1
        assert http.get("/ops/health").json()["status"] == "degraded"
        assert any("cart failed" in line for line in http.get("/ops/logs", params={"service": "api"}).json()["logs"])
        assert http.get("/ops/metrics", params={"service": "nobody"}).status_code == 404
        refused = http.post("/ops/config", json={"service": "api", "key": "other", "value": 1})
        assert refused.status_code == 422
        assert refused.json()["error"] == "key: only log.level can be set"


def missing(report: SiteConformance) -> set[str]:
    return {one.endpoint.rpartition("/")[2] for one in report.endpoints if one.verdict is Verdict.MISSING}


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize(("hooks", "absent"), [("none", CHANGES), ("restart", CHANGES - {"restart"})])
def test_an_adapter_offers_what_its_hooks_can_do(
    framework: str, hooks: str, absent: set[str], tmp_path: Path, modules: Installed
) -> None:
    """Whether it is asked by OPTIONS, as probes do, or by POST."""
    folder = tmp_path / framework
    with serving(service(framework, folder, modules, hooks), folder, TOKEN) as url:
        with pytest.raises(SiteUnreachableError):
            check_site(url)
        for changes in (False, True):
            report = check_site(url, token=TOKEN, changes=changes)
            assert report.conforms, report
            assert missing(report) == absent
