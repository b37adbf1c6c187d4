"""What a decision about a change needs from the store: whether approvals are worth something, and earlier changes."""

from collections.abc import Iterable
from typing import Protocol, runtime_checkable

from praetor.controller.observed import EpisodeState, Playing, is_finished
from praetor.resources.run import IncidentRun
from praetor.runner.changes import PastChange
from simcore.protocols import Store


@runtime_checkable
class GuardsApprovals(Protocol):
    """A store that knows whether who writes an approval is checked."""

    async def approvals_complaint(self, run_made_at: str) -> str:
        """Why approvals of a run that was made then are not honoured, "" if they are. Raises StoreError."""


async def approvals_complaint(run: IncidentRun, episode: EpisodeState | None, store: Store) -> str:
    """Asked only while a change waits. A store that does not say is not trusted."""
    asks = isinstance(episode, Playing) and episode.asked is not None and episode.asked.needs_approval
    if is_finished(run) or not (asks or run.status.awaiting):
        return ""
    if not isinstance(store, GuardsApprovals):
        return "this store does not guard approvals"
    return await store.approvals_complaint(run.metadata.creation_timestamp or "")


def past_changes(run: IncidentRun, at_site: Iterable[IncidentRun]) -> tuple[PastChange, ...]:
    """Of all runs of the run's site, oldest first."""
    found = [
        PastChange(
            other.metadata.name, intent.action, intent.service, intent.key, intent.at,
            of_experiment=run.spec.inject is not None or other.spec.inject is not None,
        )
        for other in at_site
        for intent in other.status.intents
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda change: change.at))
