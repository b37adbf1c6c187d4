"""The files of a directory store: where objects, artifacts and events lie, and how they come and go.

Reading needs no lock, because a file is whole or absent. Who writes holds the store's lock.
"""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from praetor.store import files, rules
from praetor.store.journal import Change, Journal
from praetor.store.json_files import read_object, read_objects, write_object
from praetor.store.label_index import LabelIndex
from praetor.store.names import PLURALS, is_name, is_namespace
from simcore.errors import AlreadyExistsError, NotFoundError
from simcore.protocols import Manifest

Rule = Callable[[Manifest, Manifest], Manifest]


class Shelf:
    def __init__(self, root: Path) -> None:
        self._root = root
        self._labels = LabelIndex()
        self.journal = Journal(root / "journal.jsonl")

    # Objects

    def read(self, place: Change) -> Manifest:
        missing = NotFoundError(f"{place.kind} {place.namespace}/{place.name} does not exist")
        if not (is_namespace(place.namespace) and is_name(place.name)):
            raise missing
        try:
            return read_object(self._path(place))
        except FileNotFoundError:
            raise missing from None

    def find(self, kind: str, namespace: str | None, labels: Mapping[str, str]) -> list[Manifest]:
        found = [
            manifest
            for folder in self._folders(kind, namespace)
            for manifest in read_objects(self._candidates(folder, labels))
            if rules.has_labels(manifest, labels)
        ]
        return sorted(found, key=rules.age_order)

    def create(self, place: Change, wanted: Manifest) -> Manifest:
        if self._path(place).exists():
            raise AlreadyExistsError(f"{place.kind} {place.namespace}/{place.name} exists already")
        manifest = rules.born(wanted, self._next_revision())
        self._forget(place)
        return self._put(place, manifest)

    def replace(self, place: Change, wanted: Manifest, rule: Rule) -> Manifest:
        current = self.read(place)
        changed = rule(current, wanted)
        if changed == current:
            return current
        # After a power cut the journal may be older than the object, whose versions must not repeat.
        revision = max(self._next_revision(), int(current["metadata"]["resourceVersion"]) + 1)
        stamped = rules.stamped(changed, revision)
        if rules.may_go(stamped):
            self._remove(place, revision)
            return stamped
        return self._put(place, stamped)

    def delete(self, place: Change, uid: str | None) -> None:
        try:
            current = self.read(place)
        except NotFoundError:
            return
        if uid not in (None, current["metadata"]["uid"]):
            return
        if not current["metadata"].get("finalizers"):
            self._remove(place, self._next_revision())
        elif "deletionTimestamp" not in current["metadata"]:
            self._put(place, rules.stamped(rules.condemned(current), self._next_revision()))

    def _remove(self, place: Change, revision: int) -> None:
        self.journal.append(revision, place)
        files.remove(self._path(place))
        self._forget(place)

    # What objects own

    def put_artifact(self, place: Change, uid: str, name: str, data: bytes) -> None:
        if self.read(place)["metadata"]["uid"] != uid:
            raise NotFoundError(f"{place.kind} {place.namespace}/{place.name} with uid {uid} is gone")
        path = self._artifacts(place) / name
        if not path.exists() or path.read_bytes() != data:
            files.write_atomic(path, data)

    def read_artifact(self, place: Change, name: str) -> bytes:
        self.read(place)
        try:
            return (self._artifacts(place) / name).read_bytes()
        except FileNotFoundError:
            raise NotFoundError(f"{place.kind} {place.namespace}/{place.name} has no artifact {name}") from None

    def record_event(self, place: Change, event: Manifest) -> None:
        path = self._events(place) / f"{event['metadata']['name']}.json"
        if not path.exists():
            revision = self._next_revision()
            self.journal.append(revision, Change("Event", place.namespace, place.name))
            write_object(path, rules.stamped(event, revision))

    def events(self, namespace: str, name: str) -> list[Manifest]:
        """Of the objects of that name that are there."""
        if not (is_namespace(namespace) and is_name(name)):
            return []
        places = [Change(kind, namespace, name) for kind in PLURALS]
        living = {one["metadata"]["uid"] for one in read_objects(map(self._path, places))}
        events = read_objects(self._events(places[0]).glob("*.json"))
        return [event for event in events if event["involvedObject"]["uid"] in living]

    def _forget(self, place: Change) -> None:
        """Removes what an object owned: at its end, and (the end may be cut off) before a namesake begins."""
        for event in read_objects(self._events(place).glob("*.json")):
            if event["involvedObject"]["kind"] == place.kind:
                files.remove(self._events(place) / f"{event['metadata']['name']}.json")
        if place.kind == "IncidentRun":
            shutil.rmtree(self._artifacts(place), ignore_errors=True)

    def _put(self, place: Change, manifest: Manifest) -> Manifest:
        self.journal.append(int(manifest["metadata"]["resourceVersion"]), place)
        write_object(self._path(place), manifest)
        return manifest

    def _next_revision(self) -> int:
        return self.journal.last_revision() + 1

    # Where it lies

    def _path(self, place: Change) -> Path:
        return self._root / PLURALS[place.kind] / place.namespace / f"{place.name}.json"

    def _artifacts(self, place: Change) -> Path:
        return self._root / "artifacts" / place.namespace / place.name

    def _events(self, place: Change) -> Path:
        return self._root / "events" / place.namespace / place.name

    def _folders(self, kind: str, namespace: str | None) -> list[Path]:
        top = self._root / PLURALS[kind]
        if namespace is not None:
            return [top / namespace] if is_namespace(namespace) else []
        return list(top.iterdir()) if top.exists() else []

    def _candidates(self, folder: Path, labels: Mapping[str, str]) -> list[Path]:
        return self._labels.matching(folder, labels) if labels else list(folder.glob("*.json"))
