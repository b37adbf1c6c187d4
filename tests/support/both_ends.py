"""In which order the files of tests are begun, and by whom: what mostly waits runs beside what computes.

A file that waits for real time to pass (a fault that grows, an operator that is killed) and one that keeps a core busy
take together as long as the longer of them. So every other worker of pytest-xdist takes files from the front of the
queue, where those are that wait, longest first, and the others take theirs from the back, and step back for the first
when both want a core: who measures real time is not to be kept waiting. Where they meet they help each other.
"""

import os
from pathlib import Path

import pytest
from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController

TALKING = ("apiserver", "live")
"""Folders of tests/ whose tests wait for other processes, at least a little."""
COMPUTING_NICENESS = 5


class BothEnds(LoadFileScheduling):
    """Whole files, as with `--dist loadfile`, in the order in which the workers collected them."""

    def __init__(self, config: pytest.Config, log=None) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False  # else those with many tests are first, and what waits longest has few

    def _assign_work_unit(self, node: WorkerController) -> None:
        if from_the_back(node.gateway.id):
            self.workqueue.move_to_end(next(reversed(self.workqueue)), last=False)
        super()._assign_work_unit(node)


def from_the_back(worker: str) -> bool:
    """gw1, gw3 and so on; a single worker begins with what waits."""
    return int(worker.removeprefix("gw")) % 2 == 1


def step_back(worker: str) -> None:
    """Lets the others go first, if it computes; the processes that it starts do so too."""
    if from_the_back(worker):
        os.nice(COMPUTING_NICENESS)


def waiting_first(items: list[pytest.Item], tests: Path) -> None:
    """Sorts whole files of the folder `tests` by how long they wait; those that wait as long stay as they were."""
    waits: dict[Path, float] = {}
    for item in items:
        waits[item.path] = max(waits.get(item.path, 0.0), _seconds(item, tests))
    items.sort(key=lambda item: -waits[item.path])


def _seconds(item: pytest.Item, tests: Path) -> float:
    marked = item.get_closest_marker("waits")
    if marked is not None:
        return float(marked.args[0])
    return 1.0 if item.path.relative_to(tests).parts[0] in TALKING else 0.0
