"""Memory limits that the kernel enforces, where this process may make control groups (versions 1 and 2).

Elsewhere the supervisor looks at each process once a second and kills the one that is over its limit.
"""

import os
from contextlib import suppress
from pathlib import Path

_ROOT = Path("/sys/fs/cgroup")
_MIB = 1024 * 1024
_VERSION_1 = ("total_inactive_file", "memory.usage_in_bytes")


class Cages:
    """A group for the site with one for each process in it; `folder` is None where there are none."""

    def __init__(self) -> None:
        self.folder = _made(_parent())

    def put(self, name: str, pid: int, limit_mb: int) -> bool:
        """Whether the kernel will hold the process and its children to the limit."""
        if self.folder is None:
            return False
        cage = self.folder / name
        limit = cage / ("memory.max" if _is_version_2(self.folder) else "memory.limit_in_bytes")
        try:
            cage.mkdir(exist_ok=True)
            limit.write_text(str(limit_mb * _MIB))
            (cage / "cgroup.procs").write_text(str(pid))
        except OSError:
            return False
        return True

    def killed(self, name: str) -> int:
        """How many processes of it the kernel has killed for their memory."""
        if self.folder is None:
            return 0
        file = "memory.events" if _is_version_2(self.folder) else "memory.oom_control"
        with suppress(OSError):
            told = dict(line.split() for line in (self.folder / name / file).read_text().splitlines())
            return int(told.get("oom_kill", 0))
        return 0

    def used_mb(self, name: str) -> float | None:
        """As Kubernetes counts it: what is charged, without the file cache that could be dropped at once."""
        if self.folder is None:
            return None
        inactive, usage = ("inactive_file", "memory.current") if _is_version_2(self.folder) else _VERSION_1
        with suppress(OSError):
            charged = int((self.folder / name / usage).read_text())
            statistics = dict(line.split() for line in (self.folder / name / "memory.stat").read_text().splitlines())
            return (charged - int(statistics.get(inactive, 0))) / _MIB
        return None

    def remove(self, name: str) -> None:
        """When its process has ended."""
        if self.folder is not None:
            with suppress(OSError):
                (self.folder / name).rmdir()

    def close(self) -> None:
        """Removes what is empty; the cleaner removes the rest."""
        if self.folder is not None:
            for one in (*self.folder.glob("*/"), self.folder):
                with suppress(OSError):
                    one.rmdir()


def _is_version_2(folder: Path) -> bool:
    return (folder / "cgroup.controllers").exists()


def _parent() -> Path | None:
    """The group that this process is in, as far as it is about memory."""
    with suppress(OSError):
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            _, controllers, inside = line.split(":", 2)
            if "memory" in controllers.split(","):
                return _ROOT / "memory" / inside.lstrip("/")
            if controllers == "" and (_ROOT / "cgroup.controllers").exists():
                return _ROOT / inside.lstrip("/")
    return None


def _made(parent: Path | None) -> Path | None:
    if parent is None:
        return None
    folder = parent / f"praetor-site-{os.getpid()}"
    try:
        folder.mkdir()
        if _is_version_2(folder):
            (folder / "cgroup.subtree_control").write_text("+memory")
    except OSError:
        with suppress(OSError):
            folder.rmdir()
        return None
    return folder
