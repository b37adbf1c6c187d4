"""What counts as put right: a bad value never does, the usual one always."""

import pytest

import simcore
from simcore.conversion.proof import Proposal, why_not
from simcore.kernel import layout as at
from simcore.scenarios.load import load_scenario

SCENARIO = """\
apiVersion: praetor.dev/v1alpha1
kind: IncidentScenario
metadata: {{name: one}}
spec:
  family: one
  level: easy
  description: One thing is wrong.
  noFaultShare: 0
  selfHealingShare: 0
  multiFaultShare: 0
  alert: {{titles: [It is slow], description: It is slow.}}
  variants:
    - name: one
      mechanism: {mechanism}
      targets: [{target}]
      remedies:
        - [{{predicate: SettingRestored, setting: {setting}}}]
"""
RESTORED = [
    ("memory_limit_lowered", "order-service", "memory.limit", "512Mi"),
    ("pool_misconfigured", "postgres-db", "db.pool.max_size", "20"),
    ("thread_pool_exhaustion", "order-service", "server.threads.max", "200"),
    ("config_drift", "order-service", "client.timeout_ms", "3000"),
    ("rate_limit_lowered", "api-gateway", "rate_limit.rps", "60"),
    ("probe_misconfigured", "order-service", "probe.timeout_ms", "2000"),
    ("retry_storm", "order-service", "client.retries", "0"),
    ("cache_stampede", "inventory-service", "cache.coalesce", "on"),
    ("cache_ttl_lowered", "inventory-service", "cache.ttl_seconds", "60"),
    ("poison_message", "notification-service", "queue.dead_letter", "on"),
    ("read_only_database", "postgres-db", "db.read_only", "off"),
    ("missing_index", "postgres-db", "db.index.rebuild", "on"),
    ("network_partition", "payment-service", "network.policy", "allow"),
    ("mtu_mismatch", "payment-service", "network.mtu", "1450"),
    ("resolver_misconfigured", "order-service", "dns.resolver", "cluster"),
]


@pytest.mark.parametrize(("mechanism", "target", "setting", "value"), RESTORED, ids=lambda part: str(part))
def test_a_setting_is_restored_by_its_usual_value_and_not_while_it_is_wrong(mechanism, target, setting, value):
    document = load_scenario(SCENARIO.format(mechanism=mechanism, target=target, setting=setting))
    for seed in range(10):
        episode = simcore.make(document, seed=seed)
        episode.step({"action_type": "resolve_incident"})
        assert episode.world.state.ledger[at.CAUSES_GONE] == 0.0, seed
        episode = simcore.make(document, seed=seed)
        change = {"key": setting, "value": value}
        episode.step({"action_type": "update_config", "target_service": target, "parameters": change})
        episode.step({"action_type": "resolve_incident"})
        assert episode.world.state.ledger[at.CAUSES_GONE] == 1.0, seed


def test_a_value_that_is_still_too_low_is_not_restored():
    document = load_scenario(
        SCENARIO.format(mechanism="memory_limit_lowered", target="order-service", setting="memory.limit")
    )
    low = Proposal("update_config", "order-service", {"key": "memory.limit", "value": "300Mi"})
    assert "the cause is still there" in why_not(document, low)
