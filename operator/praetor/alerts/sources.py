"""The webhook sources that are understood, by the name in the path."""

from collections.abc import Callable

from praetor.alerts import alertmanager
from praetor.alerts.notification import Notification

# Prometheus sends through Alertmanager; `prometheus` is a second name of the path, the runs are Alertmanager's.
SOURCES: dict[str, Callable[[bytes], Notification]] = {
    "alertmanager": alertmanager.parse,
    "prometheus": alertmanager.parse,
}
