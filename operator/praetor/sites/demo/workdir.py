"""Where the site keeps its files: a folder that vanishes with the supervisor, however that ends.

With the right to mount (root, or a user namespace), the folder is a tmpfs that only the supervisor and its processes
see: the kernel takes it down with the last of them. A shell that waits for the end of a pipe removes what may be left:
the empty folder, the control groups, and without mounts the files.
"""

import ctypes
import os
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

JOURNAL_MB = 16
FILES_MB = 512
_JOURNAL = "journal"
_CLONE_NEWNS, _CLONE_NEWUSER = 0x00020000, 0x10000000
_MS_NOSUID, _MS_NODEV, _MS_REC, _MS_PRIVATE = 2, 4, 0x4000, 1 << 18
_CLEANER = """
trap '' INT TERM HUP
cat >/dev/null
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  rm -rf -- "$1" 2>/dev/null
  if [ -n "$2" ]; then rmdir "$2"/* "$2" 2>/dev/null; fi
  if [ ! -e "$1" ] && { [ -z "$2" ] || [ ! -e "$2" ]; }; then exit 0; fi
  sleep 0.25
done
"""


@dataclass(frozen=True, slots=True)
class Workdir:
    path: Path
    bounded: bool
    """Whether `journal` is a volume of JOURNAL_MB that can really be full."""

    @property
    def journal(self) -> Path:
        return self.path / _JOURNAL


def make_workdir(cage: Path | None = None, journal: Path | None = None) -> Workdir:
    """`cage`: a control group to remove at the end. `journal`: a small volume that there is already.

    Call it first, while there is one thread: later processes see what this one sees."""
    path = Path(tempfile.mkdtemp(prefix="praetor-site-"))
    _start_cleaner(path, cage)
    mounted = _succeeds_in_a_child(lambda: _mount_private(path)) and _mount_private(path)
    path.chmod(0o755)
    if journal is not None:
        (path / _JOURNAL).symlink_to(journal.resolve())
        return Workdir(path, bounded=True)
    (path / _JOURNAL).mkdir()
    return Workdir(path, bounded=mounted and _mount(path / _JOURNAL, JOURNAL_MB))


def _start_cleaner(path: Path, cage: Path | None) -> None:
    """It lives in a session of its own, before the mounts become private, and keeps nothing open but the pipe."""
    reading, writing = os.pipe()
    arguments = ["/bin/sh", "-c", _CLEANER, "praetor-site-cleaner", str(path), str(cage or "")]
    subprocess.Popen(  # noqa: S603
        arguments, stdin=reading, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True, cwd="/"
    )
    os.close(reading)
    os.set_inheritable(writing, False)


def _succeeds_in_a_child(attempt: Callable[[], bool]) -> bool:
    """There are machines that let anybody make a user namespace, and refuse everything in it: the kernel has no way
    back from there."""
    child = os.fork()
    if child == 0:
        succeeded = False
        try:
            succeeded = attempt()
        finally:
            os._exit(not succeeded)
    return os.waitpid(child, 0)[1] == 0


def _mount_private(path: Path) -> bool:
    """Whether this process has a tmpfs at `path` from now on, and others have not. Raises OSError in a namespace that
    cannot be used."""
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "unshare"):
        return False
    user, group = os.getuid(), os.getgid()
    if libc.unshare(_CLONE_NEWNS) != 0:
        if libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNS) != 0:
            return False
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    private = libc.mount(b"none", b"/", None, _MS_REC | _MS_PRIVATE, None) == 0
    return private and _mount(path, FILES_MB)


def _mount(path: Path, size_mb: int) -> bool:
    options = f"size={size_mb}m,mode=0755".encode()
    libc = ctypes.CDLL(None, use_errno=True)
    return bool(libc.mount(b"tmpfs", str(path).encode(), b"tmpfs", _MS_NOSUID | _MS_NODEV, options) == 0)
