"""A site's log lines as structure: severity and words, by whatever way they are written."""

import re
from datetime import UTC, datetime

from praetor.guard.redaction import redacted
from simcore.observation import LogLine

_SEVERITIES = {
    "TRACE": "DEBUG", "DEBUG": "DEBUG", "INFO": "INFO", "NOTICE": "INFO", "WARN": "WARN", "WARNING": "WARN",
    "ERROR": "ERROR", "ERR": "ERROR", "CRITICAL": "FATAL", "FATAL": "FATAL", "PANIC": "FATAL", "LOG": "INFO",
}  # fmt: skip
_SEVERITY = re.compile(r"\b(" + "|".join(_SEVERITIES) + r")\b")
_TIME = re.compile(r"^\[?(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?)\]?")
_LONGEST_CHARACTERS = 2000
_READ_CHARACTERS = 2 * _LONGEST_CHARACTERS
"""What hides a secret may be behind its end; who writes endless lines is not searched for them."""
ORDER = ("DEBUG", "INFO", "WARN", "ERROR", "FATAL")


def log_line(text: str, now: datetime) -> LogLine:
    """Without secrets. A line without a time is as old as the newest, one without a severity is INFO."""
    severity = _SEVERITY.search(text[:200])
    message = redacted(text[:_READ_CHARACTERS])[:_LONGEST_CHARACTERS]
    return LogLine(seconds_ago(text, now), _SEVERITIES[severity[1]] if severity else "INFO", message)


def wanted(line: LogLine, severity: str | None, since: float | None) -> bool:
    bad_enough = severity is None or ORDER.index(line.severity) >= ORDER.index(severity)
    return bad_enough and (since is None or line.seconds_ago <= since)


def seconds_ago(text: str, now: datetime) -> float:
    """By the time that it begins with; 0 without one."""
    found = _TIME.match(text)
    if found is None:
        return 0.0
    try:
        written = datetime.fromisoformat(found[1].replace(",", "."))
    except ValueError:
        return 0.0
    return max(0.0, (now - (written if written.tzinfo else written.replace(tzinfo=UTC))).total_seconds())
