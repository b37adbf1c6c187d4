"""`praetor run`: what it plays, what it prints, how it ends."""

import json
from pathlib import Path

import pytest
import yaml

from praetor.resources.run import IncidentRun
from simcore.topologies.shop import SHOP
from simcore.trace import broken_links

SAMPLES = Path(__file__).parents[3] / "manifests" / "samples"
RUN = {
    "apiVersion": "praetor.dev/v1alpha1",
    "kind": "IncidentRun",
    "metadata": {"name": "oom-1"},
    "spec": {"scenarioRef": {"name": "oom-crash"}, "seed": 7},
}


def written(tmp_path: Path, *manifests: object) -> Path:
    path = tmp_path / "run.yaml"
    path.write_text(yaml.safe_dump_all(manifests, sort_keys=False))
    return path


def changed(**spec: object) -> dict:
    return {**RUN, "spec": {**RUN["spec"], **spec}}


def without_times(run: dict) -> dict:
    text = json.dumps(run)
    moments = {run["metadata"]["creationTimestamp"], run["status"]["startTime"], run["status"]["completionTime"]}
    for moment in moments:
        text = text.replace(moment, "T")
    return json.loads(text)


def test_a_scenario_is_played_to_its_end_and_printed_as_an_incident_run(json_of):
    run = json_of("run", "oom_crash", "--seed", 7, "--difficulty", 0.5, "--policy", "playbook")
    IncidentRun.model_validate(run)
    assert run["metadata"]["name"] == "oom-crash-7"
    assert run["status"]["phase"] == "Complete"
    assert run["status"]["substrate"] == "Simulator"
    assert run["status"]["result"]["score"] > 0
    assert [one["status"] for one in run["status"]["conditions"] if one["type"] == "Complete"] == ["True"]


def test_hyphens_and_underscores_name_the_same_scenario(json_of):
    names = [json_of("run", name)["status"]["scenario"]["name"] for name in ("oom-crash", "oom_crash")]
    assert names == ["oom-crash", "oom-crash"]


def test_equal_calls_print_equal_runs_but_for_the_times(json_of):
    first, second = (json_of("run", "oom-crash", "--seed", 3, "--policy", "random") for _ in range(2))
    assert without_times(first) == without_times(second)


def test_several_episodes_are_a_list_with_seeds_in_a_row(json_of):
    runs = json_of("run", "oom-crash", "--seed", 5, "--episodes", 3, "--split", "train")
    assert [run["spec"]["seed"] for run in runs] == [5, 6, 7]


@pytest.mark.parametrize(("split", "absolute"), [("train", 5), ("validation", 1_000_005)])
def test_a_split_shifts_the_seed(json_of, split, absolute):
    assert json_of("run", "oom-crash", "--seed", 5, "--split", split)["status"]["scenario"]["seed"] == absolute


@pytest.mark.parametrize(("difficulty", "number"), [("easy", 0.2), ("hard", 0.8), ("0.35", 0.35)])
def test_a_difficulty_is_a_number_or_a_word(json_of, difficulty, number):
    assert json_of("run", "oom-crash", "--difficulty", difficulty)["spec"]["difficulty"] == number


def test_yaml_says_the_same_as_json(call, json_of):
    as_yaml = yaml.safe_load(call("run", "oom-crash", "-o", "yaml").stdout)
    assert without_times(as_yaml) == without_times(json_of("run", "oom-crash"))


def test_a_table_begins_with_what_was_not_touched(call):
    lines = call("run", "oom-crash", "--seed", 7).stdout.splitlines()
    assert lines[0] == "Rehearsal in the simulator: nothing outside was touched."
    assert lines[1].split()[:3] == ["RUN", "SCENARIO", "POLICY"]
    assert lines[2].split()[:2] == ["oom-crash-7", "oom-crash"]


def test_a_report_has_the_post_mortem_and_an_unbroken_trace(call, tmp_path):
    result = call("run", "oom-crash", "--report", tmp_path / "out", "-o", "json")
    assert (tmp_path / "out" / "postmortem.md").read_text().startswith("# Post-mortem: `oom-crash-0`")
    trace = (tmp_path / "out" / "trace.jsonl").read_text().splitlines()
    assert broken_links(trace) == []
    status = json.loads(result.stdout)["status"]
    assert status["traceRef"]["events"] == len(trace)
    assert "postmortem.md" in result.stderr


def test_reports_of_several_episodes_have_a_folder_each(call, tmp_path):
    call("run", "oom-crash", "--episodes", 2, "--report", tmp_path)
    names = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.md"))
    assert names == ["oom-crash-0/postmortem.md", "oom-crash-1/postmortem.md"]


def test_without_a_report_nothing_is_said_to_be_stored(json_of):
    assert not {"traceRef", "reportRef"} & json_of("run", "oom-crash")["status"].keys()


def test_a_report_that_cannot_be_written_is_refused(call, tmp_path):
    (tmp_path / "file").write_text("")
    assert "--report: " in call("run", "oom-crash", "--report", tmp_path / "file", code=2).stderr


def test_watching_tells_each_step_on_stderr_only(call):
    result = call("run", "oom-crash", "--watch", "-o", "json")
    run = json.loads(result.stdout)
    assert len(result.stderr.splitlines()) == run["status"]["result"]["steps"]
    assert result.stderr.startswith("oom-crash-0   1 ")


def test_the_exit_status_says_whether_it_was_resolved(call, json_of):
    arguments = ("run", "oom-crash", "--policy", "random", "--seed", 1)
    assert json_of(*arguments)["status"]["result"]["resolved"] is False
    call(*arguments, "--exit-status", code=1)
    call("run", "oom-crash", "--seed", 7, "--exit-status")


def test_a_manifest_is_played_as_the_operator_would(json_of, tmp_path):
    run = json_of("run", "-f", written(tmp_path, RUN))
    assert run["metadata"]["namespace"] == "default"
    assert run["status"]["phase"] == "Complete"


def test_a_manifest_may_come_from_stdin(json_of):
    assert json_of("run", "-f", "-", input=json.dumps(RUN))["metadata"]["name"] == "oom-1"


@pytest.mark.parametrize("bad", ["a: [", json.dumps(changed(sede=1)), "", "kind: Service"])
def test_stdin_has_one_name_in_every_message(call, bad):
    assert call("run", "-f", "-", input=bad, code=2).stderr.startswith("<stdin>:")


def test_a_scenario_that_cannot_be_played_is_refused(call, tmp_path):
    files = [yaml.safe_load(part) for part in (SAMPLES / "own-scenario.yaml").read_text().split("---\n")]
    files[0]["spec"]["variants"][0]["targets"] = ["order"]
    result = call("run", "-f", written(tmp_path, *files), code=2)
    assert "spec.variants[0].targets[0]: there is no service or role 'order'; there are" in result.stderr


def test_a_folder_of_scenarios_that_is_not_there_is_bad_input(call, monkeypatch, tmp_path):
    monkeypatch.setenv("PRAETOR_SCENARIO_DIR", str(tmp_path / "gone"))
    assert "gone" in call("run", "oom-crash", code=2).stderr
    assert "gone" in call("scenario", "list", code=2).stderr


def test_the_samples_play_and_are_resolved_by_the_playbook(json_of):
    files = [part for path in sorted(SAMPLES.glob("*.yaml")) for part in ("-f", path)]
    runs = {run["metadata"]["name"]: run["status"] for run in json_of("run", *files)}
    assert {"oom-1", "dns-failure-flat-1", "rate-limit-flat-1"} <= runs.keys()
    assert {name for name, status in runs.items() if not status["result"]["resolved"]} == set()


@pytest.mark.parametrize(
    ("sample", "mechanism"),
    [("oom-1", "heap_oom"), ("bad-deploy-1", "leaky_release"), ("db-pool-1", "connection_leak")],
)
def test_a_sample_is_about_what_its_comment_says(json_of, sample, mechanism):
    truth = json_of("run", "-f", SAMPLES / f"{sample}.yaml")["status"]["result"]["truth"]
    assert [cause["mechanism"] for cause in truth] == [mechanism]
    assert truth[0]["service"] in SHOP.names


def test_an_alert_that_no_family_fits_ends_without_an_episode(json_of, tmp_path):
    alert = {"source": "generic", "groupKey": "k", "title": "The coffee machine is empty"}
    run = json_of("run", "-f", written(tmp_path, {**RUN, "spec": {"alert": alert}}), "--report", tmp_path)
    conditions = {one["type"]: (one["status"], one["reason"]) for one in run["status"]["conditions"]}
    assert conditions["Complete"] == ("True", "NothingToActOn")
    assert conditions["Escalated"] == ("True", "NothingToActOn")
    assert "No episode was played" in (tmp_path / "postmortem.md").read_text()


@pytest.mark.parametrize(
    ("spec", "place", "message"),
    [
        ({"sede": 7}, 9, "spec.sede: unknown field; expected one of activeDeadlineSeconds"),
        ({"seed": "seven"}, 8, "spec.seed: should be a valid integer, not 'seven'"),
        ({"seed": -1}, 8, "spec.seed: should be greater than or equal to 0, not -1"),
        ({"difficulty": 2}, 9, "spec.difficulty: should be less than or equal to 1, not 2"),
        ({"alert": {"source": "x", "groupKey": "k", "title": "t"}}, 5, "spec: exactly one of scenarioRef and alert"),
        ({"scenarioRef": {"name": "no-such"}}, 5, "spec.scenarioRef.name: there is no scenario 'no-such'"),
        ({"scenarioRef": {"kind": "IncidentScenario", "name": "x"}}, 5, "spec.scenarioRef.name: there is no Incident"),
        ({"policy": {"name": "nobody"}}, 5, "spec.policy.name: there is no policy 'nobody'"),
        ({"target": {"siteRef": {"name": "shop"}}}, 5, "spec.target.siteRef.name: there is no TargetSite"),
    ],
)
def test_bad_manifests_are_refused_with_file_line_and_path(call, tmp_path, spec, place, message):
    path = written(tmp_path, changed(**spec))
    result = call("run", "-f", path, code=2)
    assert result.stderr.startswith(f"{path}:{place}: {message}")
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("metadata", "place", "message"),
    [
        ({"name": "n" * 53}, 3, "metadata: name has 53 characters, at most 52 are allowed"),
        ({"name": "Oom_1"}, 4, "metadata.name: should be of a-z, 0-9, - and ."),
        ({"name": "oom-1", "namespace": "a.b"}, 5, "metadata.namespace: 'a.b' is no namespace's name"),
    ],
)
def test_names_that_a_cluster_would_refuse_are_refused(call, tmp_path, metadata, place, message):
    path = written(tmp_path, {**RUN, "metadata": metadata})
    assert call("run", "-f", path, code=2).stderr.startswith(f"{path}:{place}: {message}")


def test_two_runs_of_one_name_are_refused(call, tmp_path):
    path = written(tmp_path, RUN, changed(seed=8))
    assert call("run", "-f", path, code=2).stderr == f"{path}:13: metadata.name: there are two of IncidentRun 'oom-1'\n"


def test_all_problems_of_all_documents_are_told(call, tmp_path):
    path = written(tmp_path, changed(sede=1), {**RUN, "kind": "Pod"}, {**RUN, "metadata": {}})
    lines = call("run", "-f", path, code=2).stderr.splitlines()
    problems = [line.split(": ")[1] for line in lines]
    assert problems == ["spec.sede", "kind", "metadata.name"]


@pytest.mark.parametrize(
    ("text", "message"),
    [("a: [", ": not YAML: "), ("", ": no IncidentRun in it"), ("a: 1\na: 2\n", ":2: a: given twice")],
)
def test_a_file_that_is_no_manifest_is_refused(call, tmp_path, text, message):
    path = tmp_path / "x.yaml"
    path.write_text(text)
    assert message in call("run", "-f", path, code=2).stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("no_such",), "there is no scenario 'no_such'; there are bad-deployment-cascade"),
        (
            ("oom_crash", "--policy", "nobody"),
            "--policy: 'nobody' is unknown; known are keyword, llm, oracle, playbook, random, reflex",
        ),
        (("oom_crash", "--difficulty", "2"), "--difficulty: '2' should be a number from 0 to 1"),
        (("oom_crash", "--difficulty", "nan"), "--difficulty: 'nan' should be a number from 0 to 1"),
        (("oom_crash", "--seed", "-1"), "Invalid value for '--seed'"),
        (("oom_crash", "--split", "all"), "Invalid value for '--split'"),
        ((), "name either a scenario or, with -f, a manifest"),
        (("oom_crash", "-f", "x.yaml"), "name either a scenario or, with -f, a manifest"),
        (("-f", "x.yaml", "--seed", "3"), "--seed: with -f it is said in the manifest's spec"),
        (("-f", "missing.yaml"), "missing.yaml: cannot be read: No such file or directory"),
    ],
)
def test_bad_arguments_are_refused_in_a_sentence(call, arguments, message):
    result = call("run", *arguments, code=2)
    assert message in result.stderr
    assert "Traceback" not in result.stderr
