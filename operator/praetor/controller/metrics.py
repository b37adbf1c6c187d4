"""What the controller counts, for Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

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
        self.loop_lag_seconds = Gauge(
            "praetor_loop_lag_seconds", "How late the event loop was last.", registry=self.registry
        )
