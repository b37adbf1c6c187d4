"""What a service keeps in memory to answer with. It grows with what there is, whether there is room or not."""

import time
from collections.abc import Callable
from mmap import mmap

from praetor.sites.demo.heap import Heap

_LOOK_SECONDS = 0.25
_GROWTH_MB, _LITTLE_MB = 20, 1
_PAST_SOFT_LIMIT_SECONDS = 0.75


class Catalogue:
    """`wanted_mb` is asked again and again; `failed` is told when there is no room."""

    def __init__(self, heap: Heap, wanted_mb: Callable[[], int], failed: Callable[[MemoryError], object]) -> None:
        self._heap, self._wanted_mb, self._failed = heap, wanted_mb, failed
        self._loaded: list[mmap] = []

    def keep_for_ever(self) -> None:
        """When the heap is full its own buffers, which no heap limit bounds, still grow."""
        while True:
            missing_mb = self._wanted_mb() - self._loaded_mb()
            if missing_mb > 0:
                self._load_more(missing_mb)
            elif missing_mb < 0:
                while self._loaded:
                    self._loaded.pop().close()
            time.sleep(_LOOK_SECONDS)

    def _loaded_mb(self) -> int:
        return sum(map(len, self._loaded)) >> 20

    def _load_more(self, missing_mb: int) -> None:
        try:
            self._loaded.append(self._heap.take(min(_GROWTH_MB, missing_mb)))
        except MemoryError as problem:
            self._failed(problem)
            self._load_little()

    def _load_little(self) -> None:
        """As the heap is nearly full; and when it is, past it."""
        try:
            self._loaded.append(self._heap.take(_LITTLE_MB))
        except MemoryError:
            self._loaded.append(self._heap.take(_LITTLE_MB, checked=False))
            time.sleep(_PAST_SOFT_LIMIT_SECONDS)
