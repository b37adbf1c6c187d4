"""Which objects are worth a look: of thousands of finished runs, next to none."""

from praetor.alerts.manifest import is_finished
from praetor.resources.experiment import FINALIZER
from simcore.protocols import Manifest


def needs_look(manifest: Manifest) -> bool:
    """A finished run only while something can still happen to it: its TTL, or a change of its spec that nobody
    has seen yet. So nothing has to be remembered of the others. One that is being deleted, while it waits for us."""
    if manifest["kind"] != "IncidentRun" or not is_finished(manifest):
        return True
    if FINALIZER in manifest["metadata"].get("finalizers", ()):
        return True
    seen = manifest.get("status", {}).get("observedGeneration")
    return "ttlSecondsAfterFinished" in manifest["spec"] or seen != manifest["metadata"]["generation"]
