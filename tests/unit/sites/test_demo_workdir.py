"""The demo site's folder: mounted where that is allowed, and there where it is not."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.demo_site import until

NOBODY = 65534
MAKES_IT_AS_A_USER = f"""
import ctypes, os, sys
from praetor.sites.demo.workdir import make_workdir

def let_proc_be_ones_own(whether):
    PR_SET_DUMPABLE = 4
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, whether, 0, 0, 0)

if os.getuid() == 0:
    os.setgroups([])
    os.setgid({NOBODY})
    os.setuid({NOBODY})
let_proc_be_ones_own(sys.argv[1] == "allowed")
workdir = make_workdir()
(workdir.journal / "written").touch()
let_proc_be_ones_own(True)
print(workdir.bounded, os.path.ismount(workdir.path), os.readlink("/proc/self/ns/user"))
"""


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Another user gets there, and nothing stays there."""
    folder = Path(tempfile.mkdtemp(prefix="praetor-test-"))
    folder.chmod(0o777)
    yield folder
    until(lambda: not any(folder.iterdir()), lambda: list(folder.iterdir()))
    folder.rmdir()


def made(folder: Path, maps: str) -> list[str]:
    """Whether the disk is bounded, whether the folder is a mount, and which user namespace the process is in."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path), "TMPDIR": str(folder)}
    command = [sys.executable, "-c", MAKES_IT_AS_A_USER, maps]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def need(*command: str) -> None:
    user = NOBODY if os.getuid() == 0 else None
    done = subprocess.run(command, user=user, group=user, cwd="/", capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"users may not do that here: {done.stderr.strip()}")


def test_a_user_has_a_disk_that_can_be_full_in_a_namespace_of_ones_own(open_folder: Path) -> None:
    need("unshare", "--user", "--mount", "--map-root-user", "true")
    *mounted, namespace = made(open_folder, "allowed")
    assert mounted == ["True", "True"]
    assert namespace != os.readlink("/proc/self/ns/user")


def test_a_namespace_that_may_be_made_and_not_used_is_not_entered(open_folder: Path) -> None:
    """As AppArmor has it on Ubuntu 24.04. Here the kernel refuses the maps to who may not write in their own /proc."""
    need("unshare", "--user", "true")
    assert made(open_folder, "refused") == ["False", "False", os.readlink("/proc/self/ns/user")]
