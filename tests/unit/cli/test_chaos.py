"""`praetor chaos` over a directory: it creates, cancels and lists runs, and does nothing else."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from praetor.store.directory import DirectoryStore
from tests.support.experiments import site_manifest
from tests.support.faster_writer import is_faster

JsonOf = Callable[..., Any]
Call = Callable[..., Any]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    store = DirectoryStore(tmp_path)
    asyncio.run(store.create(site_manifest("https://shop.example")))
    store.close()
    return tmp_path


def test_inject_creates_a_run_and_list_shows_it(json_of: JsonOf, data: Path) -> None:
    made = json_of("chaos", "inject", "oom_crash", "--site", "shop", "--seconds", 60, "--data", data)
    assert made["spec"]["inject"] == {"fault": "oom_crash", "durationSeconds": 60}
    assert made["spec"]["target"] == {"siteRef": {"name": "shop"}}
    assert made["metadata"]["name"].startswith("shop-oom-crash-")
    (row,) = json_of("chaos", "list", "--data", data)
    assert (row["run"], row["site"], row["fault"]) == (made["metadata"]["name"], "shop", "oom_crash")


def test_all_that_a_fault_needs_can_be_said(json_of: JsonOf, data: Path) -> None:
    given = ["--service", "cart", "--pods", 2, "--memory-limit", "32Mi", "--cpu-limit", "20m", "--to-version", "v9"]
    made = json_of(
        "chaos", "inject", "bad_config", "--site", "shop", *given, "--set", "MODE=a=b", "--name", "x", "--data", data
    )
    assert made["spec"]["inject"] == {
        "fault": "bad_config", "service": "cart", "pods": 2, "memoryLimit": "32Mi", "cpuLimit": "20m",
        "version": "v9", "key": "MODE", "value": "a=b", "durationSeconds": 900,
    }  # fmt: skip


def test_heal_cancels_the_run_now(json_of: JsonOf, data: Path) -> None:
    json_of("chaos", "inject", "oom_crash", "--site", "shop", "--name", "x", "--data", data)
    assert json_of("chaos", "heal", "x", "--data", data)["spec"]["cancel"] == "Now"


def test_a_heal_that_others_are_faster_than_is_said_again(
    json_of: JsonOf, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    json_of("chaos", "inject", "oom_crash", "--site", "shop", "--name", "x", "--data", data)
    written = is_faster(monkeypatch, 3)
    healed = json_of("chaos", "heal", "x", "--data", data)
    assert (len(written), healed["spec"]["cancel"], healed["status"]["message"]) == (3, "Now", "look 2")


def test_only_experiments_are_healed_and_listed(call: Call, json_of: JsonOf, data: Path) -> None:
    store = DirectoryStore(data)
    drill = {"apiVersion": "praetor.dev/v1alpha1", "kind": "IncidentRun"}
    drill |= {"metadata": {"name": "drill", "namespace": "default"}, "spec": {"scenarioRef": {"name": "oom-crash"}}}
    asyncio.run(store.create(drill))
    store.close()
    assert json_of("chaos", "list", "--data", data) == []
    assert "no spec.inject" in call("chaos", "heal", "drill", "--data", data, code=2).stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["inject", "oom_crash", "--site", "shop", "--memory-limit", "much"], "memoryLimit"),
        (["inject", "no fault", "--site", "shop"], "fault"),
        (["inject", "bad_config", "--site", "shop", "--set", "MODE"], "VARIABLE=value"),
        (["heal", "nobody"], "does not exist"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(call: Call, data: Path, arguments: list[str], words: str) -> None:
    result = call("chaos", *arguments, "--data", data, code=2)
    assert words in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("wrong", [["--site", "nosuch"], ["--site", "shop", "--namespace", "other"], ["--site", "No!"]])
def test_without_its_site_no_experiment_is_created(call: Call, json_of: JsonOf, data: Path, wrong: list[str]) -> None:
    result = call("chaos", "inject", "oom_crash", *wrong, "--data", data, code=2)
    assert f"--site {wrong[1]}: there is no TargetSite" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert json_of("chaos", "list", "--data", data) == []


def test_a_directory_that_is_not_there_is_not_made(call: Call, tmp_path: Path) -> None:
    assert "no such directory" in call("chaos", "list", "--data", tmp_path / "none", code=2).stderr
    assert not (tmp_path / "none").exists()


def test_a_run_with_inject_is_not_played_on_the_spot(call: Call, tmp_path: Path) -> None:
    file = Path(__file__).parents[3] / "manifests/chaos/site-experiment.yaml"
    result = call("run", "-f", file, "-o", "json", code=1)
    assert "praetor dev" in result.stdout
