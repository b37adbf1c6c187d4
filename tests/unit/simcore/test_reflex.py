"""The floor that needs no diagnosis: fixed plans as data, and a policy that carries them out blindly."""

import pytest
from pydantic import ValidationError

from simcore.actions import CHANGES, Action, action_json
from simcore.api import make, make_policy, scenario_names
from simcore.episode import Episode
from simcore.errors import SimcoreError
from simcore.fitting.fixes import PLACES, all_fixes
from simcore.fitting.plan_search import best_plan
from simcore.fitting.reflex import open_families, search, seed_range
from simcore.fitting.trials import trials
from simcore.kernel import layout as at
from simcore.policies.reflex import policy as reflex
from simcore.policies.reflex.places import check_place, service_at
from simcore.policies.reflex.policy import MOST_CHANGES, Named, Plan, Plans, load_plans, read_plans
from simcore.scenarios.library import library_scenario
from simcore.topologies.pools import all_topologies
from simcore.topologies.shop import SHOP
from simcore.world.encode import COST_SECONDS

FAMILIES = ("oom-crash", "disk-full", "quota")
MANY = """
elsewhere: {changes: []}
families:
  oom_crash:
    changes:
    - {do: restart_service, at: alerted, memory_limit: double}
    - {do: scale_service, at: callee_1, replicas: more}
    - {do: rollback_deployment, at: entry, to: previous_version}
    - {do: update_config, at: database, key: db.pool.max_size, value: fourfold}
    declare: {at: alerted, mechanism_class: memory}
"""


def play(episode: Episode) -> list[Action]:
    """What reflex does of an episode, to its end."""
    observation, policy = episode.reset(), make_policy("reflex", episode=episode)
    done: list[Action] = []
    while not episode.done:
        done.append(policy.decide(observation, ()).action)
        observation = episode.step(done[-1]).observation
    return done


def with_plans(monkeypatch: pytest.MonkeyPatch, plans: Plans) -> None:
    monkeypatch.setattr(reflex, "load_plans", lambda: plans)


def test_every_family_that_is_not_held_out_has_a_plan_and_no_other_has():
    assert set(load_plans().families) == {library_scenario(name).spec.family for name in open_families()}


def test_a_family_without_a_plan_is_played_with_the_one_for_elsewhere():
    plans = load_plans()
    assert plans.of("somebodys_own") == plans.elsewhere


def test_five_changes_are_too_many():
    fifth = "    - {do: restart_service, at: caller_1}\n    declare"
    with pytest.raises(ValidationError, match="at most 4 items"):
        read_plans(MANY.replace("    declare", fifth))


@pytest.mark.parametrize("place", ["target", "callee_0", "callee_9", "callee", "alerted.entry", "database.", ""])
def test_a_place_that_nobody_knows_is_refused(place):
    with pytest.raises(ValidationError, match="is none of alerted, entry, callee_1 to callee_8"):
        read_plans(MANY.replace("at: callee_1", f"at: '{place}'"))


def test_a_declaration_names_a_class_that_exists():
    with pytest.raises(ValidationError, match="'heap_oom' is no class of mechanisms; there are memory, cpu"):
        read_plans(MANY.replace("mechanism_class: memory", "mechanism_class: heap_oom"))


@pytest.mark.parametrize(
    ("place", "service"),
    [
        ("alerted", "order-service"), ("entry", "frontend-bff"), ("callee_1", "payment-service"),
        ("callee_2", "inventory-service"), ("callee_3", "postgres-db"), ("callee_4", None),
        ("caller_1", "api-gateway"), ("caller_2", None), ("caller_1.callee_2", "user-service"),
        ("database", "postgres-db"), ("caller_1.callee_2.callee_1", "auth-service"), ("cache", "inventory-service"),
        ("outside", "payment-service"), ("consumer", "notification-service"), ("limiter", "api-gateway"),
    ],
)  # fmt: skip
def test_places_are_seen_from_the_alerted_service(place, service):
    found = service_at(SHOP, SHOP.index["order-service"], check_place(place))
    assert (SHOP.names[found] if found is not None else None) == service


def test_every_place_that_the_search_tries_exists_somewhere_and_is_a_service():
    for place in PLACES:
        found = {service_at(graph, s, place) for graph in all_topologies()[:30] for s in range(len(graph.parts))}
        assert any(s is not None for s in found), place


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("seed", range(4))
def test_at_most_four_changes_then_harmless_reads_none_twice_in_a_row_of_three_then_a_declaration(family, seed):
    *before, last = play(make(family, seed=seed))
    changes = [action for action in before if action.action_type in CHANGES]
    reads = before[len(changes) :]
    assert before[: len(changes)] == changes
    assert len(changes) <= MOST_CHANGES
    assert last.action_type == "resolve_incident"
    assert all(len({read.action_type for read in reads[k : k + 4]}) == 4 for k in range(len(reads) - 3))
    assert 100 <= sum(COST_SECONDS[read.action_type] for read in reads) <= 150


def test_with_few_steps_it_still_declares():
    assert play(make("quota", seed=0, max_steps=3))[-1].action_type == "resolve_incident"


@pytest.mark.parametrize("name", [name for name in scenario_names() if name in FAMILIES or "db" in name])
@pytest.mark.parametrize("seed", range(6))
def test_it_does_not_see_the_truth(name, seed, monkeypatch):
    """The same page of the same system with other causes, remedies and trail of changes: the same actions."""
    with_plans(monkeypatch, Plans(elsewhere=read_plans(MANY).families["oom_crash"], families={}))
    seen, blind = make(name, seed=seed), make(name, seed=seed)
    state = blind.world.state
    state.facts[[at.KIND, at.CAUSES, at.RELEVANT, at.NEAR, at.CHRONIC, at.TERSE]] = at.NO_FAULT, 1.0, 0, 0, 0, 0
    state.facts[at.CAUSE_0 :] = 0.0
    state.rows[:, at.ROW_MODE], state.parts[:, at.PART_CAUSE] = at.DONE, -1.0
    state.services[:, [at.CONFIG_KEY, at.CONFIG_OLD, at.CONFIG_NEW]] = -1.0, 7.0, 7.0
    assert [action_json(action) for action in play(seen)] == [action_json(action) for action in play(blind)]


def test_outside_the_simulator_there_is_no_reflex():
    with pytest.raises(SimcoreError, match="'reflex' reads the episode: it plays in the simulator alone"):
        make_policy("reflex")


def test_it_begins_with_a_page():
    episode = make("quota", seed=0)
    episode.reset()
    observation = episode.step({"action_type": "list_services"}).observation
    with pytest.raises(ValueError, match="begins with the page of an incident"):
        make_policy("reflex", episode=episode).decide(observation, ())


@pytest.mark.parametrize("family", FAMILIES)
def test_what_the_search_counts_is_what_the_policy_resolves(family, monkeypatch):
    """The search plays without observations, and knows of an outcome whether a declaration would have been right."""
    seeds, levels = range(8), (0.2, 0.5, 0.8)
    found = best_plan(trials(family, seeds, all_fixes()), all_fixes(), PLACES)
    with_plans(monkeypatch, Plans(elsewhere=found.plan, families={}))
    episodes = [make(family, seed=seed, difficulty=level) for seed in seeds for level in levels]
    for episode in episodes:
        play(episode)
    assert sum(episode.resolved for episode in episodes) == found.resolved


def test_a_better_plan_than_the_one_found_is_not_found_by_hand():
    seeds = range(12)
    played = trials("disk-full", seeds, all_fixes())
    found = best_plan(played, all_fixes(), PLACES)
    wal = next(n for n, fix in enumerate(all_fixes()) if fix.key == "db.wal.max_size_mb" and fix.at == "database")
    storage = Named(at="database", mechanism_class="storage")
    by_hand = sum(trial.is_right(storage) and trial.play((wal,)).mitigated for trial in played)
    nothing = sum(trial.is_right(None) and trial.play(()).mitigated for trial in played)
    assert found.resolved >= max(by_hand, nothing)


def test_the_search_writes_plans_that_load():
    plans = read_plans(search(["oom-crash", "cert-expiry"], range(4)))
    assert set(plans.families) == {"oom_crash", "cert_expiry"}
    assert isinstance(plans.elsewhere, Plan)


@pytest.mark.parametrize("seeds", ["0", "5:5", "-1:4", "a:b", "999999:1000001"])
def test_the_search_takes_train_seeds_only(seeds):
    with pytest.raises(ValueError, match="should be FROM:TO"):
        seed_range(seeds)
