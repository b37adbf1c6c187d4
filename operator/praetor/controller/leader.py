"""What an operator does while it leads: watch, work, and look at everything anew from time to time."""

import asyncio
import logging
from collections.abc import Sequence

from praetor.controller.controller import RESYNC_SECONDS, Controller
from praetor.controller.kopf_informer import KopfInformer
from praetor.controller.phases import Phases
from praetor.kube.lease import Leadership
from simcore.errors import StoreError

log = logging.getLogger(__name__)


class LeaseLostError(Exception):
    """Another operator may lead now: stop at once."""


async def lead(leadership: Leadership, controller: Controller, phases: Phases, namespaces: Sequence[str]) -> None:
    """Waits for the Lease, then works until it is cancelled.

    Raises LeaseLostError, InformerEndedError, and StoreError when what there is cannot be read.
    """
    phases.enter("standing by")
    async with leadership:
        phases.enter("reading what there is")
        async with controller, asyncio.TaskGroup() as tasks:
            informer = KopfInformer(controller.notice, controller.notice_gone, namespaces)
            tasks.create_task(informer.run())
            tasks.create_task(_until_lost(leadership, controller))
            await controller.resync(namespaces or [None])
            phases.enter("leading")
            tasks.create_task(_resync_for_ever(controller, namespaces))


async def _until_lost(leadership: Leadership, controller: Controller) -> None:
    """The controller stops before anything else ends: the informer takes its time, and another may lead now."""
    await leadership.lost.wait()
    await controller.close()
    raise LeaseLostError("the Lease was lost; another operator may lead now")


async def _resync_for_ever(controller: Controller, namespaces: Sequence[str]) -> None:
    """Watches can miss what their server forgot; this is the net below them."""
    while True:
        await asyncio.sleep(RESYNC_SECONDS)
        try:
            await controller.resync(namespaces or [None])
        except StoreError as problem:
            log.warning("not everything could be looked at, again in %g s: %s", RESYNC_SECONDS, problem)
