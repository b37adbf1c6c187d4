"""TRL's environment without TRL: its tools are the ten actions, neither more nor less, and play as the actions do."""

import inspect
from typing import Any, get_args, get_type_hints

import pytest
from pydantic import BaseModel

import simcore
from praetor.openenv.trl.rows import incident_rows, task_of
from praetor.openenv.trl.simulated import SimulatedIncident
from praetor.openenv.trl.tools import IncidentTools
from simcore import actions
from simcore.actions import ACTION_TYPES
from simcore.mechanisms.table import CLASSES

ROW = {"task_id": "oom-crash", "seed": 3}
PARAMETERS: dict[str, type[BaseModel]] = {
    form.model_fields["action_type"].default: form.model_fields["parameters"].annotation
    for form in get_args(get_args(actions.Action)[0])
}


def public(of: type) -> set[str]:
    return {name for name, _ in inspect.getmembers(of, inspect.isfunction) if not name.startswith("_")}


def begun(**row: Any) -> SimulatedIncident:
    incident = SimulatedIncident()
    incident.reset(**ROW | row)
    return incident


def test_the_public_methods_are_reset_get_reward_and_the_ten_actions() -> None:
    assert public(SimulatedIncident) == {"reset", "get_reward", *ACTION_TYPES}


@pytest.mark.parametrize("name", ACTION_TYPES)
def test_a_tool_takes_the_parameters_of_its_action_with_their_defaults(name: str) -> None:
    given = dict(inspect.signature(getattr(IncidentTools, name)).parameters)
    given.pop("self")
    given.pop("target_service", None)
    fields = PARAMETERS[name].model_fields
    assert set(given) == set(fields)
    for parameter, field in ((each, fields[each.name]) for each in given.values()):
        required = parameter.default is inspect.Parameter.empty
        assert required or parameter.default == field.default, parameter.name
        assert required or not field.is_required(), parameter.name


@pytest.mark.parametrize("name", ACTION_TYPES)
def test_every_argument_is_typed_and_described_as_transformers_reads_it(name: str) -> None:
    method = getattr(IncidentTools, name)
    text = inspect.getdoc(method) or ""
    described = text.partition("Args:\n")[2].partition("Returns:")[0]
    for argument in set(get_type_hints(method)) - {"return"}:
        assert f"    {argument}: " in described, argument


def test_the_words_that_a_literal_allows_are_those_of_the_action() -> None:
    hints = get_type_hints(IncidentTools.run_diagnostic)
    assert set(get_args(hints["command"])) == set(get_args(actions.DiagnosticCommand))
    (severity, _) = get_args(get_type_hints(IncidentTools.read_logs)["severity"])
    assert set(get_args(severity)) == set(get_args(actions.Severity))


def test_the_declaration_names_every_class_of_mechanisms() -> None:
    text = " ".join((inspect.getdoc(IncidentTools.resolve_incident) or "").split())
    assert f"one of {', '.join(CLASSES)}, or" in text


def test_tools_play_the_same_episode_as_the_actions() -> None:
    incident, episode = begun(), simcore.make("oom-crash", seed=3)
    episode.reset()
    target = episode.snapshot().services[0].name
    for name, arguments in (
        ("list_services", {}), ("describe_service", {"target_service": target}),
        ("read_logs", {"target_service": target, "lines": 5, "severity": "WARN"}),
        ("check_metrics", {"target_service": target, "window": 120.0}),
        ("run_diagnostic", {"target_service": target, "command": "check_health"}),
        ("restart_service", {"target_service": target, "memory_limit": "1024Mi"}),
        ("scale_service", {"target_service": target, "replicas": 4}),
        ("rollback_deployment", {"target_service": target, "to_version": "v0.0.1"}),
        ("update_config", {"target_service": target, "key": "db.pool.max_size", "value": "40"}),
        ("resolve_incident", {"causes": [{"service": target, "mechanism": "memory"}], "root_cause": "heap"}),
    ):  # fmt: skip
        said = getattr(incident, name)(**arguments)
        parameters = {key: value for key, value in arguments.items() if key != "target_service"}
        action = {"action_type": name, "target_service": arguments.get("target_service"), "parameters": parameters}
        assert said == episode.step(action).observation.text
        assert incident.get_reward() == episode.score


def test_an_oracle_that_plays_by_tools_is_rewarded_as_resolved() -> None:
    incident = begun()
    episode = simcore.make("oom-crash", seed=3, split="train")
    observation, history, policy = episode.reset(), (), simcore.make_policy("oracle", episode=episode)
    while not episode.done:
        decision = policy.decide(observation, history)
        form = actions.action_json(decision.action)
        arguments = dict(form["parameters"])
        if form["target_service"]:
            arguments["target_service"] = form["target_service"]
        getattr(incident, form["action_type"])(**arguments)
        result = episode.step(decision.action)
        observation, history = result.observation, (*history, (decision, result))
    assert incident.get_reward() > 0.25


def test_a_malformed_action_takes_a_step_and_is_told_what_was_wrong() -> None:
    incident = begun()
    said = incident.scale_service("public-api", 1000)
    assert "[step 1/" in said
    assert "replicas" in said


def test_after_the_end_nothing_counts_and_the_model_is_told() -> None:
    incident = begun()
    incident.list_services()
    incident.resolve_incident(causes=[])
    before = incident.get_reward()
    assert "ended" in incident.list_services()
    assert incident.get_reward() == before


def test_all_generations_of_a_group_meet_the_same_incident() -> None:
    assert SimulatedIncident().reset(**ROW) == SimulatedIncident().reset(**ROW)


def test_a_reset_forgets_the_incident_before() -> None:
    incident = begun()
    first = incident.list_services()
    incident.reset(**ROW)
    assert incident.get_reward() == 0.0
    assert incident.list_services() == first


def test_a_row_that_names_no_incident_is_refused() -> None:
    with pytest.raises(ValueError, match="no task_id and no seed"):
        SimulatedIncident().reset(prompt=[])
    with pytest.raises(RuntimeError, match="reset first"):
        SimulatedIncident().list_services()


def test_held_out_scenarios_cannot_be_trained_on_by_mistake() -> None:
    with pytest.raises(LookupError, match="held out"):
        SimulatedIncident().reset(task_id="hot-key", seed=1)


def test_rows_take_the_scenarios_of_the_split_in_turn() -> None:
    rows = incident_rows(range(100))
    assert {row["task_id"] for row in rows} == set(simcore.scenario_names("train"))
    assert [row["seed"] for row in rows] == list(range(100))
    assert incident_rows([5], task_ids=["disk-full"], difficulty=0.2)[0]["difficulty"] == 0.2


@pytest.mark.parametrize(("given", "wanted"), [(None, 0.5), ("hard", 0.8), (0.25, 0.25), (1, 1.0)])
def test_a_rows_difficulty_is_a_number_or_a_level(given: Any, wanted: float) -> None:
    assert task_of(ROW | {"difficulty": given}).difficulty == wanted
