"""Workloads of a namespace as a substrate, on real pods: what breaks there really breaks, and a cure really cures."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from praetor.guard.targets import SiteRequest
from praetor.substrates.cluster.connecting import ClusterSubstrate, cluster_substrate
from praetor.substrates.cluster.errors import NamespaceError
from praetor.substrates.cluster.probing import survey
from simcore.actions import CHANGES
from simcore.observation import ServiceDetail, ServiceRow
from simcore.results import StepResult
from tests.support.chart import of_kind, rendered
from tests.support.cluster import Namespace, run
from tests.support.playing import do
from tests.support.workloads import GREEDY, MOODY, PYTHON, config_map, deployment, service, stateful_set

pytestmark = pytest.mark.timeout(1800)
CONFIG = [
    {"service": "moody", "key": "mode", "configMap": {"name": "settings", "key": "MODE"}},
    {"service": "web", "key": "greeting", "env": {"name": "GREETING"}},
]
SOON_S = 600.0


@pytest.fixture(scope="module")
def shop(namespace: Namespace) -> Namespace:
    """All workloads of this file, well."""
    env = [{"name": "GREETING", "value": "hello"}, {"name": "API_URL", "value": "http://greedy:8080"}]
    namespace.apply(
        config_map("settings", MODE="good"),
        deployment("web", replicas=2, env=env),
        deployment("greedy", PYTHON, ["python3", "-c", GREEDY], memory="128Mi"),
        deployment("moody", PYTHON, ["python3", "-c", MOODY], envFrom=[{"configMapRef": {"name": "settings"}}]),
        stateful_set("store"),
        *(service(name) for name in ("web", "greedy", "moody", "store")),
    )
    namespace.kubectl("rollout", "status", "deployment", "--timeout=300s")
    namespace.kubectl("rollout", "status", "statefulset/store", "--timeout=300s")
    return namespace


def site_request(namespace: Namespace) -> SiteRequest:
    kubernetes = {"namespace": namespace.name, "config": CONFIG, "entry": "web"}
    return SiteRequest("shop", kubernetes=kubernetes, action_seconds=0.0, stabilization_seconds=4.0)


@contextmanager
def connected(namespace: Namespace) -> Iterator["Hand"]:
    alert = {"title": "it is unwell", "service": "web"}
    substrate = cluster_substrate(site_request(namespace), alert, family="unknown", max_steps=100_000)
    try:
        substrate.reset()
        yield Hand(substrate)
    finally:
        substrate.close()


@pytest.fixture
def hand(shop: Namespace) -> Iterator["Hand"]:
    with connected(shop) as hand:
        yield hand


class Hand:
    """Acts on a substrate as a policy does."""

    def __init__(self, substrate: ClusterSubstrate) -> None:
        self.substrate, self._steps = substrate, 0

    def act(self, kind: str, target: str | None = None, **parameters: Any) -> StepResult:
        self._steps += 1
        return self.substrate.step(do(kind, target, **parameters), idempotency_key=f"uid/1/{self._steps}")

    def look(self, kind: str, target: str | None = None, **parameters: Any) -> Any:
        result = self.act(kind, target, **parameters)
        assert result.observation.error is None, result.observation.error
        return result.observation.payload

    def change(self, kind: str, target: str, **parameters: Any) -> dict[str, Any]:
        """The undo record."""
        result = self.act(kind, target, **parameters)
        assert result.observation.error is None, result.observation.error
        (undo, *_) = result.info["undo"]
        return dict(undo)

    def refusal(self, kind: str, target: str, **parameters: Any) -> str:
        error = self.act(kind, target, **parameters).observation.error
        assert error is not None
        return error

    def row(self, name: str) -> ServiceRow:
        return next(row for row in self.look("list_services").services if row.name == name)

    def until(self, name: str, holds: Callable[[ServiceRow], bool], seconds: float = SOON_S) -> ServiceRow:
        ends = time.monotonic() + seconds
        while not holds(row := self.row(name)):
            assert time.monotonic() < ends, row
            time.sleep(0.3)
        return row

    def until_well(self, name: str) -> ServiceRow:
        return self.until(name, lambda row: row.health == "healthy" and row.replicas_ready > 0)


def test_a_container_that_is_killed_for_its_memory_is_cured_by_a_higher_limit(shop: Namespace, hand: Hand) -> None:
    shop.kubectl("set", "resources", "deployment/greedy", "--limits=memory=30Mi")
    hand.until("greedy", lambda row: row.health == "crashed" and row.restarts > 0)
    detail: ServiceDetail = hand.look("describe_service", "greedy")
    assert detail.last_termination is not None
    assert (detail.last_termination.reason, detail.last_termination.exit_code) == ("OOMKilled", 137)
    changed = [(change.key, change.old, change.new) for change in detail.config_changes]
    assert ("memory.limit", "128Mi", "30Mi") in changed
    checks = hand.look("run_diagnostic", "web", command="check_connectivity").checks
    assert [check.about for check in checks if not check.ok] == ["greedy"]

    undo = hand.change("restart_service", "greedy", memory_limit="128Mi")
    assert undo["was"]["memory limit"] == "30Mi"
    hand.until_well("greedy")
    limits = shop.get("deployment", "greedy")["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]
    assert limits == {"memory": "128Mi"}


def test_a_release_that_cannot_be_pulled_is_rolled_back_to_the_version_before(shop: Namespace, hand: Hand) -> None:
    before = hand.row("web").version
    shop.kubectl("set", "image", "deployment/web", "main=localhost/busybox:no-such-tag")
    hand.until("web", lambda row: row.health == "crashed")
    detail: ServiceDetail = hand.look("describe_service", "web")
    assert detail.version.endswith(":no-such-tag")
    assert [deploy.version for deploy in detail.rollouts][-2:] == [before, detail.version]
    assert detail.unhealthy_seconds is not None
    health = hand.look("run_diagnostic", "web", command="check_health").checks
    assert any(
        "ImagePull" in check.detail or "ErrImage" in check.detail for check in health if check.name == "exceptions"
    )
    assert (
        "ImagePull" in hand.look("read_logs", "web").lines[-1].message
        or "ErrImage" in hand.look("read_logs", "web").lines[-1].message
    )

    undo = hand.change("rollback_deployment", "web", to_version=before)
    assert undo["undo"]["toRevision"] == int(detail.version[1:].partition(":")[0])
    row = hand.until_well("web")
    assert row.version.endswith(before.partition(":")[2])
    image = shop.get("deployment", "web")["spec"]["template"]["spec"]["containers"][0]["image"]
    assert image == "localhost/busybox:1"


def test_a_service_that_was_scaled_away_is_missed_and_comes_back(shop: Namespace, hand: Hand) -> None:
    shop.kubectl("scale", "deployment/web", "--replicas=0")
    row = hand.until("web", lambda row: row.replicas_ready == 0)
    assert (row.health, row.replicas_desired) == ("crashed", 0)
    assert "it used to have 2 replicas" in " ".join(hand.look("describe_service", "web").events)
    assert hand.act("list_services").observation.alerts
    undo = hand.change("scale_service", "web", replicas=2)
    assert (undo["was"], undo["undo"]["spec"]) == ({"replicas": 0}, {"replicas": 0})
    assert hand.until_well("web").replicas_ready == 2


def test_a_key_of_a_config_map_is_put_right_and_takes_effect(shop: Namespace, hand: Hand) -> None:
    shop.kubectl("patch", "configmap", "settings", "-p", '{"data": {"MODE": "evil"}}')
    shop.kubectl("rollout", "restart", "deployment/moody")
    hand.until("moody", lambda row: row.health == "crashed")
    detail: ServiceDetail = hand.look("describe_service", "moody")
    assert dict(detail.config) == {"mode": "evil"}
    assert [(change.key, change.old, change.new) for change in detail.config_changes] == [("mode", "good", "evil")]
    words = " ".join(line.message for line in hand.look("read_logs", "moody").lines)
    assert "cannot work in mode evil" in words
    assert "hunter2" not in words

    undo = hand.change("update_config", "moody", key="mode", value="good")
    assert (undo["kind"], undo["was"]) == ("ConfigMap", {"MODE": "evil"})
    hand.until_well("moody")


def test_a_cpu_limit_that_was_lowered_is_named_and_put_back(shop: Namespace, hand: Hand) -> None:
    shop.kubectl("set", "resources", "deployment/moody", "--limits=cpu=10m")
    hand.until("moody", lambda row: row.health != "healthy")
    detail: ServiceDetail = hand.look("describe_service", "moody")
    assert detail.cpu_limit == dict(detail.config)["cpu.limit"] == "10m"
    changed = [(change.key, change.old, change.new) for change in detail.config_changes]
    assert ("cpu.limit", "none", "10m") in changed
    checks = hand.look("run_diagnostic", "moody", command="check_resources").checks
    assert any("lowered from none to 10m" in check.detail for check in checks if check.name == "cpu throttling")

    undo = hand.change("update_config", "moody", key="cpu.limit", value="none")
    assert undo["was"]["cpu limit"] == "10m"
    hand.until_well("moody")
    resources = shop.get("deployment", "moody")["spec"]["template"]["spec"]["containers"][0]["resources"]
    assert "cpu" not in resources["limits"]


def test_an_environment_variable_is_set_and_rolled_out(shop: Namespace, hand: Hand) -> None:
    hand.change("update_config", "web", key="greeting", value="good morning")
    hand.until_well("web")
    env = shop.get("deployment", "web")["spec"]["template"]["spec"]["containers"][0]["env"]
    assert {"name": "GREETING", "value": "good morning"} in env
    assert {"name": "API_URL", "value": "http://greedy:8080"} in env


def test_a_stateful_set_is_started_anew_and_taken_back(shop: Namespace, hand: Hand) -> None:
    first = hand.row("store").version
    hand.change("restart_service", "store", memory_limit="48Mi")
    hand.until("store", lambda row: row.health == "healthy" and row.version != first)
    shop.kubectl("rollout", "status", "statefulset/store", "--timeout=300s")
    shop.kubectl("set", "image", "statefulset/store", "main=localhost/busybox:no-such-tag")
    hand.until("store", lambda row: row.health == "crashed")
    done = hand.look("rollback_deployment", "store", to_version=first.partition(":")[0])
    assert "pod store-0, which cannot run and would keep the others waiting, is evicted" in done.message
    shop.kubectl("rollout", "status", "statefulset/store", "--timeout=300s")
    limits = shop.get("statefulset", "store")["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]
    assert limits == {"memory": "32Mi"}


def test_what_makes_no_sense_is_refused_and_says_what_would(hand: Hand) -> None:
    version = hand.row("web").version
    assert "runs already" in hand.refusal("rollback_deployment", "web", to_version=version)
    assert "has no 'r99'" in hand.refusal("rollback_deployment", "web", to_version="r99")
    assert "allows greeting" in hand.refusal("update_config", "web", key="PATH", value="/nowhere")
    assert "allows none" in hand.refusal("update_config", "greedy", key="mode", value="good")
    assert "2 replicas already" in hand.refusal("scale_service", "web", replicas=2)
    assert "there is no 'nobody'" in hand.refusal("restart_service", "nobody")


def test_a_change_that_comes_again_with_its_key_is_not_made_again(shop: Namespace, hand: Hand) -> None:
    before = shop.get("deployment", "greedy")["metadata"]["generation"]
    action = do("restart_service", "greedy")
    for _ in range(2):
        assert hand.substrate.step(action, idempotency_key="uid/7/7").observation.error is None
    after = shop.get("deployment", "greedy")
    assert after["metadata"]["generation"] == before + 1
    assert after["metadata"]["annotations"]["praetor.dev/last-change"] == "uid/7/7"
    fields = shop.get("deployment", "greedy", "--show-managed-fields")["metadata"]["managedFields"]
    assert "praetor" in {one["manager"] for one in fields}
    hand.until_well("greedy")


def test_the_charts_role_is_enough_and_less_is_said_clearly(
    shop: Namespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = ("--set", f"targetNamespaces[0].name={shop.name},targetNamespaces[0].configMaps={{settings}}")
    (role,) = (one for one in of_kind(rendered(*settings), "Role") if one["metadata"]["namespace"] == shop.name)
    looking = {
        "rules": [rule | {"verbs": [verb for verb in rule["verbs"] if verb != "patch"]} for rule in role["rules"]]
    }

    roles = {"operator": role, "viewer": role | looking, "stranger": None}
    accounts = {name: account(shop, name, granted, tmp_path) for name, granted in roles.items()}
    monkeypatch.setenv("KUBECONFIG", accounts["operator"])
    with connected(shop) as hand:
        assert hand.row("web").health == "healthy"
        assert dict(hand.look("describe_service", "moody").config) == {"mode": "good"}
        hand.change("scale_service", "web", replicas=1)
        assert hand.substrate.missing == {}
        assert all(one.granted for one in survey(site_request(shop)).rights)

    monkeypatch.setenv("KUBECONFIG", accounts["viewer"])
    with connected(shop) as hand:
        assert "may not patch deployments.apps in namespace" in hand.refusal("restart_service", "web")
        assert hand.substrate.missing.keys() == CHANGES
        denied = {one.text for one in survey(site_request(shop)).rights if not one.granted}
        assert {"patch deployments.apps", "patch statefulsets.apps", "patch configmaps settings"} == denied

    monkeypatch.setenv("KUBECONFIG", accounts["stranger"])
    with pytest.raises(NamespaceError, match="may not be listed"), connected(shop):
        pass


def account(namespace: Namespace, name: str, role: dict[str, Any] | None, folder: Path) -> str:
    """A kubeconfig of a new ServiceAccount with this Role."""
    namespace.kubectl("create", "serviceaccount", name)
    if role is not None:
        namespace.apply(role | {"metadata": {"name": name, "namespace": namespace.name}})
        namespace.kubectl("create", "rolebinding", name, f"--role={name}", f"--serviceaccount={namespace.name}:{name}")
    config = json.loads(run("kubectl", "config", "view", "--minify", "--raw", "-o", "json"))
    config["users"][0]["user"] = {"token": namespace.kubectl("create", "token", name).strip()}
    (folder / name).write_text(json.dumps(config))
    return str(folder / name)
