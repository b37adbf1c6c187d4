"""An IncidentRun's alert as the page that opens an episode."""

from collections.abc import Sequence
from typing import Any

from simcore.classifier.classify import Classification, in_words
from simcore.observation import AlertNotice

_NO_ALERT = "Somebody asked for a look at this site"


def notice_of(alert: dict[str, Any], services: Sequence[str], found: Classification | None = None) -> AlertNotice:
    """The page, and what a first look shows, if one was taken. A page that names no service of the site is about the
    one that the look points to, else about what users reach, the first of them."""
    named = [str(alert.get("service")), str(found.service) if found else "", services[0]]
    told = [alert.get("description"), in_words(found) if found else ""]
    return AlertNotice(
        title=alert.get("title") or _NO_ALERT,
        service=next(name for name in named if name in services),
        severity=alert.get("severity") or "critical",
        description=" ".join(text for text in told if text),
    )
