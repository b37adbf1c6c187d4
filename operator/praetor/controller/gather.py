"""Everything that a decision about a run depends on, in one value."""

from praetor.alerts.manifest import GROUP_LABEL, known_run, ledger_of, source_of
from praetor.controller.episodes import Episodes
from praetor.controller.observed import Observed, is_finished
from praetor.controller.subject import subject_of
from praetor.controller.times import Clock
from praetor.resources.run import IncidentRun
from simcore.protocols import Manifest, Store


async def gather(manifest: Manifest, store: Store, episodes: Episodes, clock: Clock) -> Observed:
    """Raises pydantic's ValidationError for a run that this version cannot read, StoreError if the store fails."""
    run = IncidentRun.model_validate(manifest)
    uid = run.metadata.uid or ""
    return Observed(
        run=run,
        now=clock(),
        subject=await subject_of(run, store),
        episode=episodes.state(uid),
        stored=episodes.stored(uid),
        awaits_resolution=is_finished(run) and await _awaits_resolution(manifest, store),
    )


async def _awaits_resolution(manifest: Manifest, store: Store) -> bool:
    """The newest run of an alert group and target remembers what fired, until all of it is resolved."""
    if "ttlSecondsAfterFinished" not in manifest["spec"] or ledger_of(manifest).firing == 0:
        return False
    metadata = manifest["metadata"]
    group = metadata.get("labels", {}).get(GROUP_LABEL)
    if group is None:
        return False
    others = await store.find("IncidentRun", metadata["namespace"], labels={GROUP_LABEL: group})
    this = known_run(manifest, group)
    known = (known_run(other, group) for other in others if source_of(other) == source_of(manifest))
    return all(other.number <= this.number for other in known if other.target == this.target)
