"""What is compiled belongs to the sources of the whole world, not only to the file of the function that it is."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import simcore

PACKAGE = Path(simcore.__file__).parent
LOAD = "import numpy as np; from simcore.world import kernel, layout as at; from simcore.world.health import assess;"
WAIT = "print(kernel.__file__, flush=True); input();"
ASSESS = (
    "services, pods = np.zeros((1, at.SERVICE_COLUMNS)), np.zeros((1, at.MAX_PODS, at.POD_COLUMNS));"
    "services[0, [at.DESIRED, at.PODS]] = 1.0; assess(services, pods, 0.0); print(int(services[0, at.HEALTH]))"
)


@pytest.fixture
def tree(tmp_path):
    """A copy of the package that can be changed, with nothing compiled yet."""
    shutil.copytree(PACKAGE, tmp_path / "simcore", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def start(tree: Path, code: str) -> subprocess.Popen[str]:
    env = {key: value for key, value in os.environ.items() if not key.startswith("NUMBA_")}
    env |= {"PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", code]
    return subprocess.Popen(command, cwd=tree, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def run(tree: Path, code: str) -> str:
    shown, _ = start(tree, code).communicate(timeout=120)
    return shown.strip()


def renumber_healths(tree: Path) -> None:
    """`assess` writes another number now, and its own file has not changed."""
    layout = tree / "simcore" / "world" / "layout.py"
    text = layout.read_text()
    assert "CRASHED = range(5)" in text
    layout.write_text(text.replace("CRASHED = range(5)", "CRASHED = range(10, 15)"))


def compiled(tree: Path) -> set[str]:
    return {path.name for path in (tree / "simcore" / "world" / "__pycache__").glob("*.nb[ic]")}


def test_what_was_compiled_is_found_again(tree):
    assert run(tree, LOAD + ASSESS) == "0"
    first = compiled(tree)
    assert any("assess" in name for name in first)
    assert run(tree, LOAD + ASSESS) == "0"
    assert compiled(tree) == first


def test_a_change_of_another_file_compiles_anew_and_drops_what_was_there(tree):
    run(tree, LOAD + ASSESS)
    first = compiled(tree)
    renumber_healths(tree)
    assert run(tree, LOAD + ASSESS) == "10"
    assert not first & compiled(tree)


def test_a_process_of_the_old_sources_that_compiles_late_does_not_spoil_the_new_ones(tree):
    late = start(tree, LOAD + WAIT + ASSESS)
    assert late.stdout.readline().startswith(str(tree))
    renumber_healths(tree)
    run(tree, LOAD)
    shown, _ = late.communicate("go\n", timeout=120)
    assert shown.strip() == "0"
    assert run(tree, LOAD + ASSESS) == "10"
