"""What every process of the site does first: die with its supervisor, and read what it is to be."""

import ctypes
import json
import os
import pwd
import signal
import sys
from typing import Any

SETUP_VARIABLE = "PRAETOR_SITE_PROCESS"
_PR_SET_PDEATHSIG = 1


def setup(end: signal.Signals = signal.SIGKILL) -> dict[str, Any]:
    """What the supervisor wants of this process; from then on it lives no longer than the supervisor."""
    wanted: dict[str, Any] = json.loads(os.environ.pop(SETUP_VARIABLE))
    if wanted.get("user"):
        _become(wanted["user"])
    die_with(wanted["supervisor"], end)
    return wanted


def die_with(parent: int, number: signal.Signals) -> None:
    """The kernel sends the signal when the thread ends that started this process (Linux)."""
    if sys.platform == "linux" and ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != parent:
        sys.exit("the supervisor has ended already")


def _become(user: str) -> None:
    account = pwd.getpwnam(user)
    os.initgroups(user, account.pw_gid)
    os.setgid(account.pw_gid)
    os.setuid(account.pw_uid)
