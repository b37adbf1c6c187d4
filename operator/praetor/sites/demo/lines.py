"""Log lines of the site's processes: `2026-01-31T12:00:00.123Z [ERROR] api - text`, on stderr."""

import sys
import threading
import time
from datetime import UTC, datetime

_QUIET_SECONDS = 1.0
_lock = threading.Lock()


class Log:
    """A text that repeats is written once a second: a thousand failures need no thousand lines."""

    def __init__(self, service: str) -> None:
        self._service = service
        self._written: dict[str, float] = {}

    def info(self, text: str) -> None:
        self._write("INFO", text)

    def warning(self, text: str) -> None:
        self._write("WARN", text)

    def error(self, text: str) -> None:
        self._write("ERROR", text)

    def _write(self, severity: str, text: str) -> None:
        now = time.monotonic()
        with _lock:
            if now - self._written.get(text, -_QUIET_SECONDS) < _QUIET_SECONDS:
                return
            self._written[text] = now
            sys.stderr.write(log_line(severity, self._service, text) + "\n")
            sys.stderr.flush()


def log_line(severity: str, service: str, text: str) -> str:
    at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return f"{at} [{severity}] {service} - {' '.join(text.split())}"
