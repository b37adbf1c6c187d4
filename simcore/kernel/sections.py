"""The sections of a world as NumPy views, for Python: reading, tests, setting a world up."""

from typing import NamedTuple

import numpy as np

from simcore.kernel import layout as at
from simcore.kernel.layout import Floats, Ints, Singles


class Sections(NamedTuple):
    """See `simcore.kernel.layout` for the columns of each."""

    clock: Floats
    ledger: Floats
    facts: Floats
    rows: Floats
    parts: Floats
    times: Floats
    services: Floats
    releases: Floats
    pods: Floats
    edges: Floats
    history: Singles


def sections(world: Floats, graph: Ints) -> Sections:
    """Views that share the world's memory and keep it alive."""
    n, m = int(graph[at.N_SERVICES]), int(graph[at.N_EDGES])
    releases_at = at.SERVICES_AT + n * at.SERVICE_COLUMNS
    pods_at = releases_at + n * at.MAX_RELEASES * at.RELEASE_COLUMNS
    edges_at = pods_at + n * at.MAX_PODS * at.POD_COLUMNS
    history_at = edges_at + m * at.EDGE_COLUMNS
    return Sections(
        world[: at.LEDGER_AT],
        world[at.LEDGER_AT : at.FACTS_AT],
        world[at.FACTS_AT : at.ROWS_AT],
        world[at.ROWS_AT : at.PARTS_AT].reshape(at.MAX_ROWS, at.ROW_COLUMNS),
        world[at.PARTS_AT : at.TIMES_AT].reshape(at.MAX_PARTS, at.PART_COLUMNS),
        world[at.TIMES_AT : at.SERVICES_AT],
        world[at.SERVICES_AT : releases_at].reshape(n, at.SERVICE_COLUMNS),
        world[releases_at:pods_at].reshape(n, at.MAX_RELEASES, at.RELEASE_COLUMNS),
        world[pods_at:edges_at].reshape(n, at.MAX_PODS, at.POD_COLUMNS),
        world[edges_at:history_at].reshape(m, at.EDGE_COLUMNS),
        world[history_at : history_at + n * at.HISTORY_PER_SERVICE]
        .view(np.float32)
        .reshape(at.HISTORY_SLOTS, n, at.HISTORY_COLUMNS),
    )
