"""Looks at one IncidentRun: gather, reconcile, apply, until there is nothing left to do now."""

import logging

from pydantic import ValidationError

from praetor.controller.effects import (
    AnswerEpisode,
    ArmDeadman,
    Ask,
    DisarmDeadman,
    Effect,
    HealFault,
    InjectFault,
    KillEpisode,
    LookAgain,
    PutArtifact,
    RecordEvent,
    SetFinalizer,
    StartEpisode,
    StopEpisode,
    WriteStatus,
)
from praetor.controller.episodes import Episodes
from praetor.controller.experiment import too_late
from praetor.controller.gather import gather
from praetor.controller.giving_up import given_up
from praetor.controller.key import Key
from praetor.controller.questions import Questions
from praetor.controller.queue import WorkQueue
from praetor.controller.reconcile import reconcile
from praetor.controller.seam import Seam
from praetor.controller.times import Clock
from praetor.controller.trial import ARM, HEAL, INJECT
from praetor.controller.trials import Trials
from praetor.guard.errors import GuardedError
from praetor.resources import reasons
from praetor.store.validation import explain
from praetor.substrates.chaos.errors import ChaosRefusedError
from praetor.substrates.chaos.looking import Looked
from simcore.errors import ConflictError, InvalidObjectError, NotFoundError, SimcoreError
from simcore.protocols import Manifest, Store

log = logging.getLogger(__name__)
_REFUSED: dict[type[Effect], str] = {ArmDeadman: ARM, InjectFault: INJECT}
"""What may be refused for good, and what it is noted as."""


class RunHandler:
    def __init__(
        self,
        store: Store,
        seam: Seam,
        episodes: Episodes,
        queue: WorkQueue[Key],
        clock: Clock,
        questions: Questions,
        trials: Trials,
    ) -> None:
        self._store, self._seam, self._episodes = store, seam, episodes
        self._queue, self._clock, self._questions, self._trials = queue, clock, questions, trials
        self._uids: dict[Key, str] = {}

    async def look_at(self, key: Key) -> None:
        """Raises StoreError when the store fails; the queue tries again."""
        try:
            manifest = await self._store.get(*key)
        except NotFoundError:
            self._forget(key)
            return
        self._remember(key, manifest["metadata"]["uid"])
        try:
            await self._advance(key, manifest)
        except (ConflictError, NotFoundError):
            self._queue.add(key)  # somebody was faster: look at what it is now

    async def _advance(self, key: Key, manifest: Manifest) -> None:
        while True:
            try:
                observed = await gather(manifest, self._store, self._episodes, self._clock, self._trials)
            except ValidationError as problem:
                await self._give_up(key, manifest, reasons.SPEC_INVALID, f"cannot be read: {explain(problem)}")
                return
            effects = reconcile(observed)
            again = calls_for_another_look(effects)
            for effect in effects:
                try:
                    manifest = await self._apply(key, effect, manifest)
                except ChaosRefusedError as problem:
                    if type(effect) not in _REFUSED:
                        raise
                    self._questions.note(observed.run.metadata.uid or "", _REFUSED[type(effect)], refused(problem))
                    again = True
                    break
                except InvalidObjectError as problem:  # it would be refused again, for ever
                    if observed.status.experiment is not None:
                        raise  # but nobody gives up while something may be broken
                    await self._give_up(key, manifest, reasons.STORE_REFUSED, f"refused by the store: {problem}")
                    return
            if not again:
                break
        if observed.is_finished:
            self._forget(key)

    async def _apply(self, key: Key, effect: Effect, manifest: Manifest) -> Manifest:
        uid = manifest["metadata"]["uid"]
        match effect:
            case StartEpisode(request, attempt):
                self._episodes.start(request, attempt)
            case AnswerEpisode(clearance):
                self._episodes.answer(uid, clearance)
            case StopEpisode():
                self._episodes.stop(uid)
                self._questions.stop(uid)
            case KillEpisode():
                self._episodes.kill(uid)
            case Ask():
                self._questions.ask(effect)
            case ArmDeadman():
                manifest = await self._seam.apply(effect, manifest)
                self._questions.note(uid, ARM)
            case HealFault() | DisarmDeadman():
                try:
                    manifest = await self._seam.apply(effect, manifest)
                except (SimcoreError, GuardedError) as problem:
                    self._questions.note(uid, HEAL, refused(problem))
                    raise
            case InjectFault(plan) if late := too_late(plan, self._clock()):
                raise ChaosRefusedError(late)
            case LookAgain(seconds):
                self._queue.add_after(key, seconds)
            case PutArtifact(name):
                self._episodes.note_stored(uid, name, await self._seam.put_artifact(effect, manifest))
            case _:
                manifest = await self._seam.apply(effect, manifest)
        return manifest

    async def _give_up(self, key: Key, manifest: Manifest, reason: str, message: str) -> None:
        log.error("%s: %s", key, message)
        try:
            for effect in given_up(manifest, reason, message, self._clock()):
                manifest = await self._apply(key, effect, manifest)
        except InvalidObjectError as problem:
            log.error("%s does not even take this status and is left alone: %s", key, problem)
        self._forget(key)

    def _remember(self, key: Key, uid: str) -> None:
        if self._uids.get(key, uid) != uid:
            self._forget(key)
        self._uids[key] = uid

    def _forget(self, key: Key) -> None:
        uid = self._uids.pop(key, None)
        if uid is not None:
            self._episodes.stop(uid)
            self._questions.stop(uid)
            self._seam.forget(uid)


def refused(problem: Exception) -> Looked:
    return Looked(False, str(problem))


def calls_for_another_look(effects: list[Effect]) -> bool:
    """A change may make another check speak; after a deletion there is nothing to look at."""
    return any(
        isinstance(effect, WriteStatus | RecordEvent | PutArtifact | SetFinalizer | InjectFault | KillEpisode)
        for effect in effects
    )
