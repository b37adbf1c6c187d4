"""An IncidentRun's alert as the page that opens an episode."""

from collections.abc import Sequence
from typing import Any

from simcore.classifier.classify import Classification, in_words
from simcore.observation import AlertNotice

_NO_ALERT = "Somebody asked for a look at this site"
_PROBE = "probe"


def notice_of(alert: dict[str, Any], services: Sequence[str], found: Classification | None = None) -> AlertNotice:
    """The page, and what a first look shows, if one was taken. It is about the service that it names, if the site has
    it; of a probe, which names the cause that it supposes, and of nobody it is about what users reach, the first."""
    named = "" if alert.get("source") == _PROBE else str(alert.get("service"))
    told = [alert.get("description"), in_words(found) if found else ""]
    return AlertNotice(
        title=alert.get("title") or _NO_ALERT,
        service=named if named in services else services[0],
        severity=alert.get("severity") or "critical",
        description=" ".join(text for text in told if text),
    )
