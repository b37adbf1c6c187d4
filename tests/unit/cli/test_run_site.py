"""`praetor run --site` and a TargetSite in a file: a real site instead of the simulator, from the shell."""

import json
from pathlib import Path

import pytest
import yaml

from tests.support.chat_server import ChatServer

TOKEN = "a-token-that-nobody-may-see"
QUICK = ("--action-seconds", 0, "--stabilization-seconds", 1)


@pytest.fixture
def on_site(site):
    return ("run", "--site", site.url, "--allow", site.port, "--alert", "checkout fails", *QUICK)


def documents(tmp_path: Path, url: str, **run: object) -> Path:
    site = {"http": {"url": url}, "actionSeconds": 0, "stabilizationSeconds": 1}
    alert = {"source": "generic", "groupKey": "g", "title": "checkout fails"}
    spec = {"alert": alert, "policy": {"name": "random"}, "target": {"siteRef": {"name": "shop"}}, "maxSteps": 4} | run
    objects = [("TargetSite", "shop", site), ("IncidentRun", "one", spec)]
    path = tmp_path / "run.yaml"
    path.write_text(
        yaml.safe_dump_all(
            {"apiVersion": "praetor.dev/v1alpha1", "kind": kind, "metadata": {"name": name}, "spec": spec}
            for kind, name, spec in objects
        )
    )
    return path


def test_a_site_is_played_on_and_graded_in_part(json_of, on_site, site):
    run = json_of(*on_site, "--policy", "random")
    status = run["status"]
    assert (status["phase"], status["substrate"], status["grading"]) == ("Complete", "Site", "Partial")
    assert "scenario" not in status
    assert {one["type"]: one["status"] for one in status["conditions"]}["Diagnosed"] != "True"
    assert site.asked


def test_nothing_calls_it_a_rehearsal(call, on_site, tmp_path):
    shown = call(*on_site, "--policy", "random", "--report", tmp_path).stdout
    assert "Rehearsal" not in shown
    report = (tmp_path / "postmortem.md").read_text()
    assert "**Site `site`:** what was done there was real." in report
    for untrue in ("Rehearsal", "true cause was named", "| Seed |", "| Scenario |"):
        assert untrue not in report


def test_two_runs_are_two_runs_for_the_site(json_of, on_site):
    uids = {json_of(*on_site, "--policy", "random")["metadata"]["uid"] for _ in range(2)}
    assert len(uids) == 2


def test_the_token_of_the_environment_is_sent_and_nowhere_written(call, on_site, site, tmp_path, monkeypatch):
    monkeypatch.setenv("PRAETOR_SITE_TOKEN", TOKEN)
    result = call(*on_site, "--policy", "random", "--report", tmp_path, "-o", "json", "--watch")
    assert {headers.get("Authorization") for headers in site.headers} == {f"Bearer {TOKEN}"}
    written = [path.read_text() for path in tmp_path.iterdir()]
    assert [text for text in (result.stdout, result.stderr, *written) if TOKEN in text] == []


def test_a_target_site_in_the_file_is_played_on(json_of, site, tmp_path):
    run = json_of("run", "-f", documents(tmp_path, site.url), "--allow", site.port)
    assert (run["status"]["substrate"], run["status"]["result"]["steps"] <= 4) == ("Site", True)


def test_this_machine_is_only_dialled_if_it_is_said(json_of, site, tmp_path):
    run = json_of("run", "-f", documents(tmp_path, site.url), code=1)
    assert run["status"]["phase"] == "Failed"
    assert "loopback" in run["status"]["message"]
    assert {one["reason"] for one in run["status"]["conditions"] if one["type"] == "Failed"} == {"SubstrateUnavailable"}


def test_what_may_be_dialled_is_said_for_the_model_too(json_of, site, tmp_path):
    declares = {"function": {"name": "resolve_incident", "arguments": "{}"}, "id": "1", "type": "function"}
    chat = ChatServer(lambda request: {"content": "", "tool_calls": [declares]})
    try:
        policy = {"name": "llm", "model": "m", "endpoint": chat.endpoint}
        run = json_of(
            "run", "-f", documents(tmp_path, site.url, policy=policy), "--allow", site.port, "--allow", chat.port
        )
    finally:
        chat.close()
    assert (run["status"]["phase"], len(chat.requests)) == ("Complete", 1)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--site", "http://127.0.0.1:1", "--alert", "x", "oom-crash"), "neither a scenario nor -f"),
        (("--site", "http://127.0.0.1:1", "--alert", "x", "--seed", 3), "--seed"),
        (("--site", "nonsense", "--alert", "x"), "spec.http.url"),
        (("--site", "http://user:pass@host", "--alert", "x"), "spec.http.url"),
        (("--site", "http://127.0.0.1:1", "--alert", "x", "--policy", "oracle"), "reads the simulator's episode"),
        (("oom-crash", "--alert", "x"), "name the site with --site, or the namespace with --kubernetes"),
        (("--kubernetes", "shop", "--alert", "x", "-l", "web"), "labels such as app=web"),
        (("--kubernetes", "Shop", "--alert", "x"), "spec.kubernetes.namespace"),
        (("--kubernetes", "shop", "--site", "http://x", "--alert", "x"), "--site names one already"),
        (("--selector", "app=web", "oom-crash"), "name the namespace with --kubernetes"),
    ],
)
def test_what_cannot_be_meant_is_refused(call, arguments, complaint):
    assert complaint in call("run", *arguments, code=2).stderr


def test_a_run_on_a_site_needs_an_alert(call, site, tmp_path):
    path = documents(tmp_path, site.url)
    found = list(yaml.safe_load_all(path.read_text()))
    del found[1]["spec"]["alert"]
    found[1]["spec"]["scenarioRef"] = {"name": "oom-crash"}
    path.write_text(yaml.safe_dump_all(found))
    assert "what is wrong at a site is not chosen" in call("run", "-f", path, code=2).stderr


def test_the_trace_has_real_times(call, on_site, tmp_path):
    call(*on_site, "--policy", "random", "--report", tmp_path)
    assert all(json.loads(line)["wall_time"] for line in (tmp_path / "trace.jsonl").read_text().splitlines())
