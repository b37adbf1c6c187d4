"""The CustomResourceDefinitions: generated files are current, and every schema says what it means and how much."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from praetor.resources.crd import definition, file_name, main, render, rendered
from praetor.resources.kinds import KINDS, Kind

ROOT = Path(__file__).parents[3]
FOLDERS = (ROOT / "crds", ROOT / "charts" / "praetor" / "files" / "crds")
ALL_KINDS = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
Schema = dict[str, Any]


def fields(schema: Schema, path: str = "") -> Iterator[tuple[str, Schema]]:
    """Every value that an author can write: (path, schema)."""
    yield path, schema
    for name, field in schema.get("properties", {}).items():
        yield from fields(field, f"{path}.{name}")
    for part in ("items", "additionalProperties"):
        if part in schema:
            yield from fields(schema[part], f"{path}[]")


def values(kind: Kind) -> list[tuple[str, Schema]]:
    root = definition(kind)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]
    return [*fields(root["spec"], "spec"), *fields(root["status"], "status")]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
@ALL_KINDS
def test_a_generated_file_is_current(kind: Kind, folder: Path) -> None:
    assert (folder / file_name(kind)).read_text() == render(kind), "run `make crds`"


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
def test_there_are_no_other_files(folder: Path) -> None:
    assert {path.name for path in folder.iterdir()} == rendered().keys()


def test_the_command_writes_all_files_into_all_folders(tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "deeper" / "two"]
    assert main([str(folder) for folder in folders]) == 0
    for folder in folders:
        kinds = sorted(yaml.safe_load(path.read_text())["kind"] for path in folder.iterdir())
        guard = ["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"]
        assert kinds == ["CustomResourceDefinition"] * len(KINDS) + guard


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
def test_the_guard_of_approvals_is_current(folder: Path) -> None:
    for name, text in rendered().items():
        assert (folder / name).read_text() == text, "run `make crds`"


def test_the_command_without_a_folder_says_how_it_is_used(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "DIRECTORY" in capsys.readouterr().err


@ALL_KINDS
def test_every_field_is_described(kind: Kind) -> None:
    named = [(path, schema) for path, schema in values(kind) if not path.endswith("[]")]
    assert len(named) > 5
    assert [path for path, schema in named if not schema.get("description", "").endswith(".")] == []


@ALL_KINDS
def test_every_text_list_and_map_is_bounded(kind: Kind) -> None:
    bounds = {"string": ("maxLength", "enum"), "array": ("maxItems",), "object": ("maxProperties", "properties")}
    loose = [
        path
        for path, schema in values(kind)
        if schema["type"] in bounds and not any(bound in schema for bound in bounds[schema["type"]])
    ]
    assert loose == []


@ALL_KINDS
def test_conditions_are_told_apart_by_their_type(kind: Kind) -> None:
    conditions = dict(values(kind))["status.conditions"]
    assert (conditions["x-kubernetes-list-type"], conditions["x-kubernetes-list-map-keys"]) == ("map", ["type"])


def test_only_a_run_s_spec_is_fixed_and_only_but_for_its_verbs() -> None:
    fixed = {
        kind.name: [rule["fieldPath"] for rule in _spec_rules(kind) if "oldSelf" in rule["rule"]] for kind in KINDS
    }
    assert fixed["IncidentScenario"] == fixed["TargetSite"] == []
    assert {".scenarioRef", ".alert", ".seed"} <= set(fixed["IncidentRun"])
    assert {".suspend", ".cancel", ".ttlSecondsAfterFinished"}.isdisjoint(fixed["IncidentRun"])


def _spec_rules(kind: Kind) -> list[dict[str, str]]:
    return dict(values(kind))["spec"].get("x-kubernetes-validations", [])
