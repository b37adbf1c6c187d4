"""Scenario files: a good one becomes a scenario, a bad one says where and what was expected."""

import pytest

import simcore
from simcore.errors import ScenarioError
from simcore.mechanisms.table import MECHANISMS
from simcore.scenarios.checks import parameter_bounds
from simcore.scenarios.load import load_scenario, scenario_problems

GOOD = """\
apiVersion: praetor.dev/v1alpha1
kind: IncidentScenario
metadata:
  name: my-oom
spec:
  family: oom_crash
  level: easy
  description: The heap of a service outgrows its limit.
  variants:
    - name: heap
      mechanism: heap_oom
      targets: [order-service]
      parameters:
        need_factor: {low: 1.2, high: 1.5}
      remedies:
        - [{predicate: MemoryCoversNeed}]
  alert:
    titles: ["{service} keeps restarting"]
    description: Orders fail.
"""


def first_problem(text: str) -> str:
    with pytest.raises(ScenarioError) as caught:
        load_scenario(text, file="s.yaml")
    return str(caught.value)


def test_a_good_file_becomes_a_named_scenario(tmp_path):
    path = tmp_path / "my-oom.yaml"
    path.write_text(GOOD)
    scenario = load_scenario(path)
    assert scenario.name == "my-oom"
    assert scenario.spec.variants[0].mechanism == "heap_oom"


def test_what_the_api_server_gives_back_is_taken_as_well():
    live = GOOD.replace("name: my-oom", "name: my-oom\n  uid: 1234\n  generation: 1")
    assert load_scenario(live + "status: {conditions: []}\n").name == "my-oom"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("praetor.dev/v1alpha1", "v1", "s.yaml:1: apiVersion: should be praetor.dev/v1alpha1, not 'v1'"),
        ("kind: IncidentScenario", "kind: Pod", "s.yaml:2: kind: should be IncidentScenario, not 'Pod'"),
        ("name: my-oom", "name: My_oom", "s.yaml:4: metadata.name: should be at most 63"),
        ("  name: my-oom\n", "  labels: {a: b}\n", "s.yaml:3: metadata.name: should be at most 63"),
        ("metadata:\n  name: my-oom", "metadata: my-oom", "s.yaml:3: metadata: should be a mapping with"),
        ("spec:", "spec: &s", None),
        ("metadata:", "extra: 1\nmetadata:", "s.yaml:3: extra: unknown field; expected one of"),
        ("level: easy", "level: trivial", "s.yaml:7: spec.level: should be 'easy', 'medium' or 'hard', not"),
        ("  level: easy\n", "", "s.yaml:5: spec.level: required field is missing"),
        ("level: easy", "level: easy\n  levle: easy", "s.yaml:8: spec.levle: unknown field; expected"),
        ("level: easy", "level: easy\n  no_fault_share: 0.1", "s.yaml:8: spec.no_fault_share: unknown field"),
        ("mechanism: heap_oom", "mechanism: gremlins", "s.yaml:10: spec.variants[0]: mechanism 'gremlins'"),
        ("[order-service]", "[Order!]", "s.yaml:12: spec.variants[0].targets[0]: String should match"),
        ("high: 1.5", "high: 1.0", "s.yaml:14: spec.variants[0].parameters.need_factor: high (1.0) is"),
        ("high: 1.5", "high: much", "s.yaml:14: spec.variants[0].parameters.need_factor.high: "),
        ("MemoryCoversNeed", "Luck", "s.yaml:16: spec.variants[0].remedies[0][0].predicate: should be "),
        ("[order-service]", "[order]", "s.yaml:12: spec.variants[0].targets[0]: there is no service or role 'order'"),
        ("low: 1.2", "low: 0", "s.yaml:10: spec.variants[0]: parameters.need_factor: low (0.0) is below 0.01"),
        ("need_factor: {low: 1.2", "ramp_seconds: {low: 0", "s.yaml:10: spec.variants[0]: parameters.ramp_seconds: "),
        ("need_factor: {low: 1.2", "onset_seconds: {low: -9", "s.yaml:10: spec.variants[0]: parameters.onset_seconds:"),
        ("high: 1.5", "high: 1.0e+9", "s.yaml:10: spec.variants[0]: parameters.need_factor: high (1000000000.0) is"),
        ("{service} keeps", "{cluster} keeps", "s.yaml:18: spec.alert.titles[0]: there is no {cluster}; there"),
        ("{service} keeps", "{service} { keeps", "s.yaml:18: spec.alert.titles[0]: a brace on its own is written"),
        ("{service} keeps", "{} keeps", "s.yaml:18: spec.alert.titles[0]: there is no {}; there are {service}"),
        ("{service} keeps", "{service:>9} keeps", "s.yaml:18: spec.alert.titles[0]: {service} is written without"),
        ("{service} keeps", "{service!r} keeps", "s.yaml:18: spec.alert.titles[0]: {service} is written without"),
        ("{service} keeps", "{service.x} keeps", "s.yaml:18: spec.alert.titles[0]: there is no {service.x}; there are"),
        ("Orders fail.", "'Orders } fail.'", "s.yaml:19: spec.alert.description: a brace on its own is written twice"),
        ("level: easy", "level: easy\n  slos: [{service: user-service, sli: availability, objective: 0.9}]",
         "s.yaml:8: spec.slos[0].service: should be frontend-bff, the entry"),
        ("level: easy", "level: easy\n  slos: [{sli: availability, objective: 0.9, windowSeconds: 60}]",
         "s.yaml:8: spec.slos[0].windowSeconds: unknown field"),
        ("level: easy", "level: easy\n  rubric: [{description: x, requiredAction: guess}]",
         "s.yaml:8: spec.rubric[0].requiredAction: should be 'list_services', "),
        ("level: easy", "level: easy\n  rubric: [{description: x, requiredTarget: cart}]",
         "s.yaml:5: spec: rubric[0].requiredTarget: there is no service 'cart'; there are frontend-bff"),
        ("level: easy", "level: easy\n  topology: Any", "s.yaml:5: spec: variants[0].targets: order-service is a "),
        ("[order-service]", "[Databases]", "s.yaml:5: spec: variants[0].targets: heap_oom befalls Stateless; Data"),
        ("MemoryCoversNeed", "SettingRestored", "s.yaml:16: spec.variants[0].remedies[0][0]: setting: SettingRes"),
        ("{predicate: MemoryCoversNeed}", "{predicate: SettingRestored, setting: luck}",
         "s.yaml:16: spec.variants[0].remedies[0][0].setting: should be 'memory.limit', "),
        ("level: easy", f"level: easy\n  logLines: [{'x' * 257}]", "s.yaml:8: spec.logLines[0]: String should have at"),
    ],
)  # fmt: skip
def test_a_problem_is_told_with_file_line_path_and_what_was_expected(old, new, expected):
    text = GOOD.replace(old, new)
    assert text != GOOD
    if expected is None:
        assert scenario_problems(text) == []
    else:
        assert first_problem(text).startswith(expected)


def test_braces_written_twice_stand_for_themselves():
    titled = GOOD.replace("{service} keeps", "{{}} {service} keeps")
    episode = simcore.make(load_scenario(titled), seed=1)
    assert episode.reset().payload.title.startswith("{} ")


@pytest.mark.parametrize("mechanism", MECHANISMS.values(), ids=lambda mechanism: mechanism.name)
@pytest.mark.parametrize("extreme", ["low", "high"])
def test_the_extremes_that_are_accepted_can_be_played(mechanism, extreme):
    bounds = {name: parameter_bounds(name)[extreme == "high"] for name in mechanism.parameters}
    given = "".join(f"        {name}: {{low: {value}, high: {value}}}\n" for name, value in bounds.items())
    text = GOOD.replace("heap_oom", mechanism.name).replace("[order-service]", "[]")
    text = text.replace("        need_factor: {low: 1.2, high: 1.5}\n", given)
    for seed in range(3):
        episode = simcore.make(load_scenario(text), seed=seed)
        assert episode.reset().payload.title
        assert episode.step({"action_type": "list_services"}).observation.error is None


def test_a_spec_that_is_no_mapping_is_refused():
    head = GOOD[: GOOD.index("spec:")]
    assert first_problem(head + "spec: 1\n").startswith("s.yaml:5: spec: should be a mapping")
    assert first_problem(head).startswith("s.yaml:1: spec: should be a mapping")


def test_all_problems_of_a_file_are_found_at_once():
    text = GOOD.replace("name: my-oom", "name: My_oom").replace("level: easy", "level: x").replace("kind:", "kid:")
    paths = [problem.path for problem in scenario_problems(text)]
    assert paths == ["kid", "kind", "metadata.name", "spec.level"]


def test_several_scenarios_in_a_file_are_checked_but_not_loaded_as_one():
    assert scenario_problems(f"{GOOD}---\n{GOOD}") == []
    assert "expected one scenario, found 2 documents" in first_problem(f"{GOOD}---\n{GOOD}")


def test_an_empty_file_is_refused():
    assert first_problem("# nothing\n") == "s.yaml: empty; expected an IncidentScenario manifest"
    assert len(scenario_problems("", file="s.yaml")) == 1
