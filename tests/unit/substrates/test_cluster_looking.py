"""What a look shows of a namespace that is made of objects alone, and what is called a fault there."""

from dataclasses import replace

import pytest

from praetor.substrates.cluster import looking
from praetor.substrates.cluster.looking import look_of
from praetor.substrates.cluster.prometheus import PrometheusError
from praetor.substrates.cluster.sightings import Requests
from simcore.classifier.classify import classify, in_words
from simcore.classifier.look import Figures
from simcore.errors import DeniedError, UnavailableError
from simcore.observation import LogLine
from tests.support.cluster_objects import (
    autoscaler,
    container,
    deployment,
    ended,
    event,
    looked_at,
    pod,
    replica_set,
    service,
    stateful_set,
    template,
    waiting,
)  # fmt: skip
from tests.support.pod_logs import Logs

CALLS = {"web": "api", "api": "store", "store": ""}
IMAGES = {"web": "shop/web:v1", "api": "shop/api:v1", "store": "docker.io/library/postgres:17"}
OOM = waiting("CrashLoopBackOff", "back-off 20s")
NO_IMAGE = waiting("ImagePullBackOff", "Back-off pulling image")
NO_ROOM = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1: Insufficient memory"}
MAY_GO_ON = [
    {"type": "Available", "status": "True"},
    {"type": "Progressing", "status": "True", "reason": "ReplicaSetUpdated"},
]
SCALED = event("api", "ScalingReplicaSet", "Scaled down replica set api-h1 from 2 to 0", kind="Deployment")


def made(name, cpu=None):
    env = [{"name": "UPSTREAM", "value": f"http://{CALLS[name]}:8080/" if CALLS[name] else ""}]
    limits = {"memory": "64Mi"} | ({"cpu": cpu} if cpu else {})
    return template(container(IMAGES[name], env=env, resources={"limits": limits}), name=name)


def shop(pods=None, *, replicas=2, released=5000.0, conditions=(), cpu=None, events=(), usage=(), **more):
    """Three services of two pods each in a row; `pods`, `replicas`, `released`, `conditions` are the api's."""
    deployments, sets, running = [], [], []
    for name in CALLS:
        ours = name == "api"
        deployments.append(deployment(name, replicas=replicas if ours else 2, pod=made(name, cpu)))
        sets.append(replica_set(1, of=name, pod=made(name, cpu), age=released if ours else 90_000))
        if ours:
            deployments[-1]["status"]["conditions"] = list(conditions)
        usual = [pod(f"{name}-{number}", f"uid-{name}-h1") for number in (1, 2)]
        running += usual if not ours or pods is None else pods
    return looked_at(
        deployments=deployments, replica_sets=sets, pods=running, services=[service(name) for name in CALLS],
        events=events, usage=usage, **more,
    )  # fmt: skip


def measured(name, cpu="5m", memory="20Mi"):
    used = {"containers": [{"name": "main", "usage": {"cpu": cpu, "memory": memory}}]}
    return {"metadata": {"name": name}, "timestamp": "2026-01-31T11:59:50Z"} | used


USAGE = [measured(f"{name}-{number}") for name in CALLS for number in (1, 2)]
LATE = [pod("api-1"), pod("api-2", ready=False, age=90)]
STARTS = [pod("api-1"), pod("api-2", ready=False, age=5)]
FRESH = [pod("api-1", age=20), pod("api-2", age=20)]
KILLED = pod("api-2", ready=False, state=OOM, last=ended(), restarts=3)
PULLS = pod("api-2", ready=False, state=NO_IMAGE)


def api(seen, lines=None):
    return look_of(seen, lines or {}).by_name["api"]


@pytest.mark.parametrize(
    "seen",
    [
        shop(),
        shop(usage=USAGE),
        shop(FRESH, released=25),
        shop(FRESH, released=25, usage=USAGE),
        shop(STARTS, released=25, conditions=MAY_GO_ON),
        shop(LATE, released=95, conditions=MAY_GO_ON, usage=USAGE),
        shop([*FRESH, pod("api-3"), pod("api-4"), pod("api-5")], replicas=5),
        shop([*FRESH, pod("api-3"), pod("api-4"), pod("api-5")], replicas=5, autoscalers=[autoscaler()]),
        shop([pod("api-1", restarts=1, last=ended(seconds=900)), pod("api-2")], usage=USAGE),
    ],
)
@pytest.mark.parametrize("line", ["", "GET /cart status=500", "GET /cart: request timed out"])
def test_a_namespace_that_is_well_has_no_fault_whatever_nobody_measures_there(seen, line):
    found = classify(look_of(seen, {"api": [LogLine(5.0, "ERROR", line)]}))
    assert not found.is_fault
    assert "something wrong" not in in_words(found)


@pytest.mark.parametrize("many", [1, 9, 50])
def test_more_services_that_nobody_measures_are_no_fault_either(many):
    names = [f"s{number}" for number in range(many)]
    seen = looked_at(
        deployments=[deployment(name) for name in names],
        replica_sets=[replica_set(1, of=name) for name in names],
        pods=[pod(f"{name}-1", f"uid-{name}-h1") for name in names],
    )
    assert not classify(look_of(seen, {})).is_fault


@pytest.mark.parametrize(
    ("seen", "evidence"),
    [
        (shop([pod("api-1"), KILLED]), "api: killed for its memory"),
        (shop([KILLED], replicas=1), "api is crashed"),
        (shop([pod("api-1", restarts=1, last=ended(seconds=20)), pod("api-2")]), "api: killed for its memory"),
        (shop([], replicas=0, events=[SCALED]), "api is crashed"),
        (shop([PULLS], replicas=1, released=60), "api is crashed"),
        (shop([*FRESH, PULLS], released=60, conditions=MAY_GO_ON), "api is degraded"),
        (shop([*FRESH, PULLS], released=6000), "an image cannot be pulled"),
        (shop([pod("api-1"), pod("api-2", ready=False, state={}, conditions=(NO_ROOM,))]), "finds no room"),
        (shop(LATE), "api is degraded"),
        (shop([pod("api-1", ready=False, age=5)], replicas=1, conditions=MAY_GO_ON), "api is restarting"),
    ],
)
@pytest.mark.parametrize("usage", [(), USAGE])
def test_what_is_wrong_is_a_fault_with_what_was_seen_of_it(seen, evidence, usage):
    seen = replace(seen, objects=replace(seen.objects, usage=tuple(usage)))
    found = classify(look_of(seen, {}))
    assert found.is_fault
    assert evidence in " ".join(found.evidence)


def test_requests_that_fail_are_felt_although_all_pods_are_ready():
    failing = Requests(per_second=12.0, failing_share=0.4, latency_p99_ms=80.0)
    seen = replace(shop(usage=USAGE), requests=dict.fromkeys(("web", "api"), failing))
    assert api(seen).figures.error_rate_percent == pytest.approx(40.0)
    assert api(seen).health == "degraded"
    assert classify(look_of(seen, {})).is_fault


def test_a_look_has_what_objects_tell():
    seen = shop([*FRESH, pod("api-3", ready=False)], replicas=3, released=500, usage=USAGE, autoscalers=[autoscaler()])
    found = api(seen)
    assert (found.calls, found.released_seconds) == (("store",), 500.0)
    assert (found.replicas_ready, found.replicas_desired, found.replicas_usual) == (2, 3, 2)
    store = look_of(seen, {}).by_name["store"]
    assert (store.runtime, store.is_database, store.released_seconds) == ("postgres", True, 90_000.0)


def test_figures_that_nobody_has_are_missing():
    assert api(shop()).figures == Figures(memory_limit_mb=64.0)


@pytest.mark.parametrize(("limit", "percent"), [(None, 5.0), ("50m", 100.0)])
def test_cpu_is_of_the_busiest_pod_and_of_its_limit_if_it_has_one(limit, percent):
    usage = [measured("api-1", "50m"), measured("api-2", "5m")]
    assert api(shop(cpu=limit, usage=usage)).figures.cpu_percent == pytest.approx(percent)


def test_a_kill_that_was_not_for_memory_is_not_called_one():
    killed = pod("api-2", ready=False, state=OOM, last=ended("Error", 137), restarts=3)
    assert not any("137" in line.message for line in api(shop([pod("api-1"), killed])).lines)


def test_a_rollout_of_a_stateful_set_is_no_trouble_while_one_pod_after_the_other_is_replaced():
    def seen(current, age):
        store = stateful_set("store", replicas=2)
        store["status"] |= {"currentRevision": current, "updateRevision": "store-2"}
        pods = [pod("store-0", "uid-store"), pod("store-1", "uid-store", ready=False, age=age)]
        return look_of(looked_at(stateful_sets=[store], pods=pods), {}).by_name["store"].health

    assert [seen("store-1", 5), seen("store-2", 5), seen("store-1", 90)] == ["healthy", "degraded", "degraded"]


def test_who_calls_whom_is_supposed_from_lines_where_no_setting_tells():
    seen = replace(shop(), calls={name: [] for name in CALLS})
    complains = LogLine(5.0, "ERROR", "call to store failed: connection refused")
    assert api(seen, {"api": [complains]}).calls == ("store",)
    assert api(seen).calls == ()


@pytest.mark.parametrize("problem", [DeniedError("no"), UnavailableError("away"), None])
def test_logs_that_cannot_be_read_are_missing(problem):
    logs = Logs(problem=problem)
    look = looking.look_at(logs, "shop", shop([pod("api-1"), KILLED]), reads_logs=problem is not None)
    assert bool(logs.asked) == (problem is not None)
    (line,) = look.by_name["api"].lines
    assert line.message.startswith("kubelet: pod api-2: CrashLoopBackOff: ended before with OOMKilled")


def test_a_container_that_is_down_has_said_its_last_words_just_now(monkeypatch):
    down = pod("api-1", ready=False, state=OOM, last=ended(seconds=200), restarts=7)
    seen = shop([down], replicas=1)
    monkeypatch.setattr("praetor.substrates.cluster.logs.utc_now", lambda: seen.now)
    logs = Logs("2026-01-31T11:56:30Z java.lang.OutOfMemoryError: Java heap space\n")
    lines = looking.look_at(logs, "shop", seen, reads_logs=True).by_name["api"].lines
    assert [round(line.seconds_ago) for line in lines if "heap" in line.message] == [10, 10]
    asked = [(name, query.get("previous"), query["sinceSeconds"]) for name, query in logs.asked]
    assert ("api-1", "true", "260") in asked


def test_of_a_large_namespace_a_bounded_number_of_logs_is_read_and_those_in_trouble_first():
    names = [f"s{number:03}" for number in range(120)]
    ill = pod("s119-1", "uid-s119-h1", ready=False, state=OOM, last=ended(seconds=2000))
    pods = [pod(f"{name}-{number}", f"uid-{name}-h1") for name in names[:-1] for number in range(4)]
    seen = looked_at(
        deployments=[deployment(name, replicas=4) for name in names],
        replica_sets=[replica_set(1, of=name) for name in names],
        pods=[*pods, ill],
    )
    logs = Logs()
    look = looking.look_at(logs, "shop", seen, reads_logs=True)
    assert (len(logs.asked), len(look.services)) == (looking.MOST_READ - 1, looking.MOST_SERVICES)
    assert {query["sinceSeconds"] for _, query in logs.asked} == {"60"}


class Source:
    def __init__(self, fails_at=None):
        self.asked, self._fails_at = [], fails_at

    def of(self, service, *, throttling):
        self.asked.append(service)
        if service == self._fails_at:
            raise PrometheusError("away")
        return Requests(per_second=1.0)


def test_requests_are_asked_for_where_there_is_trouble_first_and_not_again_after_a_failure():
    seen, source = shop([KILLED], replicas=1), Source(fails_at="store")
    found = looking.with_requests(seen, source)
    assert source.asked == ["api", "store"]
    assert dict(found.requests) == {"api": Requests(per_second=1.0)}
