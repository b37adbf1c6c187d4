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
        ("disk_full_firing", "disk_full", "postgres-db"),
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
        "Blackbox probe failed",
        "Certificate issued",
        "Disk latency is high",
        "GPU temperature is high",
        "Host is out of file descriptors",
        "Kafka has too many connections",
        "PostgreSQL has not enough connections",
        "Cassandra node is down",
        "NATS has a high number of subscriptions",
        "Pod is crash looping",
        "Too many HTTP requests with status 4xx",
        "CPU is underutilized",
        "No disk is full",
        "License expires in 7 days",
        "Thread dump created",
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
        ("Canary analysis failed for api-gateway", "canary_errors"),
        ("Errors since the feature flag new-checkout was enabled", "feature_flag"),
        ("Third-party payment provider outage", "third_party_outage"),
        ("payment-service memory keeps growing", "slow_leak"),
        ("GC overhead limit exceeded", "gc_death_spiral"),
        ("CPU usage above 90%", "cpu_saturation"),
        ("CPUThrottlingHigh", "cfs_throttling"),
        ("CPU steal is high on node-7", "noisy_neighbour"),
        ("Node is not ready", "node_pressure"),
        ("KubeQuotaAlmostFull", "quota"),
        ("HPA is at its max replicas", "hpa_misconfiguration"),
        ("Service has no endpoints", "scale_to_zero"),
        ("Liveness probe failed", "probe_misconfiguration"),
        ("Volume is 95% full", "disk_full"),
        ("Ceph pool full", "disk_full"),
        ("Database is in read-only mode", "read_only_database"),
        ("MySQLSlowQueries", "slow_query"),
        ("Full table scans on orders", "missing_index"),
        ("PostgreSQL deadlocks", "lock_contention"),
        ("MySQL replica is 300 seconds behind master", "replication_lag"),
        ("Cache hit rate below 50%", "cache_stampede"),
        ("Hot key in redis-cache", "hot_key"),
        ("Kafka consumer group lag", "consumer_lag"),
        ("Messages in the dead-letter queue", "poison_message"),
        ("Elasticsearch thread pool rejection ratio is high", "thread_pool_exhaustion"),
        ("Deadlocked threads in order-service", "thread_deadlock"),
        ("Traffic spike on frontend", "traffic_surge"),
        ("Retry storm against inventory-service", "retry_storm"),
        ("API rate limit nearly reached", "rate_limit_exhaustion"),
        ("Config drift detected", "config_drift"),
        ("Database password expired", "stale_secret"),
        ("TLS certificate expires in 3 days", "cert_expiry"),
        ("Host clock skew", "clock_skew"),
        ("CoreDNS is down", "dns_failure"),
        ("Ping is slow between zones", "network_delay"),
        ("Packet loss between zones", "network_loss"),
        ("Cluster split-brain", "network_partition"),
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
