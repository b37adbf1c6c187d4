"""The flat form becomes scenarios that its own correct action resolves; what cannot is refused with the reason."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import simcore
from simcore.conversion.convert import Converted, convert, converted
from simcore.conversion.proof import SEEDS, Proposal, why_not
from simcore.conversion.ways import ANOMALIES
from simcore.errors import ScenarioError
from simcore.scenarios.documents import load_documents
from simcore.scenarios.load import load_scenario
from simcore.scenarios.spec import ScenarioDocument

ROOT = Path(__file__).parents[3]
FLAT = ROOT / "tests" / "data" / "scenarios"
SAMPLES = ROOT / "manifests" / "samples"
EXAMPLES = {
    "dns-failure-flat": {"action_type": "restart_service", "target_service": "api-gateway"},
    "rate-limit-flat": {
        "action_type": "scale_service", "target_service": "api-gateway", "parameters": {"replicas": 6},
    },
}  # fmt: skip
RESTART = {"action_type": "restart_service"}
ROLL_BACK = {"action_type": "rollback_deployment"}


def setting(key: str, value: object, service: str | None = None) -> dict[str, Any]:
    return {"action_type": "update_config", "target_service": service, "parameters": {"key": key, "value": value}}


def scaled(replicas: int) -> dict[str, Any]:
    return {"action_type": "scale_service", "parameters": {"replicas": replicas}}


def flat(**changes: Any) -> dict[str, Any]:
    usual = {
        "task_id": "orders_killed", "difficulty": "medium", "description": "Orders are killed.",
        "target_service": "order-service", "anomaly": "oom", "max_steps": 15, "alert": "order-service is killed",
        "correct_action": {"action_type": "restart_service", "parameters": {"memory_limit": "1024Mi"}},
    }  # fmt: skip
    return usual | changes


def of(**changes: Any) -> Converted:
    return converted(load_documents(json.dumps(flat(**changes), ensure_ascii=False), file="f.yaml")[0])


def mechanism_of(done: Converted) -> str:
    return str(done.manifest["spec"]["variants"][0]["mechanism"])


def read_back(done: Converted) -> ScenarioDocument:
    return load_scenario(done.text)


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_are_shipped_as_they_are_converted_with_a_run_behind_them(name: str) -> None:
    done = converted(load_documents(FLAT / f"{name}.yaml")[0])
    scenario, run = (SAMPLES / f"{name}.yaml").read_text().split("---\n")
    assert scenario == done.text
    assert f"kind: IncidentScenario\n    name: {done.manifest['metadata']['name']}\n" in run


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_resolve_by_their_correct_action_on_seeds_that_were_not_tried(name: str) -> None:
    scenario = read_back(converted(load_documents(FLAT / f"{name}.yaml")[0]))
    for seed in range(SEEDS.stop, SEEDS.stop + 20):
        episode = simcore.make(scenario, seed=seed, split="train")
        episode.reset()
        episode.step({"action_type": "read_logs", "target_service": "api-gateway"})
        assert episode.step(EXAMPLES[name]).observation.error is None
        for kind in ("check_metrics", "describe_service", "read_logs", "check_metrics", "describe_service"):
            episode.step({"action_type": kind, "target_service": "api-gateway"})
        causes = [{"service": "api-gateway", "mechanism": scenario.spec.variants[0].mechanism}]
        episode.step({"action_type": "resolve_incident", "parameters": {"causes": causes}})
        verdict = episode.verdict()
        assert verdict.resolved, (seed, verdict)
        assert [mark.done for mark in verdict.rubric] == [True, True]


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_do_not_resolve_by_a_declaration_alone(name: str) -> None:
    scenario = read_back(converted(load_documents(FLAT / f"{name}.yaml")[0]))
    causes = [{"service": "api-gateway", "mechanism": scenario.spec.variants[0].mechanism}]
    for seed in range(20):
        episode = simcore.make(scenario, seed=seed)
        episode.step({"action_type": "resolve_incident", "parameters": {"causes": causes}})
        assert episode.verdict().diagnosed
        assert not episode.resolved


def test_the_log_lines_are_written_by_the_target_while_it_is_unwell() -> None:
    episode = simcore.make(read_back(converted(load_documents(FLAT / "dns-failure-flat.yaml")[0])), seed=3)
    read = {"action_type": "read_logs", "target_service": "api-gateway", "parameters": {"lines": 60}}
    line = "[ERROR] api-gateway - could not resolve host: payment-service.internal\n"
    assert line in episode.step(read).observation.text
    assert line not in episode.step(read | {"target_service": "user-service"}).observation.text
    episode.step(EXAMPLES["dns-failure-flat"])
    for _ in range(6):
        episode.step({"action_type": "list_services"})
    assert line not in episode.step(read).observation.text


@pytest.mark.parametrize(
    ("anomaly", "target", "action", "mechanism"),
    [
        ("oom", "order-service", {**RESTART, "parameters": {"memory_limit": "1Gi"}}, "heap_oom"),
        ("oom", "payment-service", setting("memory.limit", "1024Mi"), "heap_oom"),
        ("oom", "order-service", ROLL_BACK, "memory_leak"),
        ("db_pool_exhaustion", "order-service", RESTART, "connection_leak"),
        ("db_pool_exhaustion", "order-service", ROLL_BACK, "leaky_connections_release"),
        ("db_pool_exhaustion", "postgres-db", setting("db.pool.max_size", 50), "pool_misconfigured"),
        ("connection_leak", "user-service", RESTART, "connection_leak"),
        ("connection_leak", "auth-service", ROLL_BACK, "leaky_connections_release"),
        ("memory_leak", "order-service", ROLL_BACK, "memory_leak"),
        ("memory_leak", "order-service", RESTART, "slow_leak"),
        ("resource_starved", "order-service", scaled(5), "cpu_saturation"),
        ("resource_starved", "inventory-service", setting("cpu.limit", "2"), "cpu_saturation"),
        ("resource_starved", "order-service", RESTART, "thread_deadlock"),
        ("disk_full", "order-service", RESTART, "log_growth"),
        ("disk_full", "order-service", ROLL_BACK, "verbose_release"),
        ("disk_full", "postgres-db", setting("db.wal.max_size_mb", 1024), "wal_growth"),
        ("lock_contention", "order-service", RESTART, "lock_contention"),
        ("lock_contention", "order-service", ROLL_BACK, "slow_query_release"),
        ("cert_expired", "payment-service", RESTART, "cert_expiry"),
        ("cert_expired", "payment-service", ROLL_BACK, "bundled_certificate_release"),
        ("cascade_degradation", "order-service", ROLL_BACK, "leaky_release"),
        ("cascade_degradation", "order-service", setting("client.retries", 0), "retry_storm"),
        ("cascade_degradation", "order-service", RESTART, "thread_deadlock"),
        ("dns_broken", "order-service", RESTART, "dns_failure"),
        ("dns_broken", "order-service", setting("dns.resolver", "cluster"), "resolver_misconfigured"),
        ("dns_broken", "order-service", ROLL_BACK, "wrong_name_release"),
        ("rate_limited", "api-gateway", scaled(8), "rate_limit_exhaustion"),
        ("rate_limited", "api-gateway", setting("rate_limit.rps", 60), "rate_limit_lowered"),
    ],
)  # fmt: skip
def test_an_anomaly_becomes_the_mechanism_that_its_correct_action_puts_right(anomaly, target, action, mechanism):
    assert mechanism_of(of(anomaly=anomaly, target_service=target, correct_action=action)) == mechanism


def test_every_anomaly_is_in_the_table_above():
    (table,) = (
        mark.args[1]
        for mark in test_an_anomaly_becomes_the_mechanism_that_its_correct_action_puts_right.pytestmark
        if mark.name == "parametrize"
    )
    assert {row[0] for row in table} == set(ANOMALIES)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"anomaly": "gremlins"}, "f.yaml:1: anomaly: should be 'oom', 'db_pool_exhaustion'"),
        ({"difficulty": "insane"}, "f.yaml:1: difficulty: should be 'easy', 'medium' or 'hard', not 'insane'"),
        ({"task_id": "not a name"}, "f.yaml:1: task_id: String should match"),
        ({"target_service": "cart"}, "f.yaml:1: target_service: there is no service 'cart'; the services of the shop"),
        ({"max_steps": 3}, "f.yaml:1: max_steps: should be greater than or equal to 5, not 3"),
        ({"severity": "bad"}, "f.yaml:1: severity: unknown field; expected one of alert, anomaly, correct_action"),
        ({"kind": "IncidentScenario"}, "f.yaml:1: kind: the flat form has none; this is of kind IncidentScenario"),
        ({"rubric": [{"description": "x", "required_action": "guess"}]}, "f.yaml:1: rubric[0].required_action: should"),
        ({"rubric": [{"description": "x", "required_target": "cart"}]}, "f.yaml:1: rubric[0].required_target: there"),
        ({"correct_action": {"action_type": "read_logs"}}, "f.yaml:1: correct_action.action_type: should be 'restart_"),
        ({"correct_action": setting("db.pool", 3)}, "f.yaml:1: correct_action: parameters.key: 'db.pool' may not be"),
        ({"correct_action": setting("log.level", "LOUD")}, "f.yaml:1: correct_action: parameters.value: 'LOUD' should"),
        ({"correct_action": {**scaled(2), "parameters": {"replicas": "x"}}}, "f.yaml:1: correct_action: parameters.re"),
        ({"correct_action": scaled(20)}, "f.yaml:1: correct_action: scale_service on order-service (replicas=20) does "
         "not resolve oom of order-service: as heap_oom or"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_the_form_is_told_with_its_place(changes, expected):
    with pytest.raises(ScenarioError) as refused:
        of(**changes)
    assert str(refused.value).startswith(expected)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"correct_action": scaled(4)}, "as heap_oom"),
        ({"correct_action": scaled(4)}, "seed 0, difficulty 0.2: the objectives do not hold, the cause is still there"),
        ({"correct_action": scaled(20)}, "seed 0, difficulty 0.2: 20 replicas of order-service are more than the 8"),
        ({"target_service": "frontend-bff"}, "as heap_oom or .*: befalls only api-gateway, order-service"),
        ({"anomaly": "connection_leak", "correct_action": setting("db.pool.max_size", 60)},
         r"update_config on postgres-db .* does not resolve connection_leak of order-service: as connection_leak or "
         r".*: seed 0, difficulty 0\.2: the cause is still there"),
        ({"anomaly": "resource_starved", "correct_action": setting("cluster.resource.quota.memory_mb", 20000)},
         "as quota_lowered or node_pressure: the services that starve are drawn, none can be named"),
        ({"anomaly": "cascade_degradation", "correct_action": setting("client.retries", 0), "max_steps": 5,
          "target_service": "auth-service"}, "as retry_storm: befalls only api-gateway, order-service, user-service"),
    ],
)  # fmt: skip
def test_what_its_correct_action_does_not_resolve_is_refused_with_the_episode_and_why(changes, expected):
    with pytest.raises(ScenarioError, match=expected):
        of(**changes)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"root_cause_keywords": ["heap"]}, "root_cause_keywords: dropped; a diagnosis is judged by service and"),
        ({"task_id": "oom_crash"}, "task_id: called oom-crash-flat, because the library has a scenario oom-crash"),
        ({"correct_action": RESTART}, "correct_action: resolves it only with memory_limit=1024Mi, which was played"),
        ({"anomaly": "rate_limited", "target_service": "api-gateway", "correct_action": scaled(6)},
         "anomaly: played as rate_limit_exhaustion with extra_share 0.7 to 1, which the correct action resolves"),
        ({"correct_action": {**ROLL_BACK, "parameters": {"to_version": "v2.3.1"}}},
         "correct_action.parameters.to_version: the release before is meant; each episode draws versions"),
        ({"log_lines": ["Java heap space"]}, "log_lines[0]: written as INFO; a line may begin with [DEBUG], [INFO]"),
        ({"anomaly": "db_pool_exhaustion", "correct_action": setting("db.pool.max_size", 50)},
         "target_service: pool_misconfigured befalls postgres-db, which the correct action is taken on"),
    ],
)  # fmt: skip
def test_what_changes_on_the_way_is_told(changes, expected):
    warnings = of(**changes).warnings
    assert any(warning.startswith(f"f.yaml:1: {expected}") for warning in warnings), warnings


def test_a_clean_conversion_has_no_warning_and_says_what_was_played():
    done = of(log_lines=["[FATAL] Java heap space"])
    assert done.warnings == ()
    head = "".join(line for line in done.text.splitlines(keepends=True) if line.startswith("#"))
    assert "task orders_killed" in head.lower()
    assert "restart_service on order-service (memory_limit=1024Mi) resolves it" in head


def test_the_budget_the_level_and_the_rubric_are_kept_and_nothing_else_ever_happens():
    rubric = [{"description": "Looked", "weight": 0.4, "required_action": "check_metrics"}]
    spec = read_back(of(max_steps=17, difficulty="hard", rubric=rubric, root_cause="Heap too small")).spec
    assert (spec.budget.easiest, spec.budget.hardest, spec.level) == (17, 17, "hard")
    assert (spec.no_fault_share, spec.self_healing_share, spec.multi_fault_share) == (0.0, 0.0, 0.0)
    assert (spec.rubric[0].required_action, spec.rubric[0].weight) == ("check_metrics", 0.4)
    assert spec.description == "Orders are killed. Heap too small."


def test_a_scenario_that_is_over_without_any_action_is_no_proof():
    harmless = of().manifest["spec"]
    harmless["variants"][0]["parameters"] = {"need_factor": {"low": 0.3, "high": 0.3}}
    document = ScenarioDocument(name="harmless", spec=harmless)
    restart = Proposal("restart_service", "order-service", {"memory_limit": "1024Mi"})
    assert why_not(document, restart) == "seed 0, difficulty 0.2: it is over without any action"


def test_all_documents_are_converted_and_all_problems_are_told():
    texts = [json.dumps(flat(task_id=name)) for name in ("a", "b")]
    done, problems = convert(load_documents("\n---\n".join(texts)))
    assert [one.manifest["metadata"]["name"] for one in done] == ["a", "b"]
    assert problems == []
    bad = [json.dumps(flat(anomaly="x", difficulty="y")), texts[0], json.dumps(flat(correct_action=scaled(4)))]
    done, problems = convert(load_documents("\n---\n".join(bad)))
    assert [problem.path for problem in problems] == ["difficulty", "anomaly", "correct_action"]


printable = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=60)
words = printable.filter(str.strip)


@settings(max_examples=25, deadline=None)
@given(alert=words, description=words, line=words)
def test_whatever_people_write_comes_through(alert: str, description: str, line: str) -> None:
    done = of(alert=alert, description=description, log_lines=[line])
    scenario = read_back(done)
    assert scenario.spec.model_dump(mode="json", by_alias=True, exclude_unset=True) == done.manifest["spec"]
    episode = simcore.make(scenario, seed=1)
    assert episode.reset().payload.title == " ".join(alert.split())
    assert scenario.spec.log_lines == [" ".join(line.split())]
    assert scenario.spec.description.startswith(" ".join(description.split()))
