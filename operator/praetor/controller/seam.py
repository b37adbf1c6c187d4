"""The one place that changes the API, or a target on purpose: it numbers each change, applies it, and says so.

For tests, PRAETOR_TEST_CRASH=before:3@NAME (or after:3@NAME) kills this process with SIGKILL right before or
after the third change that it makes for the run NAME.
"""

import logging
import os
import signal
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import NamedTuple, Self, TypeVar

from praetor.controller.effects import (
    ApiEffect,
    ArmDeadman,
    DeleteRun,
    DisarmDeadman,
    HealFault,
    InjectFault,
    PutArtifact,
    RecordEvent,
    RunEffect,
    SetFinalizer,
    WriteStatus,
)
from praetor.controller.fitting import fitted
from praetor.controller.metrics import ControllerMetrics
from praetor.resources.experiment import FINALIZER
from praetor.resources.run_status import IncidentRunStatus
from praetor.substrates.chaos.lab import Lab
from simcore.protocols import Manifest, Store

log = logging.getLogger(__name__)
CRASH_VARIABLE = "PRAETOR_TEST_CRASH"
T = TypeVar("T")


class CrashPoint(NamedTuple):
    moment: str
    number: int
    run: str

    @classmethod
    def from_environment(cls) -> Self | None:
        text = os.environ.get(CRASH_VARIABLE)
        if not text:
            return None
        moment, _, rest = text.partition(":")
        number, _, run = rest.partition("@")
        if moment not in ("before", "after") or not number.isdigit() or not run:
            raise ValueError(f"{CRASH_VARIABLE}={text!r}: expected before:N@NAME or after:N@NAME")
        return cls(moment, int(number), run)


class Seam:
    def __init__(
        self, store: Store, metrics: ControllerMetrics, crash: CrashPoint | None = None, lab: Lab | None = None
    ) -> None:
        self._store, self._metrics, self._crash, self._lab = store, metrics, crash, lab
        self._numbers: Counter[str] = Counter()

    async def apply(self, effect: RunEffect, run: Manifest) -> Manifest:
        """The manifest as it is after the effect."""
        return await self._numbered(effect, run, lambda: self._change(effect, run))

    async def put_artifact(self, effect: PutArtifact, run: Manifest) -> str:
        """The reference of the artifact."""
        return await self._numbered(effect, run, lambda: self._store.put_artifact(run, effect.name, effect.data))

    def forget(self, uid: str) -> None:
        self._numbers.pop(uid, None)

    async def _numbered(self, effect: ApiEffect, run: Manifest, change: Callable[[], Awaitable[T]]) -> T:
        metadata = run["metadata"]
        self._numbers[metadata["uid"]] += 1
        number = self._numbers[metadata["uid"]]
        self._crash_at("before", number, metadata["name"])
        changed = await change()
        self._crash_at("after", number, metadata["name"])
        self._metrics.effects.labels(type(effect).__name__).inc()
        log.info("%s/%s: effect %d: %s", metadata["namespace"], metadata["name"], number, _in_short(effect))
        return changed

    async def _change(self, effect: RunEffect, run: Manifest) -> Manifest:
        match effect:
            case WriteStatus(status):
                return await self._write_status(status, run)
            case RecordEvent(reason, message, warning):
                await self._store.record_event(run, reason, message, warning=warning)
            case DeleteRun():
                metadata = run["metadata"]
                await self._store.delete("IncidentRun", metadata["namespace"], metadata["name"], uid=metadata["uid"])
            case SetFinalizer(present):
                return await self._set_finalizer(run, present=present)
            case _:
                await self._experiment(effect)
        return run

    async def _set_finalizer(self, run: Manifest, *, present: bool) -> Manifest:
        metadata = run["metadata"]
        others = [one for one in metadata.get("finalizers", ()) if one != FINALIZER]
        wanted = [*others, *([FINALIZER] if present else [])]
        return await self._store.update(run | {"metadata": metadata | {"finalizers": wanted}})

    async def _experiment(self, effect: ArmDeadman | InjectFault | HealFault | DisarmDeadman) -> None:
        """Raises what the lab raises: the queue says it again."""
        assert self._lab is not None
        match effect:
            case ArmDeadman(plan, token):
                await self._lab.arm(plan, token)
            case InjectFault(plan, token):
                await self._lab.inject(plan, token)
            case HealFault(plan, token):
                await self._lab.heal(plan, token)
            case DisarmDeadman(plan):
                await self._lab.disarm(plan)

    async def _write_status(self, status: IncidentRunStatus, run: Manifest) -> Manifest:
        fields = fitted(status.model_dump(by_alias=True, exclude_none=True, mode="json"))
        written = await self._store.update_status(run | {"status": fields})
        if status.completion_time and "completionTime" not in run.get("status", {}):
            self._metrics.runs.labels(_outcome(status)).inc()
        return written

    def _crash_at(self, moment: str, number: int, name: str) -> None:
        if self._crash == (moment, number, name):
            os.kill(os.getpid(), signal.SIGKILL)


def _in_short(effect: ApiEffect) -> str:
    match effect:
        case WriteStatus(status):
            return f"WriteStatus {status.phase}"
        case RecordEvent(reason):
            return f"RecordEvent {reason}"
        case PutArtifact(name):
            return f"PutArtifact {name}"
        case SetFinalizer(present):
            return "SetFinalizer" if present else "SetFinalizer: none"
        case ArmDeadman(plan) | InjectFault(plan) | HealFault(plan) | DisarmDeadman(plan):
            return f"{type(effect).__name__} {plan.fault}"
        case DeleteRun():
            return "DeleteRun"


def _outcome(status: IncidentRunStatus) -> str:
    """Resolved, NotResolved (it ended all the same) or Failed."""
    if status.phase == "Failed":
        return "Failed"
    return "Resolved" if status.result and status.result.resolved else "NotResolved"
