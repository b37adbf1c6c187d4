"""Which worker begins which file of tests when."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.support.both_ends import BothEnds, waiting_first

FILES = ["live/test_long.py", "live/test_short.py", "unit/test_a.py", "unit/test_b.py", "property/test_c.py"]


class Worker:
    """As much of a worker of pytest-xdist as a scheduler sees; `given` are the files, in order."""

    shutting_down = False

    def __init__(self, name: str, tests: list[str]) -> None:
        self.gateway = SimpleNamespace(id=name)
        self.tests, self.given = tests, []

    def send_runtest_some(self, indices: list[int]) -> None:
        self.given.append(self.tests[indices[0]].split("::")[0])

    def shutdown(self) -> None:
        self.shutting_down = True


def begun(workers: int, tests: list[str]) -> tuple[BothEnds, list[Worker]]:
    values = {"tx": [f"{workers}*popen"]}
    config = SimpleNamespace(option=SimpleNamespace(loadscopereorder=True), getvalue=values.__getitem__)
    scheduler, team = BothEnds(config), [Worker(f"gw{number}", tests) for number in range(workers)]
    for worker in team:
        scheduler.add_node(worker)
        scheduler.add_node_collection(worker, tests)
    scheduler.schedule()
    return scheduler, team


def of_each(count: int) -> list[str]:
    return [f"{file}::test_{number}" for file in FILES for number in range(count)]


def test_one_worker_begins_at_the_front_and_the_next_at_the_back():
    _, (first, second) = begun(2, of_each(5))
    assert (first.given, second.given) == ([FILES[0]], [FILES[4]])


def test_where_they_meet_either_takes_what_is_left():
    tests = of_each(1)
    scheduler, team = begun(2, tests)
    while scheduler.has_pending:
        worker = next(one for one in team if scheduler._pending_of(scheduler.assigned_work[one]))
        running = next(
            test for unit in scheduler.assigned_work[worker].values() for test, ended in unit.items() if not ended
        )
        scheduler.mark_test_complete(worker, tests.index(running))
    assert sorted(file for worker in team for file in worker.given) == sorted(FILES)


def test_a_single_worker_runs_them_in_order():
    _, (only,) = begun(1, of_each(1))
    assert only.given == FILES[:2], "two files, as it has to know which test is next"


@pytest.mark.parametrize(
    ("marks", "expected"),
    [
        ({}, ["live/a.py", "apiserver/b.py", "unit/c.py", "unit/d.py"]),
        ({"unit/d.py": 60}, ["unit/d.py", "live/a.py", "apiserver/b.py", "unit/c.py"]),
        ({"apiserver/b.py": 60, "live/a.py": 30}, ["apiserver/b.py", "live/a.py", "unit/c.py", "unit/d.py"]),
        ({"live/a.py": 0}, ["apiserver/b.py", "unit/c.py", "live/a.py", "unit/d.py"]),
    ],
)
def test_files_that_wait_longest_come_first(marks, expected):
    tests = Path("/tests")

    def item(name: str) -> SimpleNamespace:
        mark = SimpleNamespace(args=(marks[name],)) if name in marks else None
        return SimpleNamespace(path=tests / name, get_closest_marker=lambda _: mark)

    items = [item(name) for name in ("unit/c.py", "live/a.py", "apiserver/b.py", "unit/d.py")]
    waiting_first(items, tests)
    assert [one.path.relative_to(tests).as_posix() for one in items] == expected
