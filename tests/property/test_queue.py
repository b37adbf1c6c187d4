"""The work queue: no key is lost, none is worked on twice at a time, failures come back ever more slowly."""

import asyncio
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from praetor.controller.queue import (
    FIRST_PAUSE_SECONDS,
    LONGEST_PAUSE_SECONDS,
    RETRIES_PER_SECOND,
    RETRY_BURST,
    Backoff,
    KeyQueue,
    WorkQueue,
)

KEYS = st.sampled_from("abcde")


class QueueMachine(RuleBasedStateMachine):
    """Against a model: which keys have news that no worker has begun to look at, in the order of the news."""

    def __init__(self) -> None:
        super().__init__()
        self.queue: KeyQueue[str] = KeyQueue()
        self.unseen: list[str] = []
        self.taken: set[str] = set()

    @rule(key=KEYS)
    def add(self, key: str) -> None:
        self.queue.add(key)
        if key not in self.unseen:
            self.unseen.append(key)

    @rule()
    def take(self) -> None:
        key = self.queue.take()
        free = [waiting for waiting in self.unseen if waiting not in self.taken]
        assert (key is None) == (not free)
        if key is not None:
            assert key in free
            self.unseen.remove(key)
            self.taken.add(key)

    @precondition(lambda self: self.taken)
    @rule(data=st.data())
    def done(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.taken)))
        self.taken.remove(key)
        self.queue.done(key)

    @invariant()
    def holds_what_nobody_has_looked_at(self) -> None:
        assert len(self.queue) == len(self.unseen)


TestQueueMachine = QueueMachine.TestCase


@given(st.lists(KEYS, max_size=20))
def test_keys_are_taken_in_the_order_in_which_they_came(keys: list[str]) -> None:
    queue: KeyQueue[str] = KeyQueue()
    for key in keys:
        queue.add(key)
    taken = [key for _ in keys if (key := queue.take())]
    assert taken == list(dict.fromkeys(keys))


@given(st.integers(1, 80))
def test_pauses_double_up_to_a_limit_and_begin_anew_after_a_success(failures: int) -> None:
    now = iter(range(0, 100_000, 100))
    backoff: Backoff[str] = Backoff(lambda: float(next(now)))
    pauses = [backoff.pause_seconds("a") for _ in range(failures)]
    expected = [min(FIRST_PAUSE_SECONDS * 2.0**number, LONGEST_PAUSE_SECONDS) for number in range(failures)]
    assert pauses == expected
    backoff.forget("a")
    assert backoff.pause_seconds("a") == FIRST_PAUSE_SECONDS


@given(st.integers(0, 500))
def test_a_flood_of_failures_comes_back_at_a_bounded_rate(failures: int) -> None:
    backoff: Backoff[int] = Backoff(lambda: 0.0)
    due = sorted(backoff.pause_seconds(key) for key in range(failures))
    for window_end in (1.0, 5.0, 10.0):
        at_once = sum(moment <= window_end for moment in due)
        assert at_once <= RETRY_BURST * (1 + window_end * RETRIES_PER_SECOND / RETRY_BURST)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(KEYS, st.booleans()), min_size=1, max_size=30), st.integers(1, 4))
def test_workers_never_share_a_key_and_leave_none_behind(news: list[tuple[str, bool]], workers: int) -> None:
    asyncio.run(_worked_off(news, workers))


async def _worked_off(news: list[tuple[str, bool]], workers: int) -> None:
    queue: WorkQueue[str] = WorkQueue()
    busy: Counter[str] = Counter()
    unseen: set[str] = set()

    async def handle(key: str) -> None:
        unseen.discard(key)
        busy[key] += 1
        assert busy[key] == 1
        await asyncio.sleep(0)
        busy[key] -= 1

    tasks = [asyncio.create_task(queue.work(handle)) for _ in range(workers)]
    for key, pause in news:
        unseen.add(key)
        queue.add(key)
        if pause:
            await asyncio.sleep(0)
    async with asyncio.timeout(60):
        while unseen or len(queue) or busy.total():  # noqa: ASYNC110 (there is no event to wait for)
            await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    assert await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_key_whose_look_failed_comes_back() -> None:
    queue: WorkQueue[str] = WorkQueue()
    looks: list[str] = []
    succeeded = asyncio.Event()

    async def handle(key: str) -> None:
        looks.append(key)
        if len(looks) < 3:
            raise ConnectionError("the API server is away")
        succeeded.set()

    task = asyncio.create_task(queue.work(handle))
    queue.add("a")
    await asyncio.wait_for(succeeded.wait(), 60)
    task.cancel()
    assert looks == ["a", "a", "a"]


async def test_of_several_moments_the_earliest_counts() -> None:
    queue: WorkQueue[str] = WorkQueue()
    looked: asyncio.Queue[float] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    async def handle(key: str) -> None:
        looked.put_nowait(loop.time())

    task = asyncio.create_task(queue.work(handle))
    began = loop.time()
    for seconds in (60.0, 0.05, 30.0):
        queue.add_after("a", seconds)
    assert await looked.get() - began < 30.0
    task.cancel()
    queue.close()
