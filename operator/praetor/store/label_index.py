"""Which files of a folder hold objects with some labels, without reading those that did not change."""

import os
import time
from collections.abc import Mapping
from pathlib import Path

from praetor.store.json_files import read_object
from simcore.protocols import Manifest

_SETTLED_NANOSECONDS = 2_000_000_000
"""A file as young as this may change again without another look: clocks of file systems are coarse."""
_Signature = tuple[int, int, int]
_Known = dict[str, tuple[_Signature, Mapping[str, str]]]


class LabelIndex:
    def __init__(self) -> None:
        self._folders: dict[Path, _Known] = {}

    def matching(self, folder: Path, labels: Mapping[str, str]) -> list[Path]:
        """The JSON files of the folder whose objects have all these labels."""
        before, known = self._folders.get(folder, {}), _Known()
        found = []
        for entry in _files(folder):
            signature, own = self._look(entry, before)
            if time.time_ns() - signature[1] > _SETTLED_NANOSECONDS:
                known[entry.name] = signature, own
            if labels.items() <= own.items():
                found.append(Path(entry.path))
        self._folders[folder] = known
        return found

    @staticmethod
    def _look(entry: os.DirEntry[str], before: _Known) -> tuple[_Signature, Mapping[str, str]]:
        try:
            status = entry.stat()
            signature = status.st_ino, status.st_mtime_ns, status.st_size
            if entry.name in before and before[entry.name][0] == signature:
                return before[entry.name]
            return signature, _labels(read_object(Path(entry.path)))
        except FileNotFoundError:
            return (0, time.time_ns(), 0), {}


def _files(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return [entry for entry in entries if entry.name.endswith(".json")]
    except FileNotFoundError:
        return []


def _labels(manifest: Manifest) -> Mapping[str, str]:
    return manifest["metadata"].get("labels") or {}
