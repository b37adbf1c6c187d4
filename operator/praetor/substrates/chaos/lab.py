"""Everything that an experiment does to the world, behind one door: grounds to break and heal, and dead-men.

    plan -> (undo is stored) -> arm -> armed? -> inject -> ... -> heal -> disarm

Every call may be made again: a process that died in between does not know whether it had been made.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from praetor.guard.targets import SiteRequest
from praetor.substrates.chaos.errors import ChaosRefusedError
from praetor.substrates.chaos.judging import Objectives
from praetor.substrates.chaos.looking import LOOK_SECONDS, Eyes, Looked, Looker, Question
from praetor.substrates.chaos.plan import Kind, Order, Plan

STEADY_SECONDS = 10.0
"""How long a target is watched before and after, unless its stabilisation is shorter."""


class Ground(Protocol):
    """What can be broken: a site, or workloads. Raises SimcoreError, GuardedError: say it again."""

    async def plan(self, order: Order) -> Plan:
        """Reads, changes nothing. Raises ChaosRefusedError for what must not be broken."""

    def eyes(self, place: SiteRequest) -> Eyes: ...

    async def rehearse(self, plan: Plan, token: str) -> None:
        """Raises when the undo would not be accepted now; changes nothing."""

    async def inject(self, plan: Plan, token: str) -> None:
        """Raises ChaosRefusedError when the target does not take it."""

    async def heal(self, plan: Plan, token: str) -> None:
        """Only what this experiment broke; nothing if it is healed already."""


@dataclass(frozen=True, slots=True)
class Armed:
    """Whether somebody stands by who has shown that the undo will be accepted; `message` says why not."""

    state: Literal["Waiting", "Armed", "Refused"]
    message: str = ""


class Deadmen(Protocol):
    """Whoever heals when nobody else does: a process of its own for each experiment, until its deadline."""

    async def arm(self, plan: Plan, token: str) -> None: ...

    async def armed(self, plan: Plan) -> Armed: ...

    async def disarm(self, plan: Plan) -> None: ...


class Lab:
    def __init__(self, grounds: Mapping[Kind, Ground], deadmen: Deadmen, *, look_seconds: float = LOOK_SECONDS) -> None:
        self._grounds, self._deadmen, self._look_seconds = grounds, deadmen, look_seconds

    async def ask(self, question: Question, order: Order, plan: Plan | None) -> Looked:
        """The answer to a question about the target; that to `Elsewhere` comes only if something broke there."""
        ground, place = self._ground(order.kind), order.place
        objectives = Objectives(place.availability, place.latency_p99_ms)
        looks = round(min(STEADY_SECONDS, place.stabilization_seconds) / LOOK_SECONDS)
        looker = Looker(lambda: ground.eyes(place), objectives, looks, self._look_seconds)
        try:
            return await self._answer(question, ground, looker, order, plan)
        finally:
            await looker.close()

    async def _answer(
        self, question: Question, ground: Ground, looker: Looker, order: Order, plan: Plan | None
    ) -> Looked:
        match question:
            case "Before":
                return await self._before(ground, looker, order)
            case "Noticed":
                return await looker.noticed()
            case "After":
                return await looker.restored()
            case "Elsewhere":
                assert plan is not None
                return await looker.broken_elsewhere(plan.service, plan.touches)

    async def arm(self, plan: Plan, token: str) -> None:
        await self._deadmen.arm(plan, token)

    async def armed(self, plan: Plan) -> Armed:
        return await self._deadmen.armed(plan)

    async def disarm(self, plan: Plan) -> None:
        await self._deadmen.disarm(plan)

    async def inject(self, plan: Plan, token: str) -> None:
        await self._ground(plan.kind).inject(plan, token)

    async def heal(self, plan: Plan, token: str) -> None:
        await self._ground(plan.kind).heal(plan, token)

    async def _before(self, ground: Ground, looker: Looker, order: Order) -> Looked:
        """What must not be broken is refused before it is watched; the plan is made of what is there at the end."""
        service = (await ground.plan(order)).service
        if service in order.protected:
            raise ChaosRefusedError(f"{service} is one of spec.guardrails.protectedServices of the TargetSite")
        steady = await looker.steady()
        if not steady.holds:
            return steady
        plan = await ground.plan(order)
        plan = replace(plan, touches=tuple(dict.fromkeys((*plan.touches, *looker.unkept()))))
        return Looked(True, plan=plan.to_bytes())

    def _ground(self, kind: Kind) -> Ground:
        if kind not in self._grounds:
            raise ChaosRefusedError(f"experiments on a {kind.lower()} cannot be made from here")
        return self._grounds[kind]
