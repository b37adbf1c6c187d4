"""The gateway: alerts come in, runs are shown. It keeps nothing itself; any number of them may run at once."""

import asyncio
import logging
import os
from collections.abc import Sequence
from importlib.metadata import version

from fastapi import FastAPI
from starlette.requests import HTTPConnection

from praetor.alerts import webhook
from praetor.console.api import api_router
from praetor.console.live import LiveTraces
from praetor.console.pages import pages_router
from praetor.console.reading import Runs
from praetor.console.watch import watch_router
from praetor.kube.access import AccessReviewer, Deed, User
from praetor.kube.client import KubeClient
from praetor.kube.credentials import load_credentials, own_namespace
from praetor.store.kubernetes import RESOURCES, KubernetesStore
from praetor.store.scope import Scope
from praetor.web.app import Lifespan, new_app, no_lifespan
from praetor.web.callers import Access, CallerCheck, ServiceAccounts, SharedToken
from praetor.web.limits import BODY_LIMIT_BYTES
from praetor.web.metrics import Metrics
from praetor.web.serving import bind, server_of, url_of
from simcore.errors import SimcoreError
from simcore.protocols import Store

logger = logging.getLogger(__name__)
TOKEN_VARIABLE = "PRAETOR_WEBHOOK_TOKEN"  # noqa: S105 (a variable's name)
NAMESPACE_VARIABLE = "PRAETOR_NAMESPACE"
SHORTEST_TOKEN = 8


class NoCallersError(SimcoreError):
    """Nothing says who may call; a server that nobody may call is a mistake."""


def gateway_app(
    store: Store,
    checks: Sequence[CallerCheck],
    scope: Scope,
    *,
    live: LiveTraces | None = None,
    limit_bytes: int = BODY_LIMIT_BYTES,
    lifespan: Lifespan = no_lifespan,
) -> FastAPI:
    """The gateway over any store. `checks` say who may call; none lets nobody in."""

    async def ready() -> None:
        await store.find("TargetSite", scope.home)

    metrics, runs = Metrics(), Runs(store, scope)
    app = new_app(
        "Praetor",
        version("praetor"),
        checks=checks,
        access_of=lambda connection: wanted_access(connection, scope),
        ready=ready,
        metrics=metrics,
        limit_bytes=limit_bytes,
        lifespan=lifespan,
    )
    app.include_router(webhook.webhook_router(store, scope, metrics))
    app.include_router(api_router(runs))
    app.include_router(watch_router(runs, live or LiveTraces()))
    app.include_router(pages_router(runs))
    return app


def wanted_access(connection: HTTPConnection, scope: Scope) -> Access:
    """What a path wants of IncidentRuns. Whatever is not about one run needs the right to see them all."""
    parts = connection.url.path.strip("/").split("/")
    namespace = connection.query_params.get("namespace") or scope.home
    match parts:
        case ["incidents", "webhook", _]:
            return Access("create", scope.home)
        case ["console", of_namespace, name]:
            return Access("get", of_namespace, name)
        case ["runs", name, *_] | ["watch", name]:
            return Access("get", namespace, name)
        case [""] | ["runs"]:
            return Access("list", connection.query_params.get("namespace") or "")
    return Access("list", scope.home)


def run_gateway(
    host: str = "127.0.0.1",
    port: int = 8080,
    namespaces: Sequence[str] = (),
    *,
    service_accounts: bool | None = None,
    limit_bytes: int = BODY_LIMIT_BYTES,
) -> None:
    """Serves until SIGTERM or SIGINT. No namespaces: all of them.

    Callers know the token of PRAETOR_WEBHOOK_TOKEN, or are ServiceAccounts: these are asked about when there is
    a token as well, or when `service_accounts` says so. Raises NoCallersError when nobody could call, BindError,
    and DeniedError without credentials for an API server.
    """
    token = os.environ.get(TOKEN_VARIABLE, "")
    asks_reviews = bool(token) if service_accounts is None else service_accounts
    check_token(token, required=not asks_reviews)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    asyncio.run(_serve(host, port, namespaces, token, asks_reviews, limit_bytes))


def check_token(token: str, *, required: bool) -> None:
    """Raises NoCallersError for a token that is missing, or so short that it can be guessed."""
    if required and not token:
        raise NoCallersError(
            f"nobody could call this gateway: set {TOKEN_VARIABLE} to a token that Alertmanager sends too,"
            " or let ServiceAccounts in with --service-accounts"
        )
    if token and len(token) < SHORTEST_TOKEN:
        raise NoCallersError(f"{TOKEN_VARIABLE} has fewer than {SHORTEST_TOKEN} characters and can be guessed")


async def _serve(
    host: str, port: int, namespaces: Sequence[str], token: str, asks_reviews: bool, limit_bytes: int
) -> None:
    listening = bind(host, port)
    async with KubeClient(load_credentials()) as client:
        checks: list[CallerCheck] = [SharedToken(token)] if token else []
        if asks_reviews:
            checks.append(service_account_check(AccessReviewer(client)))
        home = os.environ.get(NAMESPACE_VARIABLE) or (namespaces[0] if namespaces else own_namespace())
        scope = Scope(home, tuple(namespaces))
        app = gateway_app(KubernetesStore(client), checks, scope, limit_bytes=limit_bytes)
        logger.info("gateway at %s; alerts without a TargetSite become runs in %s", url_of(listening), home)
        await server_of(app).serve(sockets=[listening])


def service_account_check(reviewer: AccessReviewer) -> ServiceAccounts[User]:
    async def may(user: User, access: Access) -> bool:
        deed = Deed(access.verb, RESOURCES["IncidentRun"], access.namespace, access.name)
        return await reviewer.may(user, deed)

    return ServiceAccounts(reviewer.user_of, may, lambda user: user.name)
