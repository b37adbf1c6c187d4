"""An IncidentRun's alert as the page that opens an episode."""

from collections.abc import Sequence
from typing import Any

from simcore.observation import AlertNotice

_NO_ALERT = "Somebody asked for a look at this site"


def notice_of(alert: dict[str, Any], services: Sequence[str]) -> AlertNotice:
    """The page; one that names no service of the site is about what users reach, the first of them."""
    named = str(alert.get("service") or "")
    return AlertNotice(
        title=alert.get("title") or _NO_ALERT,
        service=named if named in services else services[0],
        severity=alert.get("severity") or "critical",
        description=alert.get("description") or "",
    )
