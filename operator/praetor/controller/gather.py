"""Everything that a decision about a run depends on, in one value."""

from collections.abc import Iterable, Iterator
from contextlib import suppress

from pydantic import ValidationError

from praetor.alerts.manifest import GROUP_LABEL, known_run, ledger_of, source_of
from praetor.controller.approving import approvals_complaint, past_changes
from praetor.controller.episodes import Episodes
from praetor.controller.observed import FREE, Observed, Turn, is_finished
from praetor.controller.subject import subject_of
from praetor.controller.times import Clock
from praetor.controller.trials import NO_TRIALS, Trials
from praetor.controller.turns import turn_of
from praetor.resources.run import IncidentRun
from praetor.resources.run_status import SeenAlerts
from praetor.resources.site import TargetSite
from simcore.errors import NotFoundError
from simcore.protocols import Manifest, Store


async def gather(
    manifest: Manifest, store: Store, episodes: Episodes, clock: Clock, trials: Trials = NO_TRIALS
) -> Observed:
    """Raises pydantic's ValidationError for a run that this version cannot read, StoreError if the store fails."""
    run = IncidentRun.model_validate(manifest)
    uid, subject = run.metadata.uid or "", await subject_of(run, store)
    at_site = await _runs_at_site(run, store)
    episode = episodes.state(uid)
    return Observed(
        run=run,
        now=clock(),
        subject=subject,
        episode=episode,
        stored=episodes.stored(uid),
        told=episodes.told(uid),
        alerts=_alerts(manifest),
        turn=await _turn(run, at_site, store),
        past=past_changes(run, at_site),
        approvals_complaint=await approvals_complaint(run, episode, store),
        trial=None if is_finished(run) else await trials.of(run, store, subject),
        awaits_resolution=is_finished(run) and await _awaits_resolution(manifest, store),
    )


def _alerts(manifest: Manifest) -> SeenAlerts | None:
    """A gateway that was killed has not said it in the status; what it made the run with says the same."""
    is_alert = "alert" in manifest["spec"] and "alerts" not in (manifest.get("status") or {})
    return SeenAlerts.model_validate(ledger_of(manifest).to_json()) if is_alert else None


async def _runs_at_site(run: IncidentRun, store: Store) -> list[IncidentRun]:
    """All that have its TargetSite, itself included; none for a run that is finished or has no TargetSite."""
    if run.spec.target.site_ref is None or is_finished(run):
        return []
    found = await store.find("IncidentRun", run.metadata.namespace or "")
    return [other for other in _readable(found) if other.spec.target == run.spec.target]


async def _turn(run: IncidentRun, at_site: list[IncidentRun], store: Store) -> Turn:
    """Nobody queues for the simulator, nor for a site that does not exist."""
    site, namespace = run.spec.target.site_ref, run.metadata.namespace or ""
    if site is None or is_finished(run):
        return FREE
    try:
        found = TargetSite.model_validate(await store.get("TargetSite", namespace, site.name))
    except (NotFoundError, ValidationError):
        return FREE
    return turn_of(run, at_site, found.spec.concurrency)


def _readable(manifests: Iterable[Manifest]) -> Iterator[IncidentRun]:
    """A run that another version stored and this one cannot read is not played, and keeps nobody waiting."""
    for manifest in manifests:
        with suppress(ValidationError):
            yield IncidentRun.model_validate(manifest)


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
