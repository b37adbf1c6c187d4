"""What every process of the site does first: die with its supervisor, and read what it is to be.

`python -m praetor.sites.demo.process COMMAND...` becomes the command, under another user if asked, and dies likewise:
PostgreSQL refuses to run as root.
"""

import ctypes
import json
import os
import pwd
import signal
import sys
from typing import Any

SETUP_VARIABLE = "PRAETOR_SITE_PROCESS"
_PR_SET_PDEATHSIG = 1


def setup() -> dict[str, Any]:
    """What the supervisor wants of this process; from then on it lives no longer than the supervisor."""
    wanted: dict[str, Any] = json.loads(os.environ.pop(SETUP_VARIABLE))
    die_with(wanted["supervisor"], signal.SIGKILL)
    return wanted


def die_with(parent: int, number: signal.Signals) -> None:
    """The kernel sends the signal when the thread ends that started this process (Linux)."""
    if sys.platform == "linux" and ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != parent:
        sys.exit("the supervisor has ended already")


def become(command: list[str]) -> None:
    """Replaces this process by the command. SIGQUIT is PostgreSQL's immediate shutdown: nothing of it stays."""
    wanted = json.loads(os.environ.pop(SETUP_VARIABLE))
    if wanted.get("user"):
        account = pwd.getpwnam(wanted["user"])
        os.initgroups(wanted["user"], account.pw_gid)
        os.setgid(account.pw_gid)
        os.setuid(account.pw_uid)
    die_with(wanted["supervisor"], signal.SIGQUIT)
    os.execv(command[0], command)  # noqa: S606 (no shell)


if __name__ == "__main__":
    become(sys.argv[1:])
