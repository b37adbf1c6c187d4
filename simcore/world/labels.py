"""What the services of a topology are called, run on and ask outside, as the kernel takes it."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from simcore.kernel.layout import Bytes, Ints
from simcore.topologies.topology import Topology
from simcore.words.log_lines import RUNTIMES
from simcore.world.programs import programs


class Labels(NamedTuple):
    """See `simcore.kernel.fill`."""

    labels: Ints
    names: Bytes


@lru_cache(maxsize=256)
def labels_of(topology: Topology) -> Labels:
    parts, lines = topology.parts, programs().lines
    tables = [lines[topology.log_format, part.runtime if part.runtime in RUNTIMES else "any"] for part in parts]
    texts = [part.name for part in parts] + [part.runtime for part in parts] + [part.outside for part in parts]
    written = [text.encode("ascii") for text in texts]
    spans, first = [], 0
    for text in written:
        spans += [first, len(text)]
        first += len(text)
    return Labels(
        np.array([len(parts), *tables, *spans], dtype=np.int64),
        np.frombuffer(bytearray(b"".join(written)), dtype=np.uint8),
    )
