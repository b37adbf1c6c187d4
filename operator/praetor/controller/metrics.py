"""What the controller counts, for Prometheus."""

from collections.abc import Mapping
from contextlib import suppress
from itertools import product

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from praetor.resources.conditions import SITE_CONDITIONS

_STATUSES = ("True", "False", "Unknown")
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)


class ControllerMetrics:
    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or CollectorRegistry()
        self.queue_depth = Gauge("praetor_queue_depth", "Objects that wait for a look.", registry=self.registry)
        self.reconciles = Counter("praetor_reconciles", "Looks at objects.", ["kind"], registry=self.registry)
        self.errors = Counter(
            "praetor_reconcile_errors", "Looks that failed and are repeated.", ["kind"], registry=self.registry
        )
        self.effects = Counter("praetor_effects", "Changes made through the API.", ["effect"], registry=self.registry)
        self.runs = Counter(
            "praetor_runs_finished", "Runs that ended, by outcome.", ["outcome"], registry=self.registry
        )
        self.episode_seconds = Histogram(
            "praetor_episode_seconds",
            "Real time from the wish to play an episode to its end.",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.site_condition = Gauge(
            "praetor_site_condition",
            "Conditions of TargetSites: 1 for the status that one has.",
            ["namespace", "site", "condition", "status"],
            registry=self.registry,
        )
        self.loop_lag_seconds = Gauge(
            "praetor_loop_lag_seconds", "How late the event loop was last.", registry=self.registry
        )

    def site(self, namespace: str, name: str, conditions: Mapping[str, str]) -> None:
        """`conditions`: the status of each by its type; none for a site that is gone."""
        for condition, status in product(SITE_CONDITIONS, _STATUSES):
            labels = (namespace, name, condition, status)
            if condition in conditions:
                self.site_condition.labels(*labels).set(conditions[condition] == status)
            else:
                with suppress(KeyError):
                    self.site_condition.remove(*labels)
