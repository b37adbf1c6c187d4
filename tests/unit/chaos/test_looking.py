"""Whoever watches what a fault breaks elsewhere goes on, or says that nobody watches."""

import asyncio
import itertools
import logging
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from praetor.guard.targets import SiteRequest
from praetor.resources.experiment import ChaosRules, Inject
from praetor.substrates.chaos.judging import Objectives, ServiceSight, Sight
from praetor.substrates.chaos.lab import Lab
from praetor.substrates.chaos.looking import Looked, Looker
from praetor.substrates.chaos.plan import Order, Plan
from simcore.errors import UnavailableError
from tests.support.experiments import NotedDeadmen

CALLS = {"web": ("api",), "api": (), "mail": ()}
WELL, AWAY, BROKEN = "well", UnavailableError("away"), KeyError("no such field")
OVER = EOFError("the script is over")
CRASHED, SLOW = ("mail", "crashed", 10.0), ("mail", "healthy", 900.0)
Seen = Any
"""At one look: that all is well, one service that is not, or what was raised instead."""


class ScriptedEyes:
    def __init__(self, seen: Iterable[Seen]) -> None:
        self._seen: Iterator[Seen] = iter(seen)

    def look(self) -> Sight:
        seen = next(self._seen, OVER)
        if isinstance(seen, Exception):
            raise seen
        rows = {name: ServiceSight(name, "healthy", 0.0, 10.0) for name in CALLS}
        if seen != WELL:
            rows[seen[0]] = ServiceSight(seen[0], seen[1], 0.0, seen[2])
        return Sight(tuple(rows.values()), CALLS)

    def close(self) -> None: ...


def watched(seen: Iterable[Seen]) -> Looked:
    eyes = ScriptedEyes(seen)
    return asyncio.run(Looker(lambda: eyes, Objectives(), 2, 0.0).broken_elsewhere("api", ()))


@pytest.mark.parametrize("trouble", [[], [BROKEN], [BROKEN] * 9, [AWAY] * 50, [BROKEN] * 9 + [WELL] + [BROKEN] * 9])
def test_a_look_that_fails_is_not_the_last(trouble: list[Seen], caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        assert watched([WELL, *trouble, CRASHED, CRASHED, CRASHED]) == Looked(True, "mail is crashed")
    told = [record for record in caplog.records if record.exc_info]
    assert len(told) == trouble.count(BROKEN)


def test_what_nobody_can_watch_any_more_is_said() -> None:
    found = watched(itertools.chain([WELL], itertools.repeat(BROKEN)))
    assert found == Looked(True, "what else breaks cannot be seen: KeyError: 'no such field'")


@pytest.mark.parametrize("problem", [AWAY, BROKEN])
def test_eyes_that_do_not_open_are_opened_again(problem: Exception) -> None:
    opened: list[Seen] = [problem, problem, ScriptedEyes([WELL, CRASHED, CRASHED, CRASHED])]

    def opens() -> ScriptedEyes:
        found = opened.pop(0)
        if isinstance(found, Exception):
            raise found
        assert isinstance(found, ScriptedEyes)
        return found

    found = asyncio.run(Looker(opens, Objectives(), 2, 0.0).broken_elsewhere("api", ()))
    assert (found.message, opened) == ("mail is crashed", [])


class ScriptedGround:
    """Plans, and looks by a script."""

    def __init__(self, seen: Iterable[Seen]) -> None:
        self._seen = seen

    async def plan(self, order: Order) -> Plan:
        return Plan("Site", "default", "one", "uid-1", "oom_crash", "api", "", (), (), touches=("postgres",))

    def eyes(self, place: SiteRequest) -> ScriptedEyes:
        return ScriptedEyes(self._seen)

    async def rehearse(self, plan: Plan, token: str) -> None: ...

    async def inject(self, plan: Plan, token: str) -> None: ...

    async def heal(self, plan: Plan, token: str) -> None: ...


@pytest.mark.parametrize(("seen", "touches"), [(WELL, ("postgres",)), (SLOW, ("postgres", "mail"))])
def test_a_service_that_was_slow_before_the_fault_is_not_broken_by_it(seen: Seen, touches: tuple[str, ...]) -> None:
    order = Order("default", "one", "uid-1", SiteRequest("shop"), Inject(fault="oom_crash"), ChaosRules())
    lab = Lab({"Site": ScriptedGround(itertools.repeat(seen))}, NotedDeadmen(), look_seconds=0.0)
    found = asyncio.run(lab.ask("Before", order, None))
    assert found.plan is not None
    plan = Plan.from_bytes(found.plan)
    assert plan.touches == touches
    eyes = ScriptedEyes([seen] * 5)
    ended = asyncio.run(Looker(lambda: eyes, Objectives(), 2, 0.0).broken_elsewhere(plan.service, plan.touches))
    assert "the script is over" in ended.message
