"""Whose alerts these are: each TargetSite takes those that carry its labels, the rest is rehearsed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from praetor.alerts.deciding import REHEARSAL
from praetor.alerts.notification import Alert, Notification
from simcore.protocols import Manifest


@dataclass(frozen=True, slots=True)
class Route:
    """A part of a notification, and where its run belongs. No label of an alert ever names the namespace."""

    namespace: str
    target: str
    notification: Notification


def routes(notification: Notification, sites: Iterable[Manifest], home: str) -> Iterator[Route]:
    unclaimed = list(notification.alerts)
    for site in sites:
        claimed = [alert for alert in notification.alerts if matches(site, alert)]
        if claimed:
            metadata = site["metadata"]
            yield Route(metadata["namespace"], metadata["name"], notification.only(claimed))
            unclaimed = [alert for alert in unclaimed if alert not in claimed]
    if unclaimed:
        yield Route(home, REHEARSAL, notification.only(unclaimed))


def matches(site: Manifest, alert: Alert) -> bool:
    """All of the site's labels are the alert's; a site without labels matches nothing."""
    wanted = (site.get("spec", {}).get("match") or {}).get("labels") or {}
    return bool(wanted) and wanted.items() <= dict(alert.labels).items()
