"""The contract of an episode: what a step costs, earns, refuses and leaves alone."""

import numpy as np
import pytest

import simcore
from simcore.episode import budget
from simcore.errors import SimcoreError
from simcore.kernel import layout as at
from simcore.kernel.grade import CAPS
from simcore.kernel.step import COST_SECONDS
from simcore.results import RewardBreakdown, without_reward
from simcore.scenarios.library import library_scenario
from simcore.scenarios.spec import RubricItem
from tests.support.actions import ONE_OF_EACH
from tests.support.playing import FAMILIES, declaration, do, episodes, first_fault, in_the_shop, play

CAP_OF = dict(zip(RewardBreakdown().to_json(), CAPS, strict=True))


@pytest.fixture
def episode():
    fresh = in_the_shop("oom-crash")
    fresh.reset()
    return fresh


def settings(episode):
    """The causes that actions can change."""
    columns = [at.DESIRED, at.CPU_CORES, at.MEM_LIMIT_MB, at.POOL_MAX, at.POOL_MIN, at.RELEASE]
    return np.append(episode.world.state.services[:, columns].ravel(), episode.world.buffer[at.QUOTA_MB])


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


@pytest.mark.parametrize(
    ("kind", "seconds"), [*zip(ONE_OF_EACH, COST_SECONDS[:9], strict=False), ("", COST_SECONDS[-1])]
)
def test_every_action_takes_its_time(episode, kind, seconds):
    episode.step(ONE_OF_EACH.get(kind, {}))
    assert episode.world.sim_seconds == pytest.approx(seconds)


def test_a_service_that_does_not_exist_is_named(episode):
    result = episode.step(do("check_metrics", "cart-service"))
    assert "cart-service" in (result.observation.error or "")
    assert result.reward_breakdown.r_format == 0.0


@pytest.mark.parametrize(
    ("action", "says", "penalty"),
    [
        (do("update_config", "api-gateway", key="feature.fast", value="on"), "db.pool.max_size", -0.05),
        (do("update_config", "api-gateway", key="db.pool.max_size", value="50"), "no setting db.pool.max_size", 0.0),
        (do("update_config", "postgres-db", key="db.pool.max_size", value="zero"), "not a quantity", -0.03),
        (do("rollback_deployment", "api-gateway", to_version="v9.9.9"), "has no release v9.9.9", -0.03),
        (do("scale_service", "postgres-db", replicas=3), "single primary", 0.0),
        (do("scale_service", "api-gateway", replicas=100), "more than", 0.0),
    ],
)
def test_a_change_that_makes_no_sense_is_refused_and_changes_nothing(episode, action, says, penalty):
    before = settings(episode)
    result = episode.step(action)
    assert says in (result.observation.error or "")
    assert np.array_equal(settings(episode), before)
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


def test_a_list_is_of_the_whole_whatever_service_it_is_asked_of(episode):
    twin = episode.fork()
    for service in episode.world.topology.names:
        asked, plain = episode.step(do("list_services", service)), twin.step(do("list_services"))
        assert asked.reward_breakdown == plain.reward_breakdown
    assert episode.world.buffer.tobytes() == twin.world.buffer.tobytes()


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
    results = [episode.step(do("describe_service", service)) for service in episode.world.topology.names[:5]]
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
    episode = first_fault("oom-crash", "heap_oom")
    right = episode.world.incident.truth[0]
    other = next(name for name in episode.world.topology.names if name != right.service)
    for causes in ([(other, "memory")], [(right.service, "storage")], [(right.service, "memory"), (other, "cpu")], []):
        named = [{"service": service, "mechanism": mechanism} for service, mechanism in causes]
        twin = episode.fork()
        result = twin.step(do("resolve_incident", causes=named))
        assert result.terminated
        assert result.reward_breakdown.r_penalty == -0.10
        assert not twin.verdict().diagnosed


@pytest.mark.parametrize("said", ["memory", "heap_oom", "slow_leak"])
def test_a_declaration_is_right_by_its_class(said):
    episode = first_fault("oom-crash", "heap_oom")
    where = episode.world.incident.truth[0].service
    episode.step(do("resolve_incident", causes=[{"service": where, "mechanism": said}]))
    assert episode.verdict().diagnosed
    assert not episode.verdict().mitigated


@pytest.mark.parametrize("kind", ["NoFault", "SelfHealing"])
@pytest.mark.parametrize("family", ["oom-crash", "network-loss"])
def test_declaring_that_nothing_is_broken_is_right_where_nothing_is(family, kind):
    episode = next(episodes(family, kind))
    episode.world.advance(300.0)
    episode.step(do("describe_service", episode.world.topology.names[episode.world.incident.causes[0].target]))
    result = episode.step(do("resolve_incident"))
    assert episode.verdict().resolved
    assert episode.verdict().truth == ()
    assert result.reward_breakdown.r_correct_op == CAP_OF["r_correct_op"]


def test_nothing_is_earned_for_a_right_guess_without_a_look():
    episode = next(episodes("oom-crash", "NoFault"))
    assert episode.step(do("resolve_incident")).reward_breakdown.r_correct_op == 0.0


@pytest.mark.parametrize("family", FAMILIES)
def test_honest_play_earns_every_component(family):
    earned = set()
    for seed in range(20):
        episode = simcore.make(family, seed=seed)
        play(episode)
        earned |= {name for name, value in episode.verdict().breakdown.to_json().items() if value > 0}
    assert earned == set(CAP_OF) - {"r_penalty"}


def test_a_cause_of_the_whole_namespace_may_be_named_on_any_of_those_who_suffer():
    episode = next(
        episode
        for episode in episodes("bad-deployment-cascade")
        if len(episode.world.incident.causes[0].named) == 2 and len(episode.world.incident.causes) == 1
    )
    cause, names = episode.world.incident.causes[0], episode.world.topology.names
    said = [{"service": names[s], "mechanism": cause.mechanism.name} for s in sorted(cause.named)]
    for declared in (said, said[:1], said[1:]):
        twin = episode.fork()
        twin.step(do("resolve_incident", causes=declared))
        assert twin.verdict().diagnosed
    innocent = next(name for s, name in enumerate(names) if s not in cause.named)
    wrong = episode.fork()
    wrong.step(do("resolve_incident", causes=[*said, {"service": innocent, "mechanism": cause.mechanism.name}]))
    assert not wrong.verdict().diagnosed


def test_of_two_faults_both_must_be_named():
    episode = next(
        e
        for family in FAMILIES
        for e in [simcore.make(family, seed=s) for s in range(40)]
        if len(e.world.incident.truth) == 2
    )
    both = declaration(episode)
    half = do("resolve_incident", causes=both["parameters"]["causes"][:1])
    for action, right in ((both, True), (half, False)):
        twin = episode.fork()
        twin.step(action)
        assert twin.verdict().diagnosed is right


def test_a_judged_policy_is_told_no_rewards(episode):
    result = episode.step(do("list_services"))
    assert result.reward > 0
    told = without_reward(result)
    assert told.observation is result.observation
    assert told.reward == 0.0
    assert set(told.reward_breakdown.to_json().values()) == {None}


def test_a_refused_action_marks_no_item_of_the_rubric():
    wanted = RubricItem(
        description="Rolled back", required_action="rollback_deployment", required_target="user-service"
    )
    document = library_scenario("oom-crash")
    spec = document.spec.model_copy(update={"topology": "Shop", "rubric": [wanted]})
    refused, done = (simcore.make(document.model_copy(update={"spec": spec}), seed=3) for _ in range(2))
    refused.step(do("rollback_deployment", "user-service", to_version="v0.0.1"))
    versions = done.step(do("describe_service", "user-service")).observation.payload
    other = next(rollout.version for rollout in versions.rollouts if rollout.version != versions.version)
    done.step(do("rollback_deployment", "user-service", to_version=other))
    assert [episode.verdict().rubric[0].done for episode in (refused, refused.fork(), done)] == [False, False, True]
