"""What is compiled belongs to the sources of the whole kernel, not only to the file of the function that it is."""

import fcntl
import os
import shutil
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

import simcore

PACKAGE = Path(simcore.__file__).parent
LONGEST_S = 600
LOAD = "from simcore.kernel import grade;"
WAIT = "print(grade.__file__, flush=True); input();"
ASK = "print(grade.earns_format(1))"  # it takes the numbers of refusals from another file


@pytest.fixture
def tree(tmp_path):
    """A copy of the package that can be changed, with nothing compiled yet."""
    shutil.copytree(PACKAGE, tmp_path / "simcore", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def start(tree: Path, code: str, **variables: str) -> subprocess.Popen[str]:
    """A fresh interpreter on that tree, to be used as a context manager: its end closes the pipes."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("NUMBA_")}
    env |= {"PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1", **variables}
    command = [sys.executable, "-c", code]
    return subprocess.Popen(command, cwd=tree, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def ended(process: subprocess.Popen[str], said: str | None = "") -> str:
    """What it still printed until it ended well."""
    try:
        shown, _ = process.communicate(said, timeout=LONGEST_S)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    assert process.returncode == 0
    return shown.strip()


def run(tree: Path, code: str, **variables: str) -> str:
    with start(tree, code, **variables) as process:
        return ended(process)


def started(tree: Path, code: str, count: int) -> list[subprocess.Popen[str]]:
    """All of them have come as far as where `code` waits."""
    processes = [start(tree, code) for _ in range(count)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(str(tree))
    return processes


def renumber_refusals(tree: Path) -> None:
    """1 is another refusal now, or none; the file of the function that asks has not changed."""
    changes = tree / "simcore" / "kernel" / "changes.py"
    text = changes.read_text()
    assert text.count("= range(10)") == 1
    changes.write_text(text.replace("= range(10)", "= range(10, 20)"))


def compiled(tree: Path) -> set[str]:
    return {path.name for path in (tree / "simcore" / "kernel" / "__pycache__").glob("*.nb[ic]")}


def test_what_was_compiled_is_found_again(tree):
    assert run(tree, LOAD + ASK) == "False"
    first = {path: path.stat().st_mtime_ns for path in (tree / "simcore" / "kernel" / "__pycache__").glob("*.nb[ic]")}
    assert any("earns_format" in path.name for path in first)
    assert run(tree, LOAD + ASK) == "False"
    assert {path: path.stat().st_mtime_ns for path in first} == first
    assert compiled(tree) == {path.name for path in first}


def test_processes_that_start_together_compile_once(tree):
    count = "grade.earns_format(1); print(sum(grade.earns_format.stats.cache_misses.values()))"
    with ExitStack() as running:
        together = [running.enter_context(process) for process in started(tree, LOAD + WAIT + count, 3)]
        for process in together:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        assert sorted(ended(process) for process in together) == ["0", "0", "1"]


def test_who_compiles_is_waited_for_until_it_ends(tree):
    folder = tree / "simcore" / "kernel" / "__pycache__"
    folder.mkdir()
    with start(tree, LOAD + WAIT + ASK) as waiting, (folder / "compiling.lock").open("w") as lock:
        assert waiting.stdout is not None
        waiting.stdout.readline()
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(subprocess.TimeoutExpired):
            waiting.communicate("go\n", timeout=3)
        assert not compiled(tree)
        lock.close()  # as at the end of its process, however that comes
        assert ended(waiting, None) == "False"
    assert compiled(tree)


def test_a_change_of_another_file_compiles_anew_and_drops_what_was_there(tree):
    run(tree, LOAD + ASK)
    first = compiled(tree)
    renumber_refusals(tree)
    assert run(tree, LOAD + ASK) == "True"
    assert compiled(tree)
    assert not first & compiled(tree)


def test_any_file_of_the_kernel_counts(tree):
    run(tree, LOAD + ASK)
    first = compiled(tree)
    (tree / "simcore" / "kernel" / "nothing_yet.py").write_text("")
    assert run(tree, LOAD + ASK) == "False"
    assert compiled(tree)
    assert not first & compiled(tree)


def test_what_is_no_source_of_the_kernel_does_not_count(tree):
    run(tree, LOAD + ASK)
    first = compiled(tree)
    settings = tree / "simcore" / "settings.py"
    settings.write_text(settings.read_text() + "# changed")
    assert run(tree, LOAD + ASK) == "False"
    assert compiled(tree) == first


def test_a_process_of_the_old_sources_that_compiles_late_does_not_spoil_the_new_ones(tree):
    with start(tree, LOAD + WAIT + ASK) as late:
        assert late.stdout is not None
        assert late.stdout.readline().startswith(str(tree))
        renumber_refusals(tree)
        run(tree, LOAD)
        assert ended(late, "go\n") == "False"
    assert run(tree, LOAD + ASK) == "True"


def test_what_lies_beside_the_sources_is_used_where_another_folder_is_written(tree, tmp_path):
    run(tree, LOAD + ASK)
    folder = tmp_path / "elsewhere"
    assert run(tree, LOAD + ASK, NUMBA_CACHE_DIR=str(folder)) == "False"
    assert not list(folder.rglob("*.nb[ic]"))
    renumber_refusals(tree)
    assert run(tree, LOAD + ASK, NUMBA_CACHE_DIR=str(folder)) == "True"
    assert list(folder.rglob("*.nb[ic]"))


def test_it_runs_where_nothing_can_be_written(tree):
    (tree / "simcore" / "kernel" / "__pycache__").touch()  # so that no folder can be there, not even for root
    assert run(tree, LOAD + ASK, HOME="/proc/none", XDG_CACHE_HOME="/proc/none") == "False"
