"""How a service is, from its objects as data: health, trouble, readiness, and what the playbook is shown of them."""

import pytest

from praetor.substrates.cluster import checks, payloads
from praetor.substrates.cluster.health import troubled_seconds
from praetor.substrates.cluster.readiness import Look, Readiness, look_at
from tests.support.cluster_objects import (
    ago,
    config_map,
    container,
    deployment,
    ended,
    event,
    looked_at,
    pod,
    replica_set,
    service,
    template,
    waiting,
)  # fmt: skip

BACK_OFF = waiting("CrashLoopBackOff", "back-off 20s")
NO_IMAGE = waiting("ImagePullBackOff", "Back-off pulling image")
NO_ROOM = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1: Insufficient memory"}


def api(*pods, replicas=1, **spec):
    return looked_at(deployments=[deployment(replicas=replicas, **spec)], replica_sets=[replica_set(1)], pods=pods)


@pytest.mark.parametrize(
    ("pods", "replicas", "health"),
    [
        ([pod()], 1, "healthy"),
        ([pod(), pod("api-2")], 2, "healthy"),
        ([pod(ready=False, state=waiting("ContainerCreating"))], 1, "restarting"),
        ([pod(ready=False, age=5)], 1, "restarting"),
        ([pod(ready=False, age=300)], 1, "crashed"),
        ([pod(ready=False, state=BACK_OFF, last=ended())], 1, "crashed"),
        ([pod(ready=False, state=NO_IMAGE)], 1, "crashed"),
        ([pod(ready=False, state={}, conditions=(NO_ROOM,))], 1, "crashed"),
        ([pod(), pod("api-2", ready=False, state=BACK_OFF, last=ended())], 2, "degraded"),
        ([pod(), pod("api-2", ready=False, age=5), pod("api-3", ready=False, age=5)], 3, "unhealthy"),
        ([pod(), pod("api-2", owner="uid-api-h1", ready=False, state=NO_IMAGE)], 1, "degraded"),
        ([pod(restarts=1, last=ended(seconds=20))], 1, "degraded"),
        ([pod(restarts=1, last=ended(seconds=900))], 1, "healthy"),
        ([], 1, "restarting"),
    ],
)
def test_health_follows_from_pods(pods, replicas, health):
    assert api(*pods, replicas=replicas).health("api") == health


def test_a_rollout_that_kubernetes_gave_up_is_trouble_although_the_old_pods_serve():
    stuck = deployment()
    stuck["status"] = {"conditions": [{"type": "Progressing", "status": "False"}]}
    found = looked_at(deployments=[stuck], replica_sets=[replica_set(1)], pods=[pod()])
    assert found.health("api") == "degraded"


def test_pods_that_are_not_even_made_are_a_crash_and_the_quota_is_named():
    refused = deployment()
    refused["status"] = {"conditions": [{"type": "ReplicaFailure", "status": "True"}]}
    said = event("api-h1", "FailedCreate", 'pods "x" is forbidden: exceeded quota: small', kind="ReplicaSet")
    found = looked_at(deployments=[refused], replica_sets=[replica_set(1)], events=[said])
    assert found.health("api") == "crashed"
    assert "exceeded quota" in " ".join(payloads.service_detail(found, "api", None).events)


SCALED = event(
    "api", "ScalingReplicaSet", "Scaled down replica set api-h1 from 3 to 0", kind="Deployment", type_="Normal"
)
APPLIED = {"kubectl.kubernetes.io/last-applied-configuration": '{"spec": {"replicas": 4}}'}


@pytest.mark.parametrize(
    ("objects", "usual"),
    [
        ({"events": [SCALED], "replica_sets": [replica_set(1)]}, 3),
        ({"replica_sets": [replica_set(1, desired_replicas="2")]}, 2),
        ({"annotations": APPLIED, "events": [SCALED], "replica_sets": [replica_set(1)]}, 4),
    ],
)
def test_who_was_scaled_away_is_missed_as_far_as_something_tells_how_many_there_were(objects, usual):
    gone = deployment(replicas=0)
    gone["metadata"]["annotations"] = objects.pop("annotations", {})
    found = looked_at(deployments=[gone], **objects)
    row = payloads.row_of(found, "api")
    assert (row.health, row.replicas_desired, found.workloads["api"].usual_replicas) == ("crashed", 0, usual)
    assert look_at(1.0, found.workloads.values()) == Look(1.0, 0.0, False)


def test_who_never_ran_is_missed_by_nobody():
    found = looked_at(
        deployments=[deployment("idle", replicas=0), deployment()], pods=[pod()], replica_sets=[replica_set(1)]
    )
    assert found.names == ["api"]


def test_pods_that_are_leaving_are_not_counted():
    leaving = pod("api-2", ready=False, state=BACK_OFF, last=ended())
    leaving["metadata"]["deletionTimestamp"] = ago(1)
    assert api(pod(), leaving).health("api") == "healthy"


def test_trouble_began_with_the_first_warning_about_a_pod_that_has_it():
    found = looked_at(
        deployments=[deployment()],
        replica_sets=[replica_set(1)],
        pods=[pod(ready=False, state=BACK_OFF, last=ended(seconds=10), restarts=4)],
        events=[
            event("api-1", "BackOff", "Back-off restarting", seconds=120),
            event("other-1", "BackOff", "x", seconds=500),
        ],
    )
    assert troubled_seconds(found.workloads["api"]) == 120
    assert payloads.service_detail(found, "api", 33.0).unhealthy_seconds == 120


def test_readiness_is_held_if_its_mean_is_and_nothing_is_in_trouble():
    readiness = Readiness(0.99)
    for at, share, calm in [(0.0, 0.0, False), (1.0, 0.5, True), (2.0, 1.0, True), (3.0, 1.0, True)]:
        readiness.add(Look(at, share, calm))
    assert [readiness.kept_since(at) for at in (0.0, 1.0, 2.0, 3.0, 4.0)] == [False, False, True, True, False]


def test_more_pods_than_wanted_of_one_make_up_for_nothing_of_another():
    found = looked_at(
        deployments=[deployment(), deployment("web")],
        replica_sets=[replica_set(1), replica_set(1, of="web")],
        pods=[pod(), pod("api-2"), pod("web-1", owner="uid-web-h1", ready=False, state=NO_IMAGE)],
    )
    assert look_at(0.0, found.workloads.values()) == Look(0.0, 0.5, False)


def test_what_a_health_check_says_tells_a_failing_release_from_a_lack_of_memory():
    def names(*pods):
        found = api(*pods)
        return {check.name for check in checks.diagnostic(found, "api", "check_health", {}).checks if not check.ok}

    assert "exceptions" in names(pod(ready=False, state=NO_IMAGE))
    assert "exceptions" in names(pod(ready=False, state=BACK_OFF, last=ended("Error", 1)))
    assert "exceptions" not in names(pod(ready=False, state=BACK_OFF, last=ended()))
    assert "exceptions" not in names(pod(ready=False, state={}, conditions=(NO_ROOM,)))


def test_who_waits_for_one_that_was_away_until_a_moment_ago_does_not_fail_by_itself():
    calling = template(container(env=[{"name": "UPSTREAM", "value": "http://api:8080/"}]), name="web")

    def bad(command, api_since, web_since, *, web_is_ready=False):
        waiting_pod = pod("web-1", "uid-web-h1", ready=web_is_ready, since=web_since)
        found = looked_at(
            deployments=[deployment("web", pod=calling), deployment()],
            replica_sets=[replica_set(1, "web", pod=calling), replica_set(1)],
            pods=[waiting_pod, pod(since=api_since)],
        )
        return {check.name: check for check in checks.diagnostic(found, "web", command, {}).checks if not check.ok}

    assert "exceptions" not in bad("check_health", 5, 60)
    assert "exceptions" in bad("check_health", 300, 60)
    assert "exceptions" in bad("check_health", 20, 10)
    assert bad("check_connectivity", 5, 60)["connect api"].detail == "healthy, 1 of 1 pods ready, and for 5 s only"
    assert "connect api" in bad("check_connectivity", 5, 2, web_is_ready=True)
    assert "connect api" not in bad("check_connectivity", 300, 60)


def test_usage_is_held_against_the_limits_of_the_pod_that_uses_most():
    def used(name, cpu, memory):
        usage = {"name": "main", "usage": {"cpu": cpu, "memory": memory}}
        return {"metadata": {"name": name}, "timestamp": ago(9), "containers": [usage]}

    limited = template(container(resources={"limits": {"memory": "100Mi", "cpu": "200m"}}))
    found = looked_at(
        deployments=[deployment(replicas=2, pod=limited)], replica_sets=[replica_set(1, pod=limited)],
        pods=[pod(), pod("api-2")], usage=[used("api-1", "190000000n", "97Mi"), used("api-2", "10m", "20480Ki")],
    )  # fmt: skip
    by_name = {check.name: check for check in checks.diagnostic(found, "api", "check_resources", {}).checks}
    assert (by_name["memory"].ok, by_name["memory"].value) == (False, pytest.approx(0.97))
    assert (by_name["cpu"].ok, by_name["cpu"].value) == (False, pytest.approx(95.0))
    assert found.metrics("api").cpu_percent == pytest.approx(20.0)


def test_calls_are_hosts_in_settings_and_not_words():
    def web(**env):
        variables = [{"name": name, "value": value} for name, value in env.items()]
        own = deployment("web", pod=template(container(env=variables), name="web"))
        found = looked_at(deployments=[own, deployment()], services=[service("api"), service("web")])
        return found.calls["web"]

    assert web(UPSTREAM="http://api:8080") == ["api"]
    assert web(DB_HOST="api") == ["api"]
    assert web(DSN="postgres://user:pw@api/shop") == ["api"]
    assert web(PEER="api.shop.svc.cluster.local") == ["api"]
    assert web(MODE="api", PATTERN="my-api:80", NAME="the api is here", OTHER="http://api-v2:80") == []


@pytest.mark.parametrize(
    ("more", "calls"),
    [
        ({"envFrom": [{"configMapRef": {"name": "settings"}}]}, ["api"]),
        ({"envFrom": [{"prefix": "THE_", "configMapRef": {"name": "settings"}}]}, ["api"]),
        ({"envFrom": [{"secretRef": {"name": "settings"}}]}, []),
        ({"envFrom": [{"configMapRef": {"name": "unreadable", "optional": True}}]}, []),
        ({"env": [{"name": "TO", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "UPSTREAM"}}}]}, ["api"]),
        ({"env": [{"name": "DB_HOST", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "DB"}}}]}, ["api"]),
        ({"env": [{"name": "TO", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "NO"}}}]}, []),
        ({"env": [{"name": "TO", "valueFrom": {"secretKeyRef": {"name": "settings", "key": "UPSTREAM"}}}]}, []),
        ({"env": [{"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}]}, []),
        (
            {
                "envFrom": [{"configMapRef": {"name": "settings"}}],
                "env": [{"name": "UPSTREAM", "value": "http://elsewhere.example"}],
            },
            [],
        ),
    ],
)
def test_calls_are_also_known_from_config_maps_that_may_be_read_and_never_from_secrets(more, calls):
    maps = (config_map(UPSTREAM="http://api:8080", DB="api"), config_map("other", UPSTREAM="http://web:80"))
    own = deployment("web", pod=template(container(**more), name="web"))
    found = looked_at(deployments=[own, deployment()], services=[service("api"), service("web")], maps=maps)
    assert found.calls == {"api": [], "web": calls}


def test_a_service_without_a_pod_behind_it_and_a_port_that_nobody_has_are_said():
    found = looked_at(
        deployments=[deployment()], replica_sets=[replica_set(1)], pods=[pod()], services=[service(target="http")],
        endpoint_slices=[{"metadata": {"labels": {"kubernetes.io/service-name": "api"}}, "endpoints": []}],
    )  # fmt: skip
    bad = [check.name for check in checks.diagnostic(found, "api", "check_connectivity", {}).checks if not check.ok]
    assert bad == ["endpoints of Service api", "port 80 of Service api"]
