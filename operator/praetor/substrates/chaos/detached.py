"""Dead-men without a cluster: detached processes, one for each experiment, which outlive whoever started them.

<uid>.json       the plan
<uid>.lock       held by the process as long as it lives: a second one ends
<uid>.armed      its undo would be accepted
<uid>.disarmed   it may go
"""

import asyncio
import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from praetor.store.files import write_atomic
from praetor.substrates.chaos.deadman import Signs, stand_by
from praetor.substrates.chaos.lab import Armed
from praetor.substrates.chaos.plan import Plan
from praetor.substrates.chaos.site import SiteGround

TOKEN_VARIABLE = "PRAETOR_SITE_TOKEN"  # noqa: S105 (a variable's name)
_COMMAND = (sys.executable, "-m", "praetor.substrates.chaos.detached")
_PAUSE_SECONDS = 0.1
_SUFFIXES = (".json", ".armed", ".disarmed", ".log", ".lock")
"""Whose lock is free has left nothing else: it goes last."""


class DetachedDeadmen:
    """`folder` is theirs. Their token is that of the environment, as everything without a cluster has it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def arm(self, plan: Plan, token: str) -> None:
        await asyncio.to_thread(self._arm, plan, token)

    async def armed(self, plan: Plan) -> Armed:
        if not is_held(self._file(plan, ".lock")):
            return Armed("Waiting", f"no dead-man stands by; {self._file(plan, '.log')} says more")
        return Armed("Armed" if self._file(plan, ".armed").exists() else "Waiting", "its dry run is not accepted yet")

    async def disarm(self, plan: Plan) -> None:
        """It removes its files itself; those of one that is dead, or has not begun to stand by, go here."""
        if not self._file(plan, ".json").exists():
            return
        self._file(plan, ".disarmed").touch()
        with held(self._file(plan, ".lock"), tries=1) as alone:
            if alone:
                remove(self._folder, plan.uid)

    def _arm(self, plan: Plan, token: str) -> None:
        if is_held(self._file(plan, ".lock")):
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        self._file(plan, ".armed").unlink(missing_ok=True)
        write_atomic(self._file(plan, ".json"), plan.to_bytes())
        with self._file(plan, ".log").open("ab") as log:
            subprocess.run(  # noqa: S603 (ourselves; it comes back once its child is on its own)
                [*_COMMAND, str(self._file(plan, ".json"))],
                check=True, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                env=os.environ | ({TOKEN_VARIABLE: token} if token else {}),
            )  # fmt: skip

    def _file(self, plan: Plan, suffix: str) -> Path:
        return self._folder / f"{plan.uid}{suffix}"


def is_held(lock: Path) -> bool:
    """Whether a dead-man lives: the kernel frees its lock with its last breath."""
    try:
        with lock.open("rb") as file:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def remove(folder: Path, uid: str) -> None:
    for suffix in _SUFFIXES:
        (folder / f"{uid}{suffix}").unlink(missing_ok=True)


@contextmanager
def held(lock: Path, tries: int = 20) -> Iterator[bool]:
    """False: another one holds it. Who only looks whether one does (`is_held`) has it for a moment too."""
    with lock.open("ab") as file:
        yield any(_is_taken(file.fileno(), again=number < tries) for number in range(1, tries + 1))


def _is_taken(lock: int, *, again: bool) -> bool:
    with suppress(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    time.sleep(_PAUSE_SECONDS if again else 0.0)
    return False


def main(file: Path) -> int:
    if os.fork():  # nobody waits for what goes on living
        return 0
    return stands_by(file)


def stands_by(file: Path) -> int:
    """Until it has done what it is for; the exit code."""
    with held(file.with_suffix(".lock")) as alone:
        if not alone:
            return 0
        try:
            plan = Plan.from_bytes(file.read_bytes())
        except FileNotFoundError:  # disarmed before it stood by
            remove(file.parent, file.stem)
            return 0
        signs = Signs(file.with_suffix(".armed"), file.with_suffix(".disarmed"))
        done = asyncio.run(stand_by(plan, os.environ.get(TOKEN_VARIABLE, ""), SiteGround(), signs))
        if done:
            remove(file.parent, plan.uid)
        return 0 if done else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
