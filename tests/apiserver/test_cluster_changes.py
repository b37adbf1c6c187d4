"""Changes of workloads against a real API server: tried first, made once, on what was seen, and undone exactly."""

import asyncio
import json
from typing import Any

import pytest

from praetor.guard.errors import UnreachableError
from praetor.guard.targets import SiteRequest
from praetor.kube.client import KubeClient
from praetor.kube.paths import CONFIG_MAPS, DEPLOYMENTS, STATEFUL_SETS
from praetor.substrates.cluster import system as system_module
from praetor.substrates.cluster.connecting import cluster_substrate
from praetor.substrates.cluster.errors import NamespaceError, RefusedChangeError
from praetor.substrates.cluster.making import make
from praetor.substrates.cluster.probing import survey
from praetor.substrates.cluster.system import NamespaceSystem
from praetor.substrates.live.system import OutcomeUnknownError
from simcore.actions import parse_action
from simcore.classifier.look import Figures
from simcore.errors import SimcoreError, UnavailableError
from tests.support.playing import do
from tests.support.small_shop import CONFIG, Shop, change


@pytest.mark.parametrize(
    ("kind", "target", "parameters"),
    [
        ("restart_service", "web", {}),
        ("restart_service", "web", {"memory_limit": "128Mi"}),
        ("restart_service", "store", {"memory_limit": "128Mi"}),
        ("scale_service", "web", {"replicas": 5}),
        ("scale_service", "store", {"replicas": 0}),
        ("update_config", "web", {"key": "mode", "value": "better"}),
        ("update_config", "web", {"key": "size", "value": "10"}),
        ("update_config", "web", {"key": "fresh", "value": "10"}),
        ("update_config", "web", {"key": "cpu.limit", "value": "250m"}),
        ("update_config", "store", {"key": "cpu.limit", "value": "2"}),
    ],
)
def test_the_undo_record_puts_everything_back(
    shop: Shop, system: NamespaceSystem, kind: str, target: str, parameters: dict[str, Any]
) -> None:
    objects = ((DEPLOYMENTS, "web"), (STATEFUL_SETS, "store"), (CONFIG_MAPS, "settings"))
    before = [shop.spec(*one) for one in objects]
    made = change(system, kind, target, **parameters)
    assert [shop.spec(*one) for one in objects] != before
    shop.put_back(made.undo)
    assert [shop.spec(*one) for one in objects] == before


def test_a_rollback_puts_the_template_of_a_replica_set_in_place(shop: Shop, system: NamespaceSystem) -> None:
    now = shop.get(DEPLOYMENTS, "web")
    older = json.loads(json.dumps(now["spec"]["template"]).replace("busybox:1", "busybox:0"))
    for number, template in ((1, older), (2, now["spec"]["template"])):
        labels = {"app": "web", "pod-template-hash": f"h{number}"}
        owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": now["metadata"]["uid"]}
        shop.make({
            "apiVersion": "apps/v1", "kind": "ReplicaSet",
            "metadata": {
                "name": f"web-h{number}", "labels": labels, "ownerReferences": [owner | {"controller": True}],
                "annotations": {"deployment.kubernetes.io/revision": str(number)},
            },
            "spec": {
                "replicas": 0, "selector": {"matchLabels": labels},
                "template": template | {"metadata": {"labels": labels}},
            },
        })  # fmt: skip
    made = change(system, "rollback_deployment", "web", to_version="0")
    assert made.message.endswith("r1:0 is rolled out over r2:1")
    assert shop.spec(DEPLOYMENTS, "web")["template"]["spec"] == older["spec"]
    assert "pod-template-hash" not in shop.spec(DEPLOYMENTS, "web")["template"]["metadata"]["labels"]


def test_of_two_patches_none_is_made_if_the_server_refuses_one(shop: Shop, system: NamespaceSystem) -> None:
    """The ConfigMap would take it; the Deployment has no room for one more annotation."""
    full = shop.get(DEPLOYMENTS, "web") | {"apiVersion": "apps/v1", "kind": "Deployment"}
    full["metadata"]["annotations"] = {"full": "x" * (256 * 1024 - 4)}
    shop.kubectl("replace", "-f", "-", stdin=json.dumps(full))
    with pytest.raises(RefusedChangeError, match=r"would not accept it: .*annotations"):
        change(system, "update_config", "web", key="mode", value="better")
    assert shop.spec(CONFIG_MAPS, "settings") == {"MODE": "good"}


@pytest.mark.parametrize(
    ("kind", "parameters", "words"),
    [
        ("restart_service", {"memory_limit": "128Mi"}, "would accept it. Deployment web: its pods are replaced"),
        ("update_config", {"key": "mode", "value": "better"}, "would accept it. mode of web becomes 'better'"),
        ("update_config", {"key": "cpu.limit", "value": "250m"}, "would accept it. Deployment web"),
        ("scale_service", {"replicas": 2}, "has 2 replicas already"),
    ],
)
def test_a_dry_run_is_the_servers_and_stores_nothing(
    shop: Shop, system: NamespaceSystem, kind: str, parameters: dict[str, Any], words: str
) -> None:
    objects = ((DEPLOYMENTS, "web"), (CONFIG_MAPS, "settings"))
    before = [shop.get(*one)["metadata"]["resourceVersion"] for one in objects]
    action = parse_action({"action_type": kind, "target_service": "web", "parameters": parameters})
    try:
        told = system.check(action)
    except RefusedChangeError as problem:
        told = str(problem)
    assert words in told
    assert [shop.get(*one)["metadata"]["resourceVersion"] for one in objects] == before


def test_an_object_that_changed_meanwhile_is_read_again(
    shop: Shop, system: NamespaceSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody scales just before the patch is sent: what is changed is what is there by then."""
    meddled = []

    async def meddling(*args: Any) -> None:
        if not meddled:
            meddled.append(True)
            shop.kubectl("scale", "deployment/web", "--replicas=4")
        await make(*args)

    monkeypatch.setattr(system_module, "make", meddling)
    made = change(system, "scale_service", "web", replicas=6)
    assert made.undo[0]["was"] == {"replicas": 4}
    assert shop.spec(DEPLOYMENTS, "web")["replicas"] == 6


@pytest.mark.parametrize("lost", ["request", "answer"])
def test_what_got_no_answer_is_asked_for_and_made_once(
    shop: Shop, system: NamespaceSystem, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    failures = []

    async def failing(*args: Any) -> None:
        if failures or lost == "answer":
            await make(*args)
        if not failures:
            failures.append(True)
            raise UnavailableError("the connection broke")

    monkeypatch.setattr(system_module, "make", failing)
    before = shop.get(DEPLOYMENTS, "web")["metadata"]["generation"]
    change(system, "restart_service", "web", change_key="uid/1/5")
    assert shop.get(DEPLOYMENTS, "web")["metadata"]["generation"] == before + 1
    assert system.was_made("web", "uid/1/5")
    assert not system.was_made("web", "uid/1/6")


def test_a_server_that_stays_away_leaves_the_outcome_unknown(
    system: NamespaceSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def failing(*args: Any) -> None:
        raise UnavailableError("the connection broke")

    monkeypatch.setattr(system_module, "make", failing)
    monkeypatch.setattr(system_module.time, "sleep", lambda seconds: None)
    with pytest.raises(OutcomeUnknownError, match="did not answer"):
        change(system, "restart_service", "web")


def test_a_probe_says_which_rights_are_there(shop: Shop) -> None:
    site = SiteRequest("shop", kubernetes={"namespace": shop.name, "config": CONFIG, "entry": "store"})
    found = survey(site)
    assert found.services == (("store", "restarting"), ("web", "restarting"))
    assert all(one.granted for one in found.rights)
    assert {"patch deployments.apps", "patch configmaps settings"} <= {one.text for one in found.rights}


def test_a_probe_looks_at_what_it_may_read_and_a_run_starts_from_the_same(shop: Shop) -> None:
    """Nobody makes pods here, nobody serves metrics.k8s.io, and Prometheus must not be dialled."""
    place = {"namespace": shop.name, "prometheus": {"url": "http://127.0.0.1:9"}}
    look = survey(SiteRequest("shop", kubernetes=place)).look
    assert look is not None
    web = look.by_name["web"]
    assert (web.health, web.replicas_ready, web.replicas_desired) == ("restarting", 0, 2)
    assert web.figures == Figures(memory_limit_mb=64.0)
    here = SiteRequest("shop", kubernetes={"namespace": shop.name})
    substrate = cluster_substrate(here, {"title": "it is slow"}, family="unknown")
    try:
        told = substrate.reset().text
    finally:
        substrate.close()
    assert "A look at all services finds" in told
    assert "is restarting" in told


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"selector": {"matchLabels": {"app": "nobody"}}}, "no Deployment or StatefulSet"),
        ({"entry": "checkout"}, "there is no 'checkout'"),
        ({"namespace": "no-such-namespace"}, "no Deployment or StatefulSet"),
        ({"prometheus": {"url": "http://127.0.0.1:9090", "serviceRef": {"name": "p"}}}, "exactly one of url"),
    ],
)
def test_a_namespace_that_cannot_be_acted_on_says_why(shop: Shop, spec: dict[str, Any], words: str) -> None:
    with pytest.raises(NamespaceError, match=words):
        cluster_substrate(SiteRequest("shop", kubernetes={"namespace": shop.name} | spec), None, family="unknown")


def test_a_selector_chooses_by_labels_and_conditions(shop: Shop) -> None:
    for selector, names in [
        ({"matchLabels": {"app": "web"}}, ["web"]),
        ({"matchExpressions": [{"key": "app", "operator": "In", "values": ["web", "store"]}]}, ["store", "web"]),
        ({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["web"]}]}, ["store"]),
        ({"matchExpressions": [{"key": "app", "operator": "Exists"}]}, ["store", "web"]),
    ]:
        found = survey(SiteRequest("shop", kubernetes={"namespace": shop.name, "selector": selector}))
        assert [name for name, _ in found.services] == names


def test_an_api_server_that_is_away_may_answer_later(
    shop: Shop, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = json.loads(shop.kubectl("config", "view", "--raw", "-o", "json"))
    config["clusters"][0]["cluster"] = {"server": "https://127.0.0.1:1"}
    (tmp_path / "away").write_text(json.dumps(config))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "away"))
    with pytest.raises(UnreachableError):
        cluster_substrate(SiteRequest("shop", kubernetes={"namespace": shop.name}), None, family="unknown")
    assert not issubclass(UnreachableError, SimcoreError), "what is a SimcoreError ends the run for good"


def test_an_action_on_a_namespace_leaves_a_trace_of_what_was_before(shop: Shop) -> None:
    site = SiteRequest("shop", kubernetes={"namespace": shop.name}, action_seconds=0.0, stabilization_seconds=0.1)
    substrate = cluster_substrate(site, None, family="unknown")
    try:
        substrate.reset()
        assert substrate.missing == {}, "of every workload the CPU limit may be set"
        result = substrate.step(do("scale_service", "web", replicas=3), idempotency_key="uid/1/1")
        assert result.info["undo"][0]["was"] == {"replicas": 2}
        assert "undo" not in substrate.step(do("list_services"), idempotency_key="uid/1/2").info
    finally:
        substrate.close()


def test_who_was_there_once_is_missed_and_who_is_gone_is_said(shop: Shop) -> None:
    site = SiteRequest("shop", kubernetes={"namespace": shop.name}, action_seconds=0.0, stabilization_seconds=0.1)
    substrate = cluster_substrate(site, None, family="unknown")
    try:
        substrate.reset()
        for name in ("store", "web"):
            assert substrate.step(do("scale_service", name, replicas=0)).observation.error is None
        rows = substrate.step(do("list_services")).observation.payload.services
        assert [(row.name, row.health) for row in rows] == [("store", "crashed"), ("web", "crashed")]
        shop.kubectl("delete", "deployment/web", "statefulset/store")
        for kind in ("describe_service", "restart_service"):
            error = substrate.step(do(kind, "store")).observation.error
            assert error is not None
            assert "there is no 'store'" in error
        assert substrate.step(do("resolve_incident", None, causes=[])).done
        assert substrate.snapshot().services == ()
    finally:
        substrate.close()


def test_a_request_that_anothers_failure_left_behind_is_ended_with_it(shop: "Shop") -> None:
    ended: list[str] = []

    async def slow() -> None:
        try:
            await asyncio.sleep(3600.0)
        finally:
            ended.append("slow")

    async def fail() -> None:
        raise ValueError("no")

    async def both(client: KubeClient) -> None:
        await asyncio.gather(slow(), fail())

    with pytest.raises(ValueError, match="no"):
        shop.kube.run(both)
    assert ended == ["slow"]
