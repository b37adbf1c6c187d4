"""The dead-man's switch: a process of its own that heals an experiment at its deadline, whoever else has died.

First it shows by a dry run that its undo will be accepted, and says so by the file `armed`; then it waits. The file
`disarmed` ends it at once: somebody healed, and it has nothing to do.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from praetor.guard.errors import GuardedError
from praetor.substrates.chaos.lab import Ground
from praetor.substrates.chaos.plan import Plan
from simcore.errors import SimcoreError

log = logging.getLogger(__name__)
LOOK_SECONDS = 0.5
REHEARSE_SECONDS = 60.0
HEAL_SECONDS = 3600.0
"""So long it tries to heal: longer than a control plane is away."""
LONGEST_PAUSE_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Signs:
    """The files by which it is spoken with."""

    armed: Path
    disarmed: Path | None = None

    def is_disarmed(self) -> bool:
        return self.disarmed is not None and self.disarmed.exists()


async def stand_by(plan: Plan, token: str, ground: Ground, signs: Signs) -> bool:
    """Whether it did what it is for: the undo is applied, or not needed. False: nobody could be asked."""
    if not await _again_until_done(lambda: ground.rehearse(plan, token), REHEARSE_SECONDS, signs):
        return signs.is_disarmed()
    signs.armed.write_text(plan.uid)
    log.info("%s/%s: armed; healing at %s", plan.namespace, plan.name, plan.expires_at)
    ends = datetime.fromisoformat(plan.expires_at)
    while (left := (ends - datetime.now(UTC)).total_seconds()) > 0:
        if signs.is_disarmed():
            return True
        await asyncio.sleep(min(left, LOOK_SECONDS))
    return await _again_until_done(lambda: ground.heal(plan, token), HEAL_SECONDS, signs) or signs.is_disarmed()


async def _again_until_done(work: Callable[[], Awaitable[None]], limit_seconds: float, signs: Signs) -> bool:
    ends, pause_seconds = asyncio.get_running_loop().time() + limit_seconds, 0.5
    while not signs.is_disarmed():
        try:
            await work()
            return True
        except (SimcoreError, GuardedError, OSError) as problem:
            log.warning("%s: again in %.1f s", problem, pause_seconds)
        if asyncio.get_running_loop().time() >= ends:
            return False
        await asyncio.sleep(pause_seconds)
        pause_seconds = min(2 * pause_seconds, LONGEST_PAUSE_SECONDS)
    return False
