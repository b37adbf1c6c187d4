"""How many replicas the playbook asks for: as many as what it reads needs, and more while that helps."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simcore.observation import Check, Diagnostic, ServiceRow
from simcore.policies.cures import MOST_REPLICAS, cure_actions, unknown_for_cure
from simcore.policies.playbook.findings import Findings
from tests.support.limited_service import LimitedService

RATE_LIMIT = ({"service": "api", "mechanism": "rate_limit_exhaustion"},)


def having(replicas, *checks):
    row = ServiceRow("api", "healthy", replicas, replicas, "v1", restarts=0)
    health = {("api", "check_health"): Diagnostic("api", "check_health", checks)}
    return Findings(rows={"api": row}, diagnostics=health)


def asked_for(findings, mechanism="rate_limit_exhaustion"):
    return cure_actions(mechanism, "api", findings)[-1].parameters.replicas


def limited(share):
    return Check("rate limit", False, "", share)


@given(st.integers(1, MOST_REPLICAS - 1), st.floats(0.021, 0.99))
def test_replicas_let_through_what_was_turned_away_too_as_far_as_there_may_be_so_many(replicas, share):
    wanted = asked_for(having(replicas, limited(share)))
    assert replicas < wanted <= MOST_REPLICAS
    assert wanted == MOST_REPLICAS or wanted * (1.0 - share) > replicas


@given(st.integers(1, MOST_REPLICAS - 1), st.floats(1.01, 20.0))
def test_replicas_answer_what_arrives_as_far_as_there_may_be_so_many(replicas, load):
    wanted = asked_for(having(replicas, Check("load", False, "", load)), "traffic_surge")
    assert wanted == MOST_REPLICAS or wanted > load * replicas


@pytest.mark.parametrize("checks", [(), (limited(0.0),), (Check("load", True, "", 0.7),), (limited(None),)])
def test_where_nothing_tells_how_much_is_asked_it_is_a_good_deal_more(checks):
    assert asked_for(having(1, *checks)) == 3
    assert asked_for(having(2, *checks)) == 5


@pytest.mark.parametrize("replicas", [MOST_REPLICAS, MOST_REPLICAS + 4])
def test_who_has_as_many_as_may_be_gets_no_fewer_and_is_not_cured_so(replicas):
    findings = having(replicas, limited(0.5))
    assert asked_for(findings) == replicas
    assert "more than 8 are not asked for" in unknown_for_cure("rate_limit_exhaustion", "api", findings)
    assert not unknown_for_cure("rate_limit_lowered", "api", findings)


@settings(deadline=None, max_examples=40)
@given(st.floats(21.0, 159.0))
def test_a_surge_is_served_after_one_change(asked):
    service = LimitedService(asked).played()
    assert (service.turned_away, len(service.scaled_to), service.changes) == (0.0, 1, [])
    assert service.declared == RATE_LIMIT


@pytest.mark.parametrize("asked", [(30.0, 60.0), (41.0, 140.0), (60.0, 100.0, 120.0)])
def test_a_surge_that_grows_is_followed(asked):
    service = LimitedService(*asked).played()
    assert service.turned_away == 0.0
    assert service.scaled_to == sorted(set(service.scaled_to))
    assert len(service.scaled_to) >= 2
    assert (service.declared, service.changes) == (RATE_LIMIT, [])


def test_what_is_turned_away_all_the_same_is_not_scaled_on_and_on():
    service = LimitedService(30.0, most=20.0).played()
    assert service.scaled_to == [2, 4]
    assert service.changes[0] == "update_config"
    assert RATE_LIMIT[0] not in service.declared
