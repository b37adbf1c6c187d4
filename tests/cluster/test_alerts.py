"""Alertmanager's own bodies, posted to the gateway of a release."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.cluster import Release, condition

pytestmark = pytest.mark.timeout(1800)

BODIES = Path(__file__).parents[1] / "data" / "alertmanager"
HOOK = "/incidents/webhook/alertmanager"
POST = """
import os, urllib.request as r
q = r.Request(os.environ["URL"], os.environ["BODY"].encode(), {"Content-Type": "application/json",
    "Authorization": "Bearer " + os.environ["TOKEN"]})
with r.urlopen(q, timeout=30) as answer:
    print(answer.status, answer.read().decode())
"""


@pytest.fixture(scope="module")
def bearer(release: Release) -> dict[str, str]:
    return {"Authorization": f"Bearer {release.token()}"}


def body(name: str) -> bytes:
    return (BODIES / f"{name}.json").read_bytes()


def post(gateway: httpx.Client, content: bytes, headers: dict[str, str]) -> httpx.Response:
    return gateway.post(HOOK, content=content, headers={"Content-Type": "application/json", **headers})


def opened(answer: httpx.Response) -> tuple[str, bool]:
    assert answer.status_code == 202, answer.text
    (only,) = answer.json()["runs"]
    return only["name"], only["created"]


def test_an_alert_posted_to_the_service_becomes_a_rehearsal(release: Release, image: str) -> None:
    namespace = release.namespace
    url = f"http://praetor-gateway.{namespace.name}.svc.cluster.local:8080{HOOK}"
    environment = {"URL": url, "TOKEN": release.token(), "BODY": body("db_pool_exhaustion_firing").decode()}
    namespace.apply(pod("alerting", image, ["python3", "-c", POST], environment))
    namespace.kubectl("wait", "pod/alerting", "--for=jsonpath={.status.phase}=Succeeded", "--timeout=300s")

    status, _, text = namespace.kubectl("logs", "alerting").partition(" ")
    (named,) = json.loads(text)["runs"]
    assert (status, named["namespace"], named["created"]) == ("202", namespace.name, True)
    namespace.wait_for("Complete", f"irun/{named['name']}")
    played = namespace.get("irun", named["name"])
    assert played["status"]["substrate"] == "Simulator"
    assert played["status"]["scenario"]["family"] == "db_pool_exhaustion"


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}], ids=["none", "wrong"])
def test_without_the_token_nothing_comes_in(gateway: httpx.Client, release: Release, headers: dict[str, str]) -> None:
    before = release.namespace.names("irun")

    answer = post(gateway, body("bad_deployment_cascade_firing"), headers)

    assert answer.status_code == 401
    assert answer.json()["error"]["message"]
    assert release.namespace.names("irun") == before


def test_repeats_and_duplicates_change_nothing_and_a_re_fire_is_a_new_run(
    gateway: httpx.Client, release: Release, bearer: dict[str, str]
) -> None:
    with ThreadPoolExecutor(8) as callers:
        answers = list(callers.map(lambda _: post(gateway, body("01_single_firing"), bearer), range(8)))
    first = {opened(answer)[0] for answer in answers}
    assert len(first) == 1
    assert sum(opened(answer)[1] for answer in answers) == 1
    (name,) = first
    assert name.endswith("-1")
    release.namespace.wait_for("Complete", f"irun/{name}")

    assert opened(post(gateway, body("02_single_repeat"), bearer)) == (name, False)
    assert post(gateway, body("03_single_resolved"), bearer).status_code == 202
    assert opened(post(gateway, body("04_single_refire"), bearer)) == (f"{name[:-2]}-2", True)
    release.namespace.wait_for("Complete", f"irun/{name[:-2]}-2")


def test_an_alert_that_nothing_fits_is_escalated_and_not_dropped(
    gateway: httpx.Client, release: Release, bearer: dict[str, str]
) -> None:
    name, created = opened(post(gateway, body("28_no_service_no_annotations"), bearer))
    release.namespace.wait_for("Complete", f"irun/{name}")

    run = release.namespace.get("irun", name)
    assert created
    assert condition(run, "Escalated")["status"] == "True"
    assert condition(run, "Succeeded")["status"] == "False"
    assert condition(run, "Complete")["reason"] == "NothingToActOn"
    assert "result" not in run["status"]


def test_hostile_text_is_data(gateway: httpx.Client, release: Release, bearer: dict[str, str]) -> None:
    name, _ = opened(post(gateway, body("27_hostile_content"), bearer))
    release.namespace.wait_for("Complete", f"irun/{name}")

    page = gateway.get(f"/runs/{name}/postmortem", headers=bearer)
    assert page.status_code == 200
    assert "<script>" not in page.text


@pytest.mark.parametrize(
    ("content", "status"), [(b"{not json", 422), (b"[]", 422), (b'{"a": "' + b"x" * 20_000_000 + b'"}', 413)]
)
def test_a_bad_body_is_refused_with_a_reason(
    gateway: httpx.Client, bearer: dict[str, str], content: bytes, status: int
) -> None:
    answer = post(gateway, content, bearer)

    assert answer.status_code == status
    assert answer.json()["error"]["message"]


def pod(name: str, image: str, command: list[str], environment: dict[str, str]) -> dict[str, Any]:
    """A pod that runs a command once, within Pod Security "restricted"."""
    security = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    variables = [{"name": name, "value": value} for name, value in environment.items()]
    container = {
        "name": "main",
        "image": image,
        "command": command,
        "env": variables,
        "securityContext": security,
    }
    pod_security = {"runAsNonRoot": True, "runAsUser": 65532, "seccompProfile": {"type": "RuntimeDefault"}}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": {"restartPolicy": "Never", "securityContext": pod_security, "containers": [container]},
    }
