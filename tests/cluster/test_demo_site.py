"""The chart's demo site: pods of its own whose faults are real, and a run of the operator that puts one right.

SITE_IMAGE is an image whose `praetor` has the extra `site`.
"""

import base64
import os
from collections.abc import Callable, Iterator

import httpx
import pytest

from tests.support.cluster import Release, condition, eventually

pytestmark = pytest.mark.timeout(1800)
PARTS = {"praetor-demo", "praetor-demo-frontend", "praetor-demo-api", "praetor-demo-postgres"}
QUICK = "demoSite.targetSite.spec.probeSeconds=5,demoSite.targetSite.spec.actionSeconds=2"


@pytest.fixture(scope="module")
def demo(release: Release) -> Release:
    """The CRDs are there by now, so that its TargetSite is made."""
    name = os.environ.get("SITE_IMAGE")
    if not name:
        pytest.skip("set SITE_IMAGE to an image with praetor[site] that the cluster's nodes have")
    repository, _, tag = name.rpartition(":")
    image = f"demoSite.image.repository={repository},demoSite.image.tag={tag}"
    settings = f"crds.keep=false,demoSite.enabled=true,demoSite.targetSite.spec.stabilizationSeconds=10,{image},{QUICK}"
    release.upgrade("--set", settings)
    return release


@pytest.fixture
def site(demo: Release) -> Iterator[httpx.Client]:
    secret = demo.namespace.get("secret", "praetor-demo")
    headers = {"Authorization": f"Bearer {base64.b64decode(secret['data']['token']).decode()}"}
    with (
        demo.namespace.forwarded("service/praetor-demo", 80) as url,
        httpx.Client(base_url=url, headers=headers, timeout=240) as client,
    ):
        yield client


def users(site: httpx.Client) -> Callable[[float], bool]:
    """Whether so many percent of the newest requests or more have failed."""
    return lambda percent: site.get("/users", params={"seconds": 4}).json()["error_rate_percent"] >= percent


def test_parts_are_pods_that_a_restricted_namespace_takes(demo: Release, site: httpx.Client) -> None:
    services = site.get("/ops/health").json()["services"]

    assert [one["name"] for one in services] == ["frontend", "api", "postgres"]
    assert demo.namespace.names("services") >= PARTS
    assert demo.namespace.names("statefulsets") == {"praetor-demo-postgres"}
    eventually(lambda: site.get("/users", params={"seconds": 4}).json()["requests"] > 20)


def test_the_operator_finds_it_by_its_service(demo: Release) -> None:
    def reachable() -> bool:
        seen = demo.namespace.get("targetsite", "praetor-demo")
        return bool(seen.get("status")) and condition(seen, "Reachable")["status"] == "True"

    eventually(reachable)


def test_a_run_of_the_operator_puts_a_real_fault_right(demo: Release, site: httpx.Client) -> None:
    fail = users(site)
    assert site.post("/ops/break", json={"scenario": "cert_expiry"}).json()["ok"]
    eventually(lambda: fail(90.0))

    demo.namespace.apply(run_on_demo())
    demo.namespace.wait_for("Complete", "irun/certificate")

    assert condition(demo.namespace.get("irun", "certificate"), "Verified")["status"] == "True"
    eventually(lambda: not fail(1.0))


def test_a_pod_that_is_deleted_comes_back_with_its_service(demo: Release, site: httpx.Client) -> None:
    fail = users(site)
    demo.namespace.kubectl("delete", "pod", "-l", "app.kubernetes.io/component=demo-postgres")
    eventually(lambda: fail(5.0))
    eventually(lambda: not fail(1.0))


def run_on_demo() -> dict[str, object]:
    alert = {"source": "generic", "groupKey": "demo", "title": "Users see errors", "service": "frontend"}
    return {
        "apiVersion": "praetor.dev/v1alpha1",
        "kind": "IncidentRun",
        "metadata": {"name": "certificate"},
        "spec": {"alert": alert, "target": {"siteRef": {"name": "praetor-demo"}}},
    }
