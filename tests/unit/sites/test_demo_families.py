"""What a process and its children use is counted in whole families, and the machine is looked through once for all."""

import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("psutil", reason="the site extra is not installed")

import psutil

from praetor.sites.demo.families import FRESH_SECONDS, Families, parents
from praetor.sites.demo.telemetry import Usage

GRANDCHILD_MB = 64
GRANDCHILD = f"kept = bytearray({GRANDCHILD_MB} << 20); print(flush=True); input()"
CHILD = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]], start_new_session=True)"


@pytest.fixture
def parent() -> Iterator[subprocess.Popen[bytes]]:
    """With a child, whose child is in a session of its own and keeps memory."""
    grandparent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {CHILD!r}, {GRANDCHILD!r}])"
    command = [sys.executable, "-c", grandparent]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
        process.communicate(b"\n")


@pytest.mark.parametrize("proc", ["/proc", "there is none"])
def test_a_family_is_what_psutil_says_it_is(parent, proc):
    known = [one.pid for one in psutil.Process(parent.pid).children(recursive=True)]
    assert len(known) == 2
    assert Families(lambda: parents(proc)).below(parent.pid) == known


def test_what_a_grandchild_keeps_is_counted(parent):
    usage = Usage(parent.pid, lambda: None)
    usage.look()
    assert usage.memory_mb > GRANDCHILD_MB


def test_a_process_that_has_ended_keeps_its_figures():
    with subprocess.Popen([sys.executable, "-c", GRANDCHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        usage = Usage(process.pid, lambda: None)
        usage.look()
        process.communicate(b"\n")
    before = (usage.cpu_percent, usage.memory_mb)
    usage.look()
    assert (usage.cpu_percent, usage.memory_mb) == before
    assert before[1] > GRANDCHILD_MB


@given(st.lists(st.floats(0.0, 3 * FRESH_SECONDS), max_size=20))
def test_nobody_hears_of_a_family_that_is_older_than_a_moment(pauses):
    now, read_at = 0.0, []

    def read() -> dict[int, int]:
        read_at.append(now)
        return {100 + len(read_at): 1}

    families = Families(read, lambda: now)
    for pause in [0.0, *pauses]:
        now += pause
        assert families.below(1) == [100 + len(read_at)]
        assert now - read_at[-1] < FRESH_SECONDS
    assert all(later - earlier >= FRESH_SECONDS for earlier, later in pairwise(read_at))


@given(st.dictionaries(st.integers(1, 12), st.integers(1, 12)))
def test_a_family_ends_whatever_was_read_of_processes_that_came_and_went(read):
    below = Families(lambda: read).below(1)
    assert len(below) == len(set(below))
    assert all(read[one] in {1, *below} for one in below)
