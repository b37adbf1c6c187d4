"""Objects as JSON files that a person can read and compare."""

import json
from collections.abc import Iterable
from pathlib import Path

from praetor.store.files import write_atomic
from simcore.errors import InvalidObjectError
from simcore.protocols import Manifest


def write_object(path: Path, manifest: Manifest) -> None:
    write_atomic(path, json.dumps(manifest, indent=2, ensure_ascii=False).encode() + b"\n")


def read_object(path: Path) -> Manifest:
    """Raises FileNotFoundError, and InvalidObjectError with the file's name if somebody broke it."""
    try:
        manifest: Manifest = json.loads(path.read_bytes())
    except ValueError as error:
        raise InvalidObjectError(f"{path}: not JSON ({error}); repair or remove the file") from None
    return manifest


def read_objects(paths: Iterable[Path]) -> list[Manifest]:
    """Without those that were deleted meanwhile."""
    found = []
    for path in paths:
        try:
            found.append(read_object(path))
        except FileNotFoundError:
            continue
    return found
