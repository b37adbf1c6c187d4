"""What a CPU limit does to a service: told by who measures throttling, by usage, or by what was changed."""

from dataclasses import replace

import pytest

from praetor.substrates.cluster import checks, payloads
from praetor.substrates.cluster.sightings import Requests
from tests.support.cluster_objects import ago, container, deployment, looked_at, pod, replica_set, template

LATE = pod(owner="uid-api-h2", ready=False, age=80)


def limited(cpu):
    return template(container(resources={"limits": {"cpu": cpu}} if cpu else {}))


def calling(name):
    return template(container(env=[{"name": "UPSTREAM", "value": f"http://{name}:8080/"}]), name="caller")


CALLERS = [deployment("orders", pod=calling("api")), deployment("web", pod=calling("orders"))]


def api(now, before, *, used=None, throttled=None, its_pod=LATE, age=100, web_is_ready=True):
    usage = [] if used is None else [used_by(its_pod, used)]
    callers = [
        pod("orders-1", owner="uid-orders-h1"), pod("web-1", owner="uid-web-h1", ready=web_is_ready, age=80),
    ]  # fmt: skip
    found = looked_at(
        deployments=[deployment(pod=limited(now)), *CALLERS],
        replica_sets=[
            replica_set(1, pod=limited(before), age=5000), replica_set(2, pod=limited(now), age=age),
            replica_set(1, "orders", pod=calling("api")), replica_set(1, "web", pod=calling("orders")),
        ],
        pods=[its_pod, *callers],
        usage=usage,
    )  # fmt: skip
    return replace(found, requests={"api": Requests(throttled_share=throttled)})


def used_by(its_pod, cpu):
    containers = [{"name": "main", "usage": {"cpu": cpu, "memory": "20Mi"}}]
    return {"metadata": {"name": its_pod["metadata"]["name"]}, "timestamp": ago(9), "containers": containers}


def failing(found, command):
    return {check.name: check for check in checks.diagnostic(found, "api", command, {}).checks if not check.ok}


WELL = pod(owner="uid-api-h2")


@pytest.mark.parametrize(
    ("found", "names"),
    [
        (api("10m", None), {"cpu throttling"}),
        (api("10m", "200m"), {"cpu throttling"}),
        (api("10m", None, used="6m"), {"cpu throttling"}),
        (api("10m", None, used="10m", its_pod=WELL), {"cpu throttling", "cpu"}),
        (api("10m", None, throttled=0.4, its_pod=WELL), {"cpu throttling"}),
        (api("100m", "100m", throttled=0.4, used="40m", its_pod=WELL), {"cpu throttling"}),
        (api("100m", "100m", throttled=0.4, used="99m", its_pod=WELL), {"cpu"}),
        (api("100m", "100m", throttled=0.01, used="40m"), set()),
        (api("10m", None, throttled=0.01), set()),
        (api("10m", None, used="2m"), set()),
        (api("10m", None, its_pod=WELL), set()),
        (api("10m", None, used="6m", its_pod=WELL), set()),
        (api("10m", None, used="6m", its_pod=WELL, web_is_ready=False), {"cpu throttling"}),
        (api("10m", None, age=7200), set()),
        (api("200m", "10m"), set()),
        (api(None, "10m"), set()),
        (api("10m", "10m"), set()),
    ],
    ids=[
        "lowered from none", "lowered", "lowered, and half of it used", "lowered, and used up", "lowered, and measured",
        "bursts", "simply used up", "nobody is held back", "lowered, and measured not to matter",
        "lowered, and hardly used", "lowered, and well", "lowered, half of it used, and well",
        "lowered, and felt by who waits for it", "lowered long ago", "raised", "taken away", "as it was",
    ],
)  # fmt: skip
def test_a_limit_holds_back_if_it_is_measured_to_or_was_lowered_and_is_felt(found, names):
    assert failing(found, "check_resources").keys() == names


def test_the_check_says_what_was_changed_and_what_is_used():
    (check,) = failing(api("10m", None, used="6m"), "check_resources").values()
    assert check.detail == "its CPU limit was lowered from none to 10m 100 s ago; 60 % of it are used"
    assert check.value == pytest.approx(0.6)
    (unmeasured,) = failing(api("10m", None), "check_resources").values()
    assert "not measured yet" in unmeasured.detail


def test_who_is_late_for_lack_of_cpu_does_not_fail_by_itself():
    assert "exceptions" not in failing(api("10m", None), "check_health")
    assert "exceptions" in failing(api(None, None), "check_health")


def test_the_limit_is_shown_as_a_setting_and_throttling_as_a_figure():
    assert payloads.service_detail(api("10m", None), "api", None).config == (("cpu.limit", "10m"),)
    assert payloads.service_detail(api(None, None), "api", None).config == ()
