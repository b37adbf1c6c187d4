"""`praetor run --report` and `praetor report`: the files of a run, and the same made anew from its trace."""

import json

import pytest

from simcore.trace import read_trace

FORMATS = ("--report-format", "pdf", "--report-format", "atif")


@pytest.fixture
def folder(call, tmp_path):
    call("run", "oom-crash", "--seed", 7, "--report", tmp_path / "one", *FORMATS, "-o", "json")
    return tmp_path / "one"


def test_a_report_has_what_was_asked_for(folder):
    names = {file.name for file in folder.iterdir()}
    assert names == {"postmortem.md", "trace.jsonl", "run.json", "report.pdf", "trajectory.atif.json"}
    assert (folder / "report.pdf").read_bytes().startswith(b"%PDF-")
    assert json.loads((folder / "trajectory.atif.json").read_text())["schema_version"] == "ATIF-v1.8"


def test_made_anew_it_is_the_same(folder, call, tmp_path):
    call("report", folder, "--to", tmp_path / "again", *FORMATS)
    for name in ("postmortem.md", "report.pdf", "trajectory.atif.json"):
        assert (tmp_path / "again" / name).read_bytes() == (folder / name).read_bytes()


def test_a_trace_alone_is_enough(folder, call, tmp_path):
    alone = tmp_path / "alone.jsonl"
    alone.write_bytes((folder / "trace.jsonl").read_bytes())
    call("report", alone, "--to", tmp_path / "of-trace", *FORMATS)
    uid = json.loads((folder / "run.json").read_text())["metadata"]["uid"]
    assert f"| UID | `{uid}` |" in (tmp_path / "of-trace" / "postmortem.md").read_text()
    assert (tmp_path / "of-trace" / "report.pdf").exists()


@pytest.mark.parametrize("content", ["", "{}", "not json\n", '{"kind": "reset", "data": {"seed": 1}}\n'])
def test_what_is_no_trace_is_refused_in_a_line(call, tmp_path, content):
    (tmp_path / "bad.jsonl").write_text(content)
    assert "bad.jsonl: is no trace of a run" in call("report", tmp_path / "bad.jsonl", code=2).stderr


def test_a_file_that_is_not_there_is_named(call, tmp_path):
    assert "nowhere" in call("report", tmp_path / "nowhere", code=2).stderr


def test_a_format_without_a_folder_is_refused(call):
    assert "--report-format: name a folder with --report" in call("run", "oom-crash", *FORMATS, code=2).stderr


def test_the_trace_names_the_run_and_what_its_changes_were_worth(folder):
    events = list(read_trace((folder / "trace.jsonl").read_bytes()))
    run = json.loads((folder / "run.json").read_text())["metadata"]
    (reset,) = [event["data"] for event in events if event["kind"] == "reset"]
    (verdict,) = [event["data"] for event in events if event["kind"] == "verdict"]
    assert reset["run"] == {key: run[key] for key in ("namespace", "name", "uid")}
    assert all(len(call) == 2 for call in reset["calls"])
    changes = [event for event in events if event["kind"] == "effect"]
    assert len(verdict["counterfactual"]["credits"]) == len(changes)
