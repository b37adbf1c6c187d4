"""The webhook sources that are understood, by the name in the path."""

from collections.abc import Callable

from praetor.alerts import alertmanager
from praetor.alerts.notification import Notification

SOURCES: dict[str, Callable[[bytes], Notification]] = {
    "alertmanager": alertmanager.parse,
    "prometheus": alertmanager.parse,
}
