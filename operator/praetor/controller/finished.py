"""What is remembered of finished runs, so that nobody looks at thousands of them again and again."""

from typing import NamedTuple

from praetor.alerts.manifest import is_finished
from praetor.controller.key import Key
from simcore.protocols import Manifest


class Finished(NamedTuple):
    uid: str
    generation: int
    ended: str


class FinishedRuns:
    """A finished run is worth a look once, and again when its spec changed."""

    def __init__(self) -> None:
        self._known: dict[Key, Finished] = {}

    def __len__(self) -> int:
        return len(self._known)

    def needs_look(self, key: Key, manifest: Manifest) -> bool:
        """One with a TTL always does: it may be waiting for its alerts to resolve."""
        if not is_finished(manifest):
            return True
        metadata = manifest["metadata"]
        seen = Finished(metadata["uid"], metadata["generation"], manifest["status"].get("completionTime", ""))
        is_news = self._known.get(key) != seen
        self._known[key] = seen
        return is_news or "ttlSecondsAfterFinished" in manifest["spec"]

    def forget(self, key: Key) -> None:
        self._known.pop(key, None)
