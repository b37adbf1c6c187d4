"""How far an operator has come, for its readiness probe."""

import logging
from typing import Literal

log = logging.getLogger(__name__)
Phase = Literal["starting", "standing by", "reading what there is", "leading", "ended"]
READY: frozenset[Phase] = frozenset({"standing by", "leading"})


class NotReadyError(Exception):
    """The operator could not do its work now."""


class Phases:
    """Ready is who leads and has seen everything once, and who stands by for the Lease."""

    def __init__(self) -> None:
        self.now: Phase = "starting"

    def enter(self, phase: Phase) -> None:
        log.info("operator: %s", phase)
        self.now = phase

    async def check_ready(self) -> None:
        if self.now not in READY:
            raise NotReadyError(f"the operator is {self.now}")
