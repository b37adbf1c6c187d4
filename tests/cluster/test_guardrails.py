"""What a run may change of real workloads, whoever decides: nothing in a rehearsal, nothing that is protected, nothing
that a person has not approved, and no second time what did not last."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.cluster.conftest import fresh_namespace
from tests.cluster.shops import ended, operator
from tests.support.chat_server import ChatServer, call
from tests.support.cluster import Namespace, condition, eventually
from tests.support.operators import kubectl_praetor
from tests.support.workloads import deployment, service

pytestmark = pytest.mark.timeout(1800)
FROZEN = {"kind": "Freeze", "schedule": "* * * * *", "durationSeconds": 3600}
LOOKS = 8
RULES: dict[str, dict[str, Any]] = {
    "rehearsed": {},
    "suggested": {},
    "protected": {"protectedServices": ["orders"]},
    "restarts-only": {"allowedActions": ["restart_service"]},
    "frozen": {"maintenanceWindows": [FROZEN]},
    "model-held": {"protectedServices": ["orders"]},
    "model-free": {"verificationWindowSeconds": 0},
    "approved": {"approval": "Always"},
}
"""Of the TargetSites of one namespace; a run on each has the site's name."""


def stubborn(request: dict[str, Any]) -> dict[str, Any]:
    """A language model that scales `orders` up first of all, looks whether it comes back, and then declares."""
    seen = sum(message["role"] == "tool" for message in request["messages"])
    if not seen:
        return call("scale_service", target_service="orders", replicas=1)
    if seen < LOOKS:
        return call("list_services", f"look_{seen}")
    return call("resolve_incident", causes=[{"service": "orders", "mechanism": "scale_to_zero"}])


@pytest.fixture(scope="module")
def model() -> Iterator[dict[str, Any]]:
    """A run's `spec.policy`."""
    server = ChatServer(stubborn)
    yield {"name": "llm", "model": "stubborn", "endpoint": server.endpoint}
    server.close()


@pytest.fixture(scope="module")
def shop(
    crds: None, leaving: list[str], image: str, model: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Namespace]:
    """An operator acts on it, by a TargetSite for each set of rules."""
    port = model["endpoint"].rpartition(":")[2].partition("/")[0]
    log = tmp_path_factory.mktemp("operator") / "log"
    for namespace in fresh_namespace(leaving):
        namespace.apply(
            deployment("web", env=[{"name": "ORDERS_URL", "value": "http://orders:8080"}]),
            deployment("orders"),
            service("web"),
            service("orders"),
            *(site(name, rules) for name, rules in RULES.items()),
        )
        namespace.kubectl("rollout", "status", "deployment", "--timeout=300s")
        with operator(namespace, image, log, PRAETOR_GUARD_ALLOW_PORTS=port):
            yield namespace


def site(name: str, rules: dict[str, Any]) -> dict[str, Any]:
    spec = {"kubernetes": {"entry": "web"}, "actionSeconds": 1, "stabilizationSeconds": 3, "guardrails": rules}
    return {"apiVersion": "praetor.dev/v1alpha1", "kind": "TargetSite", "metadata": {"name": name}, "spec": spec}


def scaled_away(shop: Namespace) -> int:
    """As somebody might do it by hand; the generation of what they left behind."""
    shop.kubectl("scale", "deployment", "orders", "--replicas=0")
    eventually(lambda: shop.names("pods", "-l", "app=orders") == set())
    return generation(shop)


def generation(shop: Namespace) -> int:
    return int(shop.get("deployment", "orders")["metadata"]["generation"])


def begun(shop: Namespace, site: str, name: str = "", **spec: Any) -> None:
    alert = {"source": "test", "groupKey": name or site, "title": "Requests of web fail", "service": "web"}
    wanted = {"alert": alert, "target": {"siteRef": {"name": site}}, "maxSteps": 12} | spec
    metadata = {"name": name or site}
    shop.apply({"apiVersion": "praetor.dev/v1alpha1", "kind": "IncidentRun", "metadata": metadata, "spec": wanted})


def over(shop: Namespace, name: str) -> Any:
    return eventually(lambda: ended(shop, name))


@pytest.fixture(scope="module")
def held_back(shop: Namespace, model: dict[str, Any]) -> dict[str, Any]:
    """Runs that would all repair it, at the same time, and of which none may; by their sites."""
    before = scaled_away(shop)
    begun(shop, "rehearsed", mode="DryRun")
    begun(shop, "suggested", mode="Suggest")
    begun(shop, "model-held", policy=model)
    for name in ("protected", "restarts-only", "frozen"):
        begun(shop, name)
    names = ("rehearsed", "suggested", "model-held", "protected", "restarts-only", "frozen")
    runs = {name: over(shop, name) for name in names}
    assert generation(shop) == before
    return runs


def tried(run: Any) -> str:
    """What came of its first attempt to scale."""
    steps = run["status"]["steps"]
    return next((str(step["summary"]) for step in steps if step["action"] == "scale_service"), json.dumps(steps))


def test_a_dry_run_asks_the_api_server_and_changes_nothing(held_back: dict[str, Any]) -> None:
    assert "dry run" in tried(held_back["rehearsed"]).lower()
    assert held_back["rehearsed"]["status"].get("changes", []) == []


def test_a_suggestion_is_written_down_and_left_to_a_person(held_back: dict[str, Any]) -> None:
    (suggested,) = held_back["suggested"]["status"]["suggestions"]
    assert (suggested["action"], suggested["service"]) == ("scale_service", "orders")
    assert condition(held_back["suggested"], "Escalated")["reason"] == "ChangeSuggested"


@pytest.mark.parametrize(
    ("site", "said"),
    [
        ("protected", "orders is a protected service"),
        ("model-held", "orders is a protected service"),
        ("restarts-only", "allowed"),
        ("frozen", "changes are frozen"),
    ],
)
def test_what_the_sites_owner_rules_out_is_not_done(held_back: dict[str, Any], site: str, said: str) -> None:
    assert said in tried(held_back[site])
    assert condition(held_back[site], "Succeeded")["status"] == "False"


def test_a_language_model_repairs_what_it_may(shop: Namespace, model: dict[str, Any]) -> None:
    scaled_away(shop)
    begun(shop, "model-free", policy=model)
    is_repaired(shop, over(shop, "model-free"))


def test_a_person_approves_and_what_did_not_last_is_not_done_again(shop: Namespace) -> None:
    before = scaled_away(shop)
    begun(shop, "approved")
    awaited = eventually(lambda: shop.get("irun", "approved").get("status", {}).get("awaiting"))
    assert (awaited["action"], awaited["service"]) == ("scale_service", "orders")
    assert generation(shop) == before
    done = kubectl_praetor("approve", "approved", "-n", shop.name)
    assert done.returncode == 0, done.stderr
    run = over(shop, "approved")
    is_repaired(shop, run)
    assert [one["approvedBy"] for one in run["status"]["intents"]] == [who_asks(shop)]

    before = scaled_away(shop)
    begun(shop, "approved", "again")
    again = over(shop, "again")
    assert condition(again, "Escalated")["reason"] == "FaultRecurred", again["status"]
    assert generation(shop) == before


def is_repaired(shop: Namespace, run: Any) -> None:
    assert condition(run, "Succeeded")["status"] == "True", run["status"]
    assert run["status"]["result"]["mitigated"] is True
    assert shop.get("deployment", "orders")["status"]["readyReplicas"] >= 1


def who_asks(shop: Namespace) -> str:
    return str(json.loads(shop.kubectl("auth", "whoami", "-o", "json"))["status"]["userInfo"]["username"])
