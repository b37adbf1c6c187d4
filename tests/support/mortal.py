"""A controller that dies in the midst of its work, in this process: before or after its nth change."""

from typing import Any

from praetor.controller.controller import Controller
from praetor.controller.seam import Seam

Crash = tuple[str, int]
"""(before or after, number of the change)"""


class Died(BaseException):
    """In the place of SIGKILL: it passes every `except Exception`."""


class MortalSeam(Seam):
    """Dies before or after its nth change."""

    crash: Crash | None = None
    count = 0

    async def _numbered(self, effect: Any, run: Any, change: Any) -> Any:
        self.count += 1
        if self.crash == ("before", self.count):
            raise Died
        changed = await super()._numbered(effect, run, change)
        if self.crash == ("after", self.count):
            raise Died
        return changed


def mortal(controller: Controller, crash: Crash | None) -> MortalSeam:
    """The controller's seam, where it dies; it counts from here on."""
    seam = controller._runs._seam
    seam.__class__ = MortalSeam
    assert isinstance(seam, MortalSeam)
    seam.crash = crash
    return seam
