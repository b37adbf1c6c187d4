"""The library, and a folder of scenarios of one's own beside it."""

import re
from pathlib import Path

import pytest

import simcore
from simcore.errors import ScenarioError, UnknownNameError
from simcore.scenarios.library import library_names, library_scenario

SHIPPED = Path(simcore.__file__).parent / "scenarios" / "library"


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PRAETOR_SCENARIO_DIR", str(tmp_path))
    return tmp_path


def copied(folder: Path, file: str, name: str) -> None:
    text = (SHIPPED / "oom-crash.yaml").read_text()
    (folder / file).write_text(text.replace("name: oom-crash", f"name: {name}", 1))


def test_a_scenario_of_ones_own_stands_beside_those_that_are_shipped(own):
    copied(own, "mine.yaml", "mine")
    assert {"mine", "oom-crash"} <= set(library_names())
    assert library_scenario("mine").name == "mine"


def test_a_file_that_is_called_otherwise_than_its_scenario_is_refused(own):
    copied(own, "a-file.yaml", "mine")
    with pytest.raises(ScenarioError, match=re.escape("a-file.yaml:4: metadata.name: should be a-file, as the file")):
        library_scenario("a-file")
    with pytest.raises(UnknownNameError, match="there is no scenario 'mine'"):
        library_scenario("mine")


@pytest.mark.parametrize("make", [Path.touch, lambda path: None])
def test_a_folder_that_is_not_there_is_refused_with_its_path(tmp_path, monkeypatch, make):
    make(tmp_path / "gone")
    monkeypatch.setenv("PRAETOR_SCENARIO_DIR", str(tmp_path / "gone"))
    for look in (library_names, lambda: library_scenario("oom-crash")):
        with pytest.raises(ScenarioError, match=r"PRAETOR_SCENARIO_DIR: there is no folder .*/gone; make it or unset"):
            look()
