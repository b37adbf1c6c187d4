"""What the gateway answers over HTTP, over any store: in a cluster, and in `praetor dev` without Kubernetes."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version

from fastapi import FastAPI
from starlette.requests import HTTPConnection

from praetor.alerts.intake import Intake, Later, WhenResolved, at_once
from praetor.alerts.pressure import Pressure
from praetor.alerts.signed import claims_of
from praetor.alerts.sources import Sources, sources_of
from praetor.alerts.webhook import PATH, webhook_router
from praetor.console.api import api_router
from praetor.console.approvals import approvals_router
from praetor.console.experiments import experiments_router
from praetor.console.live import LiveTraces
from praetor.console.pages import pages_router
from praetor.console.reading import Runs
from praetor.console.reports import reports_router
from praetor.console.sites import sites_router
from praetor.console.watch import watch_router
from praetor.serve.readiness import Readiness
from praetor.store.scope import Scope
from praetor.web.app import Lifespan, new_app, no_lifespan
from praetor.web.callers import SHORTEST_TOKEN, Access, CallerCheck, NoCallersError
from praetor.web.gate import OPEN_PATHS
from praetor.web.limits import BODY_LIMIT_BYTES
from praetor.web.metrics import Metrics
from simcore.protocols import Store

Ready = Callable[[], Awaitable[None]]
TOKEN_VARIABLE = "PRAETOR_WEBHOOK_TOKEN"  # noqa: S105 (a variable's name)


@dataclass(frozen=True, slots=True)
class AlertSettings:
    """Runs of alerts are deleted `ttl_seconds` after their end, or kept. `new_runs_per_minute` 0: any number."""

    ttl_seconds: int | None = None
    when_resolved: WhenResolved = "Annotate"
    new_runs_per_minute: int = 0

    def intake(self, store: Store, scope: Scope, later: Later = at_once) -> Intake:
        pressure = Pressure(runs_per_minute=self.new_runs_per_minute)
        return Intake(store, scope, self.ttl_seconds, self.when_resolved, pressure, later)


def gateway_app(
    store: Store,
    checks: Sequence[CallerCheck],
    scope: Scope,
    *,
    live: LiveTraces | None = None,
    limit_bytes: int = BODY_LIMIT_BYTES,
    lifespan: Lifespan = no_lifespan,
    alerts: AlertSettings | None = None,
    sources: Sources | None = None,
    later: Later = at_once,
    metrics: Metrics | None = None,
    open_paths: frozenset[str] = OPEN_PATHS,
    ready: Ready | None = None,
) -> FastAPI:
    """The gateway over any store. `checks` say who may call, beside senders whose signature is right; none lets
    nobody else in. `sources` are those of the environment by default. `later` does what no sender waits for. `ready`
    raises while the process cannot do its work; by default when the store does not answer.
    """
    alerts, sources = alerts or AlertSettings(), sources_of() if sources is None else sources
    metrics, runs = metrics or Metrics(), Runs(store, scope)
    app = new_app(
        "Praetor",
        version("praetor"),
        checks=checks,
        access_of=lambda connection: wanted_access(connection, scope),
        ready=ready or Readiness(store, scope.home),
        metrics=metrics,
        claims=claims_of(sources, PATH),
        limit_bytes=limit_bytes,
        lifespan=lifespan,
        open_paths=open_paths,
    )
    ways = list(dict.fromkeys(way for check in checks for way in check.ways))
    app.include_router(webhook_router(alerts.intake(store, scope, later), sources, ways, metrics))
    app.include_router(api_router(runs))
    app.include_router(reports_router(runs))
    app.include_router(watch_router(runs, live or LiveTraces()))
    app.include_router(experiments_router(runs))
    app.include_router(approvals_router(runs))
    app.include_router(sites_router(runs))
    app.include_router(pages_router(runs))
    return app


def signs_in(sources: Sources) -> bool:
    """Somebody can come in by a signature."""
    return any(source.secret is not None and source.secret.is_set for source in sources.values())


def wanted_access(connection: HTTPConnection, scope: Scope) -> tuple[Access, ...]:
    """What a path wants of objects. Whatever is not about one run needs the right to see all that are served.

    A delivery of alerts may want more: that of every namespace that it makes runs in.
    """
    parts = connection.scope["path"].strip("/").split("/")
    namespace = connection.query_params.get("namespace") or scope.home
    match parts:
        case ["incidents", "webhook", _]:
            return (Access("create", scope.home),)
        case ["sites"]:
            given = connection.query_params.get("namespace")
            return (*_listing(given, scope), *_listing(given, scope, "TargetSite"))
        case ["console", of_namespace, name]:
            return (Access("get", of_namespace, name),)
        case ["runs", name, *_] | ["watch", name] | ["realtime", "run", name, *_]:
            return (Access("get", namespace, name),)
        case ["realtime", "inject" | "heal" | "approve"]:
            return ()  # the body says which namespace: the route itself asks
        case [""] | ["runs"] | ["runbook"] | ["postmortem"]:
            return _listing(connection.query_params.get("namespace"), scope)
    return (Access("list", scope.home),)


def _listing(namespace: str | None, scope: Scope, kind: str = "IncidentRun") -> tuple[Access, ...]:
    if namespace:
        return (Access("list", namespace, kind=kind),)
    everywhere = scope.searched if scope.namespaces else ("",)
    return tuple(Access("list", each, kind=kind) for each in everywhere)


def check_token(token: str, *, required: bool) -> None:
    """Raises NoCallersError for a token that is missing, or so short that it can be guessed."""
    if required and not token:
        raise NoCallersError(
            f"nobody could call this gateway: set {TOKEN_VARIABLE} to a token that Alertmanager sends too,"
            " set a secret that a source signs with, or let ServiceAccounts in with --service-accounts"
        )
    if token and len(token) < SHORTEST_TOKEN:
        raise NoCallersError(f"{TOKEN_VARIABLE} has fewer than {SHORTEST_TOKEN} characters and can be guessed")
