"""What the playbook makes of readings that no simulated episode is needed for."""

from dataclasses import replace
from functools import lru_cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import simcore
from simcore.observation import ConfigChange, Metrics, ServiceDetail
from simcore.policies.cures import cure_actions, unknown_for_cure
from simcore.policies.playbook.facts.afterwards import may_be_worked_off, memory_rises_again
from simcore.policies.playbook.findings import Findings, Reading

CHANGED_AT = 100.0


@lru_cache(maxsize=2)
def seen(action_type):
    episode = simcore.make("oom-crash", seed=0)
    episode.reset()
    service = episode.world.topology.names[0]
    return episode.step({"action_type": action_type, "target_service": service}).observation.payload


def after_a_change(metrics, limit="512Mi"):
    """Findings with one reading every 20 s, beginning at the change of `api`."""
    readings = [Reading(CHANGED_AT + 20.0 * n, one) for n, one in enumerate(metrics)]
    detail = seen("describe_service")
    assert isinstance(detail, ServiceDetail)
    return Findings(
        now=CHANGED_AT + 20.0 * len(readings), last_change=CHANGED_AT, changed_at={"api": CHANGED_AT},
        readings={"api": readings}, details={"api": replace(detail, memory_limit=limit)},
    )  # fmt: skip


def measured(**values):
    metrics = seen("check_metrics")
    assert isinstance(metrics, Metrics)
    return replace(metrics, **values)


@pytest.mark.parametrize("piled_up", ["consumer_lag", "replica_lag_seconds"])
@settings(deadline=None)
@given(lags=st.lists(st.floats(0.0, 1e6), min_size=2, max_size=6))
def test_what_became_less_since_the_change_is_being_worked_off(piled_up, lags):
    findings = after_a_change([measured(**{piled_up: lag}) for lag in lags])
    assert may_be_worked_off(findings, "api") == (lags[-1] < lags[-2])


@pytest.mark.parametrize("piled_up", ["consumer_lag", "replica_lag_seconds"])
@pytest.mark.parametrize("since_the_change", [0, 1])
def test_what_was_not_read_twice_since_the_change_may_be_if_there_is_much_of_it(piled_up, since_the_change):
    for last, may_be in ((500.0, True), (1.0, False)):
        findings = after_a_change([measured(**{piled_up: lag}) for lag in (900.0, last)])
        findings.changed_at["api"] = CHANGED_AT + 20.0 * (2 - since_the_change) - 10.0
        assert may_be_worked_off(findings, "api") == may_be


def test_a_service_of_which_nothing_piles_up_is_not_working_anything_off():
    assert not may_be_worked_off(after_a_change([measured(), measured()]), "api")
    assert not may_be_worked_off(after_a_change([]), "api")


@pytest.mark.parametrize("limit", ["0", "none", "", "unlimited"])
def test_without_a_memory_limit_nobody_can_say_what_share_of_it_is_used(limit):
    findings = after_a_change([measured(memory_mb=100.0 * n) for n in range(20)], limit)
    assert findings.memory_limit_mb("api") is None
    assert memory_rises_again(findings, "api").truth is None


def test_a_setting_whose_value_nobody_can_read_is_not_known():
    detail = replace(seen("describe_service"), config=(("client.timeout_ms", "soon"), ("client.retries", "2")))
    findings = Findings(details={"api": detail})
    assert (findings.setting("api", "client.timeout_ms"), findings.setting("api", "client.retries")) == (None, 2.0)


def test_a_release_is_not_rolled_back_to_a_version_that_nobody_knows():
    findings = after_a_change([])
    findings.details["api"] = replace(findings.details["api"], rollouts=())
    assert "no earlier version is known" in unknown_for_cure("failing_release", "api", findings)
    assert unknown_for_cure("failing_release", "web", Findings())
    assert unknown_for_cure("heap_oom", "api", findings) == ""


@pytest.mark.parametrize(
    ("now", "changed", "value"),
    [
        ("10m", ("none", "10m"), "none"),
        ("10m", ("250m", "10m"), "250m"),
        ("50m", ("10m", "50m"), "250m"),
        ("50m", None, "250m"),
    ],
    ids=["there was none", "lowered", "raised", "never changed"],
)
def test_a_limit_that_was_lowered_gets_its_old_value_and_another_one_five_times_as_much(now, changed, value):
    changes = (ConfigChange("cpu.limit", *changed, 60.0),) if changed else ()
    detail = replace(seen("describe_service"), config=(("cpu.limit", now),), config_changes=changes)
    (cure,) = cure_actions("cfs_throttling", "api", Findings(details={"api": detail}))
    assert cure.parameters.model_dump() == {"key": "cpu.limit", "value": value}


@pytest.mark.parametrize(
    ("changed", "limit"),
    [(("128Mi", "26Mi"), "128Mi"), (("30Mi", "26Mi"), "52Mi"), (("none", "26Mi"), "52Mi"), (None, "52Mi")],
    ids=["a fifth of it", "nearly all of it", "there was none", "never changed"],
)
def test_memory_is_doubled_unless_there_was_more(changed, limit):
    changes = (ConfigChange("memory.limit", *changed, 60.0),) if changed else ()
    detail = replace(seen("describe_service"), memory_limit="26Mi", config_changes=changes)
    (cure,) = cure_actions("memory_limit_lowered", "api", Findings(details={"api": detail}))
    assert cure.parameters.memory_limit == limit
