"""Looks at one IncidentRun: gather, reconcile, apply, until there is nothing left to do now."""

import logging

from pydantic import ValidationError

from praetor.alerts.manifest import is_finished
from praetor.controller.effects import (
    AnswerEpisode,
    Effect,
    LookAgain,
    PutArtifact,
    RecordEvent,
    StartEpisode,
    StopEpisode,
    WriteStatus,
)
from praetor.controller.episodes import Episodes
from praetor.controller.gather import gather
from praetor.controller.giving_up import given_up
from praetor.controller.key import Key
from praetor.controller.queue import WorkQueue
from praetor.controller.reconcile import reconcile
from praetor.controller.seam import Seam
from praetor.controller.times import Clock
from praetor.resources import reasons
from praetor.store.validation import explain
from simcore.errors import ConflictError, InvalidObjectError, NotFoundError
from simcore.protocols import Manifest, Store

log = logging.getLogger(__name__)


class RunHandler:
    def __init__(
        self,
        store: Store,
        seam: Seam,
        episodes: Episodes,
        queue: WorkQueue[Key],
        clock: Clock,
    ) -> None:
        self._store, self._seam, self._episodes = store, seam, episodes
        self._queue, self._clock = queue, clock
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
                observed = await gather(manifest, self._store, self._episodes, self._clock)
            except ValidationError as problem:
                await self._give_up(key, manifest, reasons.SPEC_INVALID, f"cannot be read: {explain(problem)}")
                return
            effects = reconcile(observed)
            for effect in effects:
                try:
                    manifest = await self._apply(key, effect, manifest)
                except InvalidObjectError as problem:  # it would be refused again, for ever
                    await self._give_up(key, manifest, reasons.STORE_REFUSED, f"refused by the store: {problem}")
                    return
            if not calls_for_another_look(effects):
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
            for effect in () if is_finished(manifest) else given_up(manifest, reason, message, self._clock()):
                manifest = await self._seam.apply(effect, manifest)
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
            self._seam.forget(uid)


def calls_for_another_look(effects: list[Effect]) -> bool:
    """A change may make another check speak; after a deletion there is nothing to look at."""
    return any(isinstance(effect, WriteStatus | RecordEvent | PutArtifact) for effect in effects)
