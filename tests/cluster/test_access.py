"""Who may see what: the gateway and the operator ask the API server, and let nobody else in."""

import httpx
import pytest

from tests.support.cluster import Namespace, Release, run_manifest

pytestmark = pytest.mark.timeout(1800)


def account(namespace: Namespace, name: str, role: str | None = None) -> dict[str, str]:
    """The header of a new ServiceAccount that has a role in its namespace, or none."""
    namespace.kubectl("create", "serviceaccount", name)
    if role:
        subject = f"--serviceaccount={namespace.name}:{name}"
        namespace.kubectl("create", "rolebinding", name, f"--clusterrole={role}", subject)
    return {"Authorization": f"Bearer {namespace.kubectl('create', 'token', name).strip()}"}


def test_probes_are_open_and_everything_else_needs_a_caller(gateway: httpx.Client) -> None:
    for path in ("/healthz", "/readyz"):
        assert gateway.get(path).status_code == 200, path
    for path in ("/", "/runs", "/runs/any", "/metrics", "/openapi.json", "/no-such-page"):
        assert gateway.get(path).status_code == 401, path


def test_a_person_reads_runs_with_the_rights_of_kubectl(gateway: httpx.Client, release: Release) -> None:
    namespace = release.namespace
    namespace.apply(run_manifest("shown"))
    here = f"/runs?namespace={namespace.name}"
    stranger, viewer = account(namespace, "stranger"), account(namespace, "viewer", "view")

    assert gateway.get(here, headers=stranger).status_code == 403
    assert gateway.get("/runs", headers=viewer).status_code == 403, "all namespaces are not the viewer's"
    answer = gateway.get(here, headers=viewer)
    assert gateway.get("/metrics", headers=viewer).status_code == 200
    assert "shown" in {item["metadata"]["name"] for item in answer.json()["items"]}


def test_a_service_account_that_may_create_runs_may_post_alerts(gateway: httpx.Client, release: Release) -> None:
    viewer = account(release.namespace, "only-viewing", "view")
    editor = account(release.namespace, "alerting", "edit")
    hook, empty = "/incidents/webhook/alertmanager", {"not": "a notification"}

    assert gateway.post(hook, json=empty, headers=viewer).status_code == 403
    assert gateway.post(hook, json=empty, headers=editor).status_code == 422


def test_the_operator_shows_its_metrics_to_callers_only(release: Release) -> None:
    namespace = release.namespace
    known = account(namespace, "scraping")
    with namespace.forwarded("deployment/praetor-operator", 8081) as url:
        assert httpx.get(f"{url}/healthz").status_code == 200
        assert httpx.get(f"{url}/metrics").status_code == 401
        assert httpx.get(f"{url}/metrics", headers=known).status_code == 403
