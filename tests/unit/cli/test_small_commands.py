"""scenario, policy, version, doctor, and the whole as a process."""

import json
import re
import socket
import subprocess
import sys

import pytest

from praetor.cli import errors
from praetor.cli.output import Format, as_text, cell
from simcore.mechanisms.table import HELD_OUT
from simcore.scenarios.library import library_names
from tests.controlplane.processes import free_port

LIBRARY_FILE = "simcore/scenarios/library/oom-crash.yaml"


def test_scenarios_are_listed_with_their_mechanisms(json_of):
    rows = json_of("scenario", "list")
    assert [row["name"] for row in rows] == library_names()
    oom = next(row for row in rows if row["name"] == "oom-crash")
    assert oom == {
        "name": "oom-crash",
        "family": "oom_crash",
        "mechanism": "heap_oom",
        "mechanism_class": "memory",
        "split": "all",
    }


def test_what_is_held_out_is_listed_for_one_split_alone(json_of):
    held_out = {row["mechanism"] for row in json_of("scenario", "list") if row["split"] != "all"}
    assert held_out == HELD_OUT


def test_lint_accepts_the_library(call, pytestconfig):
    files = sorted((pytestconfig.rootpath / "simcore/scenarios/library").glob("*.yaml"))
    result = call("scenario", "lint", *files)
    assert result.stdout == ""
    assert result.stderr == f"{len(files)} files: no problem found\n"


def test_lint_prints_every_problem_of_every_file_and_exits_2(call, pytestconfig, tmp_path):
    good = (pytestconfig.rootpath / LIBRARY_FILE).read_text()
    bad = tmp_path / "bad.yaml"
    bad.write_text(good.replace("level: easy", "level: trivial").replace("kind: IncidentScenario", "kind: Scenario"))
    lines = call("scenario", "lint", bad, tmp_path / "missing.yaml", code=2).stdout.splitlines()
    assert lines[0].startswith(f"{bad}:2: kind: should be IncidentScenario")
    assert lines[1].startswith(f"{bad}:7: spec.level: should be 'easy', 'medium' or 'hard'")
    assert lines[2] == f"{tmp_path / 'missing.yaml'}: cannot be read: No such file or directory"


def test_lint_finds_a_variant_that_can_befall_nobody_in_some_system(call, pytestconfig, tmp_path):
    good = (pytestconfig.rootpath / LIBRARY_FILE).read_text()
    rare = tmp_path / "oom-crash.yaml"
    rare.write_text(good.replace("mechanism: heap_oom", "mechanism: stale_secret\n      targets: [Busy]"))
    (line,) = call("scenario", "lint", rare, code=2).stdout.splitlines()
    told = r":22: spec\.variants\[0\]\.targets: in \d+ of \d+ systems stale_secret can befall none of these, for "
    assert re.match(re.escape(str(rare)) + told, line), line


def test_policies_are_listed(json_of):
    assert {"playbook", "random"} <= {row["name"] for row in json_of("policy", "list")}


def test_the_version_names_what_matters(json_of):
    assert json_of("version").keys() == {"praetor", "python", "numpy", "numba", "extras"}


def test_the_doctor_finds_a_machine_that_works(json_of, monkeypatch, tmp_path):
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    found = {check["name"]: check["state"] for check in json_of("doctor", "--port", free_port())}
    assert found["python"] == found["numba"] == found["port"] == "ok"
    assert found["cluster"] == "missing"


def test_the_doctor_finds_a_port_that_is_taken(json_of, monkeypatch, tmp_path):
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        checks = json_of("doctor", "--port", taken.getsockname()[1])
    assert next(check["state"] for check in checks if check["name"] == "port") == "missing"


def test_the_doctor_says_when_the_cluster_does_not_answer(json_of, monkeypatch, tmp_path):
    config = tmp_path / "config"
    cluster = {"name": "c", "cluster": {"server": f"http://127.0.0.1:{free_port()}"}}
    context = {"name": "c", "context": {"cluster": "c", "user": "u"}}
    user = {"name": "u", "user": {}}
    parts = {"clusters": [cluster], "contexts": [context], "users": [user], "current-context": "c"}
    config.write_text(json.dumps({"apiVersion": "v1", "kind": "Config", **parts}))
    monkeypatch.setenv("KUBECONFIG", str(config))
    cluster_check = json_of("doctor", "--port", free_port())[-1]
    assert cluster_check["state"] == "missing"
    assert "127.0.0.1" in cluster_check["detail"]


def test_a_missing_extra_is_told_in_a_sentence(call, monkeypatch):
    monkeypatch.setitem(errors._MODULES_OF_EXTRA, "operator", ("no_such_module",))
    result = call("operator", code=2)
    assert result.stderr == "praetor operator needs the operator extra: pip install 'praetor[operator]'\n"


def test_help_loads_nothing_heavy():
    script = (
        "import sys; sys.argv = ['praetor', '--help']\n"
        "from praetor.cli.main import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'numba', 'numpy', 'pydantic', 'fastapi', 'kubernetes', 'kopf', 'httpx'}\n"
        "print(sorted(heavy & sys.modules.keys()), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=240)
    assert done.stderr.strip() == "[]"
    assert "evaluate" in done.stdout


@pytest.mark.parametrize("command", ["run", "evaluate", "scenario list", "policy list", "version"])
def test_the_base_install_is_enough(command):
    """Without the libraries of the extras: they cannot be imported in this process."""
    arguments = {"run": "run oom_crash", "evaluate": "evaluate --seeds 0:1 --workers 1"}.get(command, command).split()
    script = (
        "import sys\n"
        "extras = 'fastapi starlette uvicorn httpx jinja2 markdown_it prometheus_client kopf kubernetes'.split()\n"
        "sys.modules.update(dict.fromkeys(extras))\n"
        f"sys.argv = ['praetor', *{arguments!r}, '-o', 'json']\n"
        "from praetor.cli.main import main; main()\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)


@pytest.mark.parametrize(("value", "shown"), [(None, "-"), (True, "yes"), (0.5, "0.500"), ("a\x1b[31m\nb", "a [31m b")])
def test_a_cell_is_harmless_to_a_terminal(value, shown):
    assert cell(value) == shown


def test_json_has_no_nan():
    with pytest.raises(ValueError, match="not JSON compliant"):
        as_text({"x": float("nan")}, Format.json)
