"""Scenario files: a good one becomes a scenario, a bad one says where and what was expected."""

import pytest

from simcore.errors import ScenarioError
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
    ],
)  # fmt: skip
def test_a_problem_is_told_with_file_line_path_and_what_was_expected(old, new, expected):
    text = GOOD.replace(old, new)
    assert text != GOOD
    if expected is None:
        assert scenario_problems(text) == []
    else:
        assert first_problem(text).startswith(expected)


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
