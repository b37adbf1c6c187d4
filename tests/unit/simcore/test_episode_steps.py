"""The contract of an episode: what a step costs, earns, refuses and leaves alone."""

import numpy as np
import pytest

import simcore
from simcore.episode import COST_SECONDS, budget
from simcore.errors import SimcoreError
from simcore.grading.components import CAPS
from simcore.results import without_reward
from simcore.world import layout as at
from tests.support.playing import FAMILIES, SHOP, do, first_fault, play


@pytest.fixture
def episode():
    fresh = simcore.make("oom-crash", seed=3)
    fresh.reset()
    return fresh


def settings(episode):
    """The causes that actions can change."""
    columns = [at.DESIRED, at.CPU_CORES, at.MEM_LIMIT_MB, at.POOL_MAX, at.POOL_MIN, at.RELEASE]
    return np.append(episode.world.state.services[:, columns].ravel(), episode.world.state.clock[at.QUOTA_MB])


@pytest.mark.parametrize(
    ("action", "field"),
    [
        ({}, "action_type"),
        ({"action_type": "reboot"}, "reboot"),
        (do("read_logs"), "target_service"),
        (do("scale_service", "api-gateway"), "parameters.replicas"),
        (do("scale_service", "api-gateway", replicas="many"), "parameters.replicas"),
        (do("restart_service", "api-gateway", memory_limit="lots"), "memory_limit"),
        (do("list_services", None, verbose=True), "parameters.verbose"),
        (do("read_logs", "Api Gateway!"), "target_service"),
    ],
)
def test_a_malformed_action_is_a_step_with_an_error_and_changes_nothing(episode, action, field):
    before = settings(episode)
    result = episode.step(action)
    assert field in (result.observation.error or "")
    assert result.observation.kind == "error"
    assert result.reward == 0.0
    assert episode.steps == 1
    assert np.array_equal(settings(episode), before)


def test_every_action_takes_its_time(episode):
    for number, (kind, seconds) in enumerate(COST_SECONDS.items()):
        if kind in ("resolve_incident", "malformed"):
            continue
        before = episode.world.sim_seconds
        parameters = {
            "run_diagnostic": {"command": "check_dns"},
            "scale_service": {"replicas": 2},
            "rollback_deployment": {"to_version": "v0.0.0"},
            "update_config": {"key": "db.pool.max_size", "value": 20},
        }.get(kind, {})
        target = None if kind == "list_services" else "postgres-db" if kind == "update_config" else SHOP[number % 8]
        episode.step(do(kind, target, **parameters))
        assert episode.world.sim_seconds - before == pytest.approx(seconds)


def test_a_service_that_does_not_exist_is_named(episode):
    result = episode.step(do("check_metrics", "cart-service"))
    assert "cart-service" in (result.observation.error or "")
    assert result.reward_breakdown.r_format == 0.0


@pytest.mark.parametrize(
    ("action", "says", "penalty"),
    [
        (do("update_config", "api-gateway", key="feature.fast", value="on"), "db.pool.max_size", -0.05),
        (do("update_config", "api-gateway", key="db.pool.max_size", value="50"), "postgres-db", None),
        (do("update_config", "postgres-db", key="db.pool.max_size", value="zero"), "not a quantity", -0.03),
        (do("rollback_deployment", "api-gateway", to_version="v9.9.9"), "has no release v9.9.9", -0.03),
        (do("scale_service", "postgres-db", replicas=3), "single primary", None),
        (do("scale_service", "api-gateway", replicas=100), "more than", None),
    ],
)
def test_a_change_that_makes_no_sense_is_refused_and_changes_nothing(episode, action, says, penalty):
    before = settings(episode)
    result = episode.step(action)
    assert says in (result.observation.error or "")
    assert np.array_equal(settings(episode), before)
    if penalty is not None:
        assert result.reward_breakdown.r_penalty == penalty


def test_a_rollback_to_the_running_version_is_refused(episode):
    running = episode.step(do("describe_service", "user-service")).observation.payload.version
    result = episode.step(do("rollback_deployment", "user-service", to_version=running))
    assert f"already runs {running}" in (result.observation.error or "")
    assert result.reward_breakdown.r_penalty == -0.05


def test_the_same_read_within_three_steps_is_redundant_and_after_them_is_not(episode):
    episode.step(do("check_metrics", "api-gateway"))
    assert episode.step(do("check_metrics", "api-gateway", window=120)).reward_breakdown.r_penalty == -0.03
    for service in ("user-service", "order-service", "auth-service"):
        episode.step(do("check_metrics", service))
    assert episode.step(do("check_metrics", "api-gateway")).reward_breakdown.r_penalty == 0.0


def test_after_the_end_a_step_earns_and_changes_nothing(episode):
    episode.step(do("resolve_incident"))
    score, seconds = episode.verdict().score, episode.world.sim_seconds
    result = episode.step(do("list_services"))
    assert result.done
    assert result.reward == 0.0
    assert "ended" in (result.observation.error or "")
    assert (episode.verdict().score, episode.world.sim_seconds) == (score, seconds)


def test_the_budget_ends_an_episode_without_a_declaration():
    episode = simcore.make("oom-crash", seed=3, max_steps=5)
    episode.reset()
    results = [episode.step(do("describe_service", service)) for service in SHOP[:5]]
    assert [result.truncated for result in results] == [False] * 4 + [True]
    assert not results[-1].terminated
    assert not episode.verdict().resolved


def test_the_budget_shrinks_with_the_difficulty():
    spec = simcore.make("oom-crash", seed=0).scenario.spec
    assert [budget(spec, difficulty) for difficulty in (0.0, 0.5, 1.0)] == [50, 38, 25]


@pytest.mark.parametrize("difficulty", [-0.1, 1.1])
def test_a_difficulty_outside_its_range_is_refused(difficulty):
    with pytest.raises(SimcoreError, match="outside 0 to 1"):
        simcore.make("oom-crash", seed=0, difficulty=difficulty)


def test_a_fork_goes_its_own_way(episode):
    episode.step(do("list_services"))
    twin = episode.fork()
    twin.step(do("scale_service", "api-gateway", replicas=0))
    assert twin.steps == episode.steps + 1
    assert not np.array_equal(settings(twin), settings(episode))
    assert episode.step(do("check_metrics", "api-gateway")).observation.error is None


def test_before_the_end_nothing_is_resolved(episode):
    assert not episode.resolved
    assert episode.verdict().diagnosed is False
    assert "truth" not in str(episode.state)


def test_a_wrong_declaration_costs():
    episode = first_fault("oom-crash", "heap_over_limit")
    episode.reset()
    result = episode.step(do("resolve_incident", causes=[{"service": "postgres-db", "mechanism": "storage"}]))
    assert result.terminated
    assert result.reward_breakdown.r_penalty == -0.10


def test_declaring_that_nothing_is_broken_is_right_where_nothing_is():
    for seed in range(200):
        episode = simcore.make("oom-crash", seed=seed)
        if episode.world.incident.kind == "NoFault":
            break
    alert = episode.reset().payload
    episode.step(do("describe_service", episode.world.incident.topology.names[episode.world.incident.target]))
    result = episode.step(do("resolve_incident"))
    assert alert is not None
    assert episode.verdict().resolved
    assert result.reward_breakdown.r_correct_op == CAPS["r_correct_op"]


@pytest.mark.parametrize("family", FAMILIES)
def test_honest_play_earns_every_component(family):
    earned = set()
    for seed in range(40):
        episode = simcore.make(family, seed=seed)
        play(episode)
        earned |= {name for name, value in episode.verdict().breakdown.to_json().items() if value}
    assert earned >= set(CAPS) - {"r_penalty"}


def test_a_cause_of_the_whole_namespace_may_be_named_on_any_of_those_who_suffer():
    for seed in range(1000):
        episode = simcore.make("bad-deployment-cascade", seed=seed)
        incident = episode.world.incident
        if incident.kind == "Fault" and incident.mechanism.namespace_wide and len(incident.victims) == 2:
            break
    causes = [{"service": service, "mechanism": "capacity"} for service in sorted(incident.cause_services)]
    for declared in (causes, causes[:1], causes[1:]):
        twin = episode.fork()
        twin.step(do("resolve_incident", causes=declared))
        assert twin.verdict().diagnosed
    wrong = episode.fork()
    wrong.step(do("resolve_incident", causes=[*causes, {"service": "frontend-bff", "mechanism": "capacity"}]))
    assert not wrong.verdict().diagnosed


def test_more_connections_than_the_database_has_memory_for_kill_it():
    episode = first_fault("db-pool-exhaustion", "limit_too_low")
    episode.reset()
    episode.step(do("update_config", "postgres-db", key="db.pool.max_size", value="1000"))
    for service in SHOP:
        episode.step(do("describe_service", service))
    assert episode.world.state.services[episode.world.incident.topology.database, at.RESTARTS] > 0


def test_a_judged_policy_is_told_no_rewards():
    result = simcore.make("oom-crash", seed=3).step(do("list_services"))
    assert result.reward > 0
    told = without_reward(result)
    assert told.observation is result.observation
    assert told.reward == 0.0
    assert set(told.reward_breakdown.to_json().values()) == {None}
