"""Whatever is done in whatever incident: no exception, no nonsense, and rewards that keep their bounds."""

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from simcore.grading.components import CAPS

import simcore
from simcore.actions import ACTION_TYPES
from simcore.world import layout as at
from tests.support.playing import FAMILIES, SHOP, do

VALUES = st.sampled_from(["0", "1", "3", "20", "60", "1000", "64Mi", "512Mi", "4096Mi", "100m", "many", "-1", "12288"])
KEYS = st.sampled_from(
    ["db.pool.max_size", "db.pool.min_size", "memory.limit", "cpu.limit", "cluster.resource.quota.memory_mb", "x"]
)
PARAMETERS = {
    "read_logs": st.fixed_dictionaries({"lines": st.integers(0, 210)}),
    "check_metrics": st.fixed_dictionaries({"window": st.floats(-1, 4000, allow_nan=False)}),
    "run_diagnostic": st.fixed_dictionaries(
        {"command": st.sampled_from(["check_connectivity", "check_health", "check_resources", "check_dns", "ping"])}
    ),
    "restart_service": st.fixed_dictionaries({}, optional={"memory_limit": VALUES}),
    "scale_service": st.fixed_dictionaries({"replicas": st.integers(-1, 15)}),
    "rollback_deployment": st.fixed_dictionaries(
        {"to_version": st.sampled_from([f"v2.{minor}.{patch}" for minor in range(1, 5) for patch in range(6)])}
    ),
    "update_config": st.fixed_dictionaries({"key": KEYS, "value": VALUES}),
}
SERVICES = st.sampled_from([*SHOP, "cart-service"])


@st.composite
def actions(draw):
    kind = draw(st.sampled_from([kind for kind in ACTION_TYPES if kind != "resolve_incident"]))
    return do(kind, draw(SERVICES), **draw(PARAMETERS.get(kind, st.just({}))))


@st.composite
def declarations(draw):
    words = st.sampled_from(["memory", "release", "connections", "config", "capacity", "heap_oom", "nonsense"])
    causes = st.fixed_dictionaries({"service": SERVICES, "mechanism": words})
    return do("resolve_incident", None, causes=draw(st.lists(causes, max_size=3)))


@settings(max_examples=120, deadline=None)
@given(
    family=st.sampled_from(FAMILIES),
    seed=st.integers(0, 999_999),
    difficulty=st.floats(0, 1),
    script=st.lists(actions(), max_size=25),
    ending=declarations(),
)
def test_whatever_is_done_the_world_and_the_rewards_keep_their_bounds(family, seed, difficulty, script, ending):
    episode = simcore.make(family, seed=seed, difficulty=difficulty)
    episode.reset()
    total = 0.0
    for action in [*script, ending]:
        if episode.done:
            break
        result = episode.step(action)
        total += result.reward
        assert isinstance(result.observation.text, str)
        assert_sane(episode)
    assert math.isclose(total, sum(episode.ledger.sums.values()), abs_tol=1e-9)
    assert_within_caps(episode)
    if episode.done:
        assert episode.verdict().score >= 0.25 if episode.resolved else episode.verdict().score <= 0.24


def assert_sane(episode):
    services, clock = episode.world.state.services, episode.world.state.clock
    assert np.isfinite(services).all()
    assert (services[:, at.BACKLOG] >= 0).all()
    assert (services[:, at.LEAKED_CONN] >= 0).all()
    assert ((services[:, at.FAIL] >= 0) & (services[:, at.FAIL] <= 1)).all()
    assert (services[:, at.READY] <= services[:, at.PODS] + 1e-9).all()
    assert (services[:, at.PODS] <= at.MAX_PODS).all()
    assert clock[at.USER_MINUTES] >= 0


def assert_within_caps(episode):
    for name, paid in episode.ledger.sums.items():
        low, high = sorted((0.0, CAPS[name]))
        assert low <= paid <= high, name


def test_the_caps_leave_a_gap_between_unresolved_and_resolved():
    earned_without_resolution = CAPS["r_diagnostic"] + CAPS["r_correct_op"] + CAPS["r_format"]
    assert earned_without_resolution <= 0.24 + 1e-12
    assert CAPS["r_resolution"] + CAPS["r_penalty"] >= 0.25 - 1e-12


@settings(max_examples=40, deadline=None)
@given(family=st.sampled_from(FAMILIES), seed=st.integers(0, 999_999), difficulty=st.floats(0, 1))
def test_a_fault_breaks_an_objective_and_stays_until_somebody_acts(family, seed, difficulty):
    episode = simcore.make(family, seed=seed, difficulty=difficulty)
    incident = episode.world.incident
    episode.reset()
    if incident.kind == "Fault":
        assert not episode.world.slo_met()
    while not episode.done:
        episode.step(do("list_services"))
    assert episode.verdict().mitigated == (incident.kind != "Fault")
