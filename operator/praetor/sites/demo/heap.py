"""Memory of a process as a runtime with a heap limit has it: a soft limit refuses, the kernel's own limit kills."""

import mmap

import psutil

SOFT_SHARE = 0.96
_MIB = 1024 * 1024
_FILL = b"\x5a" * _MIB


class Heap:
    """`limit_mb` is the replica's memory limit; what is taken is really touched, and really given back."""

    def __init__(self, limit_mb: int) -> None:
        self.limit_mb = limit_mb
        self._process = psutil.Process()

    def used_mb(self) -> float:
        """The process's own: files that it shares with others (libraries) do not count."""
        memory = self._process.memory_info()
        return float(memory.rss - memory.shared) / _MIB

    def check(self, size_mb: int) -> None:
        """Raises MemoryError where so much more would not fit under the soft limit."""
        used_mb = self.used_mb()
        if used_mb + size_mb > SOFT_SHARE * self.limit_mb:
            raise MemoryError(f"{size_mb} MiB wanted, {used_mb:.0f} of {self.limit_mb} MiB in use")

    def take(self, size_mb: int, *, checked: bool = True) -> mmap.mmap:
        """Unchecked is for buffers outside the heap, which only the kernel limits."""
        if checked:
            self.check(size_mb)
        block = mmap.mmap(-1, size_mb * _MIB, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        for _ in range(size_mb):
            block.write(_FILL)
        return block
