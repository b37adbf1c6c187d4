"""What a run may change of real workloads: nothing in a rehearsal, nothing that is protected, nothing that a person has
not approved, and no second time what did not last."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.cluster.conftest import fresh_namespace
from tests.cluster.shops import ended, operator
from tests.support.cluster import Namespace, condition, eventually
from tests.support.workloads import deployment, service

pytestmark = pytest.mark.timeout(900)
FROZEN = {"kind": "Freeze", "schedule": "* * * * *", "durationSeconds": 3600}
RULES: dict[str, dict[str, Any]] = {
    "open": {},
    "protected": {"protectedServices": ["orders"]},
    "restarts-only": {"allowedActions": ["restart_service"]},
    "frozen": {"maintenanceWindows": [FROZEN]},
    "approved": {"approval": "Always"},
}


@pytest.fixture(scope="module")
def shop(crds: None, leaving: list[str], image: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Namespace]:
    """An operator acts on it, by a TargetSite for each set of rules."""
    for namespace in fresh_namespace(leaving):
        namespace.apply(
            deployment("web", env=[{"name": "ORDERS_URL", "value": "http://orders:8080"}]),
            deployment("orders"),
            service("web"),
            service("orders"),
            *(site(name, rules) for name, rules in RULES.items()),
        )
        namespace.kubectl("rollout", "status", "deployment", "--timeout=120s")
        with operator(namespace, image, tmp_path_factory.mktemp("operator") / "log"):
            yield namespace


def site(name: str, rules: dict[str, Any]) -> dict[str, Any]:
    spec = {"kubernetes": {"entry": "web"}, "actionSeconds": 1, "stabilizationSeconds": 3, "guardrails": rules}
    return {"apiVersion": "praetor.dev/v1alpha1", "kind": "TargetSite", "metadata": {"name": name}, "spec": spec}


@pytest.fixture
def outage(shop: Namespace) -> Iterator[int]:
    """Somebody has scaled `orders` to nothing; the generation of what they left behind."""
    yield scaled_away(shop)
    shop.kubectl("scale", "deployment", "orders", "--replicas=1")
    shop.kubectl("rollout", "status", "deployment", "--timeout=120s")


def scaled_away(shop: Namespace) -> int:
    shop.kubectl("scale", "deployment", "orders", "--replicas=0")
    eventually(lambda: shop.names("pods", "-l", "app=orders") == set(), seconds=60)
    return generation(shop)


def generation(shop: Namespace) -> int:
    return int(shop.get("deployment", "orders")["metadata"]["generation"])


def played(shop: Namespace, name: str, site: str, **spec: Any) -> Any:
    begun(shop, name, site, **spec)
    return eventually(lambda: ended(shop, name), seconds=240)


def begun(shop: Namespace, name: str, site: str, **spec: Any) -> None:
    alert = {"source": "test", "groupKey": name, "title": "Requests of web fail", "service": "web"}
    wanted = {"alert": alert, "target": {"siteRef": {"name": site}}, "maxSteps": 12} | spec
    shop.apply(
        {"apiVersion": "praetor.dev/v1alpha1", "kind": "IncidentRun", "metadata": {"name": name}, "spec": wanted}
    )


def told(run: Any) -> str:
    return json.dumps(run["status"]["steps"])


def test_a_dry_run_asks_the_api_server_and_changes_nothing(shop: Namespace, outage: int) -> None:
    run = played(shop, "dry", "open", mode="DryRun")
    wanted = [step for step in run["status"]["steps"] if step["action"] == "scale_service"]
    assert wanted, told(run)
    assert "dry run" in wanted[0]["summary"].lower(), wanted
    assert run["status"].get("changes", []) == []
    assert generation(shop) == outage


def test_a_suggestion_is_written_down_and_left_to_a_person(shop: Namespace, outage: int) -> None:
    run = played(shop, "suggests", "open", mode="Suggest")
    (suggested,) = run["status"]["suggestions"]
    assert (suggested["action"], suggested["service"]) == ("scale_service", "orders")
    assert condition(run, "Escalated")["reason"] == "ChangeSuggested"
    assert generation(shop) == outage


@pytest.mark.parametrize(
    ("site", "said"), [("protected", "protected"), ("restarts-only", "allowed"), ("frozen", "freeze")]
)
def test_what_the_sites_owner_rules_out_is_not_done(shop: Namespace, outage: int, site: str, said: str) -> None:
    run = played(shop, f"on-{site}", site)
    refused = [step for step in run["status"]["steps"] if step["action"] == "scale_service"]
    assert refused, told(run)
    assert said in refused[0]["summary"].lower(), refused
    assert generation(shop) == outage


def test_a_person_approves_and_what_did_not_last_is_not_done_again(shop: Namespace, outage: int) -> None:
    begun(shop, "asks", "approved")
    awaited = eventually(lambda: shop.get("irun", "asks").get("status", {}).get("awaiting"), seconds=120)
    assert (awaited["action"], awaited["service"]) == ("scale_service", "orders")
    assert generation(shop) == outage
    approve(shop, "asks")
    run = eventually(lambda: ended(shop, "asks"), seconds=240)
    assert (condition(run, "Succeeded")["status"], run["status"]["result"]["mitigated"]) == ("True", True), told(run)
    assert [one["approvedBy"] for one in run["status"]["intents"]] == [who_asks(shop)]
    assert shop.get("deployment", "orders")["status"]["readyReplicas"] == 1

    left = scaled_away(shop)
    again = played(shop, "again", "approved", approval="Never")
    assert condition(again, "Escalated")["reason"] == "FaultRecurred", again["status"]
    assert generation(shop) == left


def approve(shop: Namespace, name: str) -> None:
    """`kubectl praetor approve`, as kubectl starts its plugins."""
    script = "from praetor.cli.approve import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", script, "approve", name, "-n", shop.name],
        capture_output=True, text=True, timeout=60, env=os.environ | {"COLUMNS": "200"}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def who_asks(shop: Namespace) -> str:
    return str(json.loads(shop.kubectl("auth", "whoami", "-o", "json"))["status"]["userInfo"]["username"])
