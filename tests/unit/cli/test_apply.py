"""`praetor apply`: a person's files become objects of a directory, as `kubectl apply` makes them a cluster's."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from praetor.store.directory import DirectoryStore
from tests.support.experiments import site_manifest

JsonOf = Callable[..., Any]
Call = Callable[..., Any]
SITE = site_manifest("https://shop.example")


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    def write(*objects: dict[str, Any]) -> Path:
        path = tmp_path / "objects.yaml"
        path.write_text(yaml.safe_dump_all(objects))
        return path

    return write


def stored(data: Path, kind: str, name: str) -> dict[str, Any]:
    store = DirectoryStore(data)
    try:
        return asyncio.run(store.get(kind, "default", name))
    finally:
        store.close()


def test_what_a_file_has_is_there_afterwards(json_of: JsonOf, tmp_path: Path, written: Callable[..., Path]) -> None:
    data = tmp_path / "data"
    run = {"apiVersion": "praetor.dev/v1alpha1", "kind": "IncidentRun", "metadata": {"name": "drill"}}
    rows = json_of("apply", "-f", written(SITE, run | {"spec": {"scenarioRef": {"name": "oom-crash"}}}), "--data", data)
    assert [(row["kind"], row["name"], row["result"]) for row in rows] == [
        ("TargetSite", "shop", "created"), ("IncidentRun", "drill", "created"),
    ]  # fmt: skip
    assert stored(data, "TargetSite", "shop")["spec"]["http"] == {"url": "https://shop.example"}


def test_the_same_file_again_changes_nothing_and_another_what_it_says(
    json_of: JsonOf, tmp_path: Path, written: Callable[..., Path]
) -> None:
    data, results = tmp_path / "data", []
    for seconds in (60, 60, 5):
        site = SITE | {"spec": SITE["spec"] | {"probeSeconds": seconds}}
        results += [row["result"] for row in json_of("apply", "-f", written(site), "--data", data)]
    assert results == ["created", "unchanged", "configured"]
    assert stored(data, "TargetSite", "shop")["spec"]["probeSeconds"] == 5


def test_how_an_object_stands_is_not_for_a_file_to_say(
    json_of: JsonOf, tmp_path: Path, written: Callable[..., Path]
) -> None:
    json_of("apply", "-f", written(SITE | {"status": {"services": []}}), "--data", tmp_path / "data")
    assert "status" not in stored(tmp_path / "data", "TargetSite", "shop")


@pytest.mark.parametrize(
    ("spec", "complaint"),
    [
        ({"http": {"url": "https://shop.example"}, "guardrial": {}}, "guardrial"),
        ({"http": {"url": "ftp://shop.example"}}, "url"),
        ({"http": {"url": "https://shop.example"}, "guardrails": {"allowedActions": ["reboot"]}}, "allowedActions"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_nothing_is_put_down(
    call: Call, tmp_path: Path, written: Callable[..., Path], spec: dict[str, Any], complaint: str
) -> None:
    other = SITE | {"metadata": {"name": "good", "namespace": "default"}}
    told = call("apply", "-f", written(other, SITE | {"spec": spec}), "--data", tmp_path / "data", code=2).stderr
    assert complaint in told
    assert "objects.yaml:" in told
    assert not (tmp_path / "data" / "targetsites").exists()


def test_what_may_not_change_any_more_is_refused(
    json_of: JsonOf, call: Call, tmp_path: Path, written: Callable[..., Path]
) -> None:
    data = tmp_path / "data"
    for name, code in (("oom-crash", 0), ("dns-failure", 2)):
        run = {"apiVersion": "praetor.dev/v1alpha1", "kind": "IncidentRun", "metadata": {"name": "drill"}}
        file = written(run | {"spec": {"scenarioRef": {"name": name}}})
        told = call("apply", "-f", file, "--data", data, code=code)
    assert "scenarioRef" in told.stderr
