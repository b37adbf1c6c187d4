"""Processes that start together compile each function once: one does, the others wait for it and read what it kept."""

import contextlib
import os
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

with contextlib.suppress(ImportError):  # where there are no file locks, each compiles for itself
    import fcntl

_ONE_THREAD: Any = import_module("numba.core.compiler_lock").global_compiler_lock  # which has no types


class Turn:
    """Of all processes that keep what they compile in one folder. The kernel takes it from a process that ends."""

    def __init__(self) -> None:
        self._file: int | None = None
        self._depth = 0

    @contextlib.contextmanager
    def until_compiled(self) -> Iterator[None]:
        """Around the compiling of a function, and of those that it calls; gives up at the end of the outermost what
        was taken meanwhile."""
        with _ONE_THREAD:
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
                if self._depth == 0:
                    self._give_up()

    def take(self, folder: Path) -> None:
        """Waits for the others; not where nothing can be locked, since nothing can be kept there either."""
        if self._file is not None or self._depth == 0:
            return
        with contextlib.suppress(OSError, NameError):
            file = os.open(folder / "compiling.lock", os.O_RDWR | os.O_CREAT, 0o600)
            self._file = file
            fcntl.flock(file, fcntl.LOCK_EX)

    def _give_up(self) -> None:
        if self._file is not None:
            file, self._file = self._file, None
            with contextlib.suppress(OSError, NameError):
                fcntl.flock(file, fcntl.LOCK_UN)  # said, since a fork may have the file open too
            os.close(file)
