"""What runs have to do with a fault that probes saw at their site. Pure."""

from collections.abc import Sequence
from typing import Literal

from praetor.alerts.manifest import GROUP_LABEL, is_finished, ledger_of, source_of
from praetor.alerts.naming import group_digest
from praetor.alerts.notification import Notification
from praetor.resources.conditions import SUCCEEDED
from simcore.protocols import Manifest

Care = Literal["None", "AtWork", "Resolved", "Unresolved"]
"""`None`: the fault has had no run. `AtWork`: a run of its site, whoever's, has not ended. Else its own run has ended,
and this is how the run of the site that ended last did."""


def care_of(fault: Notification, at_site: Sequence[Manifest]) -> Care:
    """`fault` as the alert that its run is begun with."""
    if not all(map(is_finished, at_site)):
        return "AtWork"
    if not any(_is_about(fault, run) for run in at_site):
        return "None"
    return "Resolved" if _succeeded(max(at_site, key=_end)) else "Unresolved"


def is_left_to_others(fault: Notification, at_site: Sequence[Manifest]) -> bool:
    """A run that no probe began is at work: an alert's, a person's, an experiment's."""
    return any(source_of(run) != fault.source and not is_finished(run) for run in at_site)


def _is_about(fault: Notification, run: Manifest) -> bool:
    group = run["metadata"].get("labels", {}).get(GROUP_LABEL)
    is_group = source_of(run) == fault.source and group == group_digest(fault.group_parts)
    return is_group and all(map(ledger_of(run).knows, fault.occurrences))


def _end(run: Manifest) -> tuple[str, str]:
    return run.get("status", {}).get("completionTime", ""), run["metadata"].get("creationTimestamp", "")


def _succeeded(run: Manifest) -> bool:
    conditions = run.get("status", {}).get("conditions", ())
    return any(one["type"] == SUCCEEDED and one["status"] == "True" for one in conditions)
