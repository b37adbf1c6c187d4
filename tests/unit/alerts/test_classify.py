"""The classifier: the captured incidents are recognised, and words that only look alike are not."""

import pytest

from praetor.alerts import alertmanager
from praetor.alerts.classify import classify
from praetor.alerts.manifest import alert_spec
from tests.support.alert_bodies import captured


def of_captured(name):
    return classify(alert_spec(alertmanager.parse(captured(name))))


@pytest.mark.parametrize(
    ("body", "family", "service"),
    [
        ("oom_crash_firing", "oom_crash", "payment-service"),
        ("01_single_firing", "oom_crash", "payment-service"),
        ("db_pool_exhaustion_firing", "db_pool_exhaustion", "order-service"),
        ("bad_deployment_cascade_firing", "bad_deployment_cascade", "api-gateway"),
        ("disk_full_firing", None, "postgres-db"),
        ("06_group_firing_3", None, "order-service"),
        ("27_hostile_content", None, "../../etc/passwd"),
        ("28_no_service_no_annotations", None, None),
    ],
)
def test_captured_bodies(body, family, service):
    found = of_captured(body)
    assert (found.family, found.service) == (family, service)
    assert bool(found.evidence) == (family is not None)


@pytest.mark.parametrize(
    "title",
    [
        "MongoDB replication headroom",
        "Room temperature too high",
        "Ceph pool full",
        "Elasticsearch thread pool rejection ratio is high",
        "Store connection is too slow to main pool",
        "Cloudflare load balancer pool unhealthy",
        "IPAM IP pool exhausted",
        "HighErrorRate",
        "order-service 5xx > 5%",
        "Host is running out of memory",
        "Redis is running out of system memory (> 90%)",
        "Circuit breaker tripped to prevent OutOfMemoryError",
        "No OOM kills in the last hour",
        "Kubernetes Deployment replicas mismatch",
        "Deployment rollout is not progressing",
        "Flux HelmRelease failure",
        "Deploy of api-gateway finished",
        "Container memory usage is above 80%",
        "DNS bloom filter error",
    ],
)
def test_lookalikes_are_no_family(title):
    assert classify({"title": title, "labels": {"alertname": title.title().replace(" ", "")}}).family is None


@pytest.mark.parametrize(
    ("title", "family"),
    [
        ("ContainerOOMKilled", "oom_crash"),
        ("java.lang.OutOfMemoryError: Java heap space", "oom_crash"),
        ("pod api-7d9 terminated, exit code 137", "oom_crash"),
        ("HikariPool-1 - Connection is not available, request timed out", "db_pool_exhaustion"),
        ("FATAL: remaining connection slots are reserved (PostgreSQL)", "db_pool_exhaustion"),
        ("Database connection pool exhausted on order-service", "db_pool_exhaustion"),
        ("5xx errors since the last deploy", "bad_deployment_cascade"),
        ("Latency regression after rollout of v2.4.0", "bad_deployment_cascade"),
    ],
)
def test_what_people_write(title, family):
    assert classify({"title": title}).family == family


def test_a_memory_problem_that_began_with_a_deploy_is_the_deploys():
    assert classify({"title": "OOMKilled pods since the deploy of v2.4.0, errors"}).family == "bad_deployment_cascade"


def test_a_label_of_kubernetes_tells_as_well():
    found = classify({"title": "Container restarted", "labels": {"reason": "OOMKilled"}})
    assert (found.family, found.evidence) == ("oom_crash", ("label reason: oom",))


def test_labels_that_only_name_things_tell_nothing():
    labels = {"alertname": "TargetDown", "pool": "main", "database": "orders", "queue": "timeouts"}
    assert classify({"title": "Target down", "labels": labels}).family is None
