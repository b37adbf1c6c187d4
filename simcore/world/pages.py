"""Texts of many worlds, written in one compiled call."""

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from simcore.kernel.layout import Floats, Ints
from simcore.kernel.tell import write_many
from simcore.topologies.topology import Topology
from simcore.world.labels import labels_of
from simcore.world.programs import programs
from simcore.world.reading import PAGE_BYTES

Kind = TypeVar("Kind", bound=np.generic)
_USUAL_BYTES = 4096


class Joined(Generic[Kind]):
    """An array of each topology, each once, in one; `begins[i]` is where that of world i begins."""

    def __init__(self, topologies: Sequence[Topology], part_of: Callable[[Topology], NDArray[Any]]) -> None:
        begins: dict[Topology, int] = {}
        parts, size = [], 0
        for topology in topologies:
            if topology not in begins:
                begins[topology] = size
                parts.append(part_of(topology))
                size += parts[-1].size
        self.all: NDArray[Kind] = np.concatenate(parts)
        self.begins = np.array([begins[topology] for topology in topologies], dtype=np.int64)


class Pages:
    """Of the worlds of a batch."""

    def __init__(self, topologies: Sequence[Topology], graphs: Joined[np.int64], seeds: Ints) -> None:
        self._labels: Joined[np.int64] = Joined(topologies, lambda topology: labels_of(topology).labels)
        self._names: Joined[np.uint8] = Joined(topologies, lambda topology: labels_of(topology).names)
        self._graphs, self._seeds = graphs, seeds
        self._page = np.empty(PAGE_BYTES + _USUAL_BYTES * len(seeds), dtype=np.uint8)

    def write(self, outs: Floats, told_of: Ints, actions: Floats, numbers: Ints) -> list[str | None]:
        """What the reads among the last steps say, without the line that says where an episode stands; None where a
        step was no read, is not asked for or cannot be written. See `write_many`."""
        known, labels, names = programs(), self._labels, self._names
        spans = np.empty((len(told_of), 2), dtype=np.int64)
        write_many(
            outs, told_of, known.code, known.letters, labels.all, labels.begins, names.all, names.begins,
            self._graphs.all, self._graphs.begins, actions, numbers, self._seeds, self._page, spans,
        )  # fmt: skip
        end = int(spans[-1, 0]) + max(int(spans[-1, 1]), 0)
        written = str(self._page[:end].data, "ascii")
        return [written[first : first + length] if length >= 0 else None for first, length in spans.tolist()]
