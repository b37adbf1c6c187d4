"""The gateway: alerts come in, runs are shown. It keeps nothing itself; any number of them may run at once."""

import asyncio
import logging
import os
from collections.abc import Sequence

from praetor.kube.access import AccessReviewer
from praetor.kube.client import KubeClient
from praetor.kube.credentials import load_credentials, own_namespace
from praetor.serve.gateway_http import TOKEN_VARIABLE, check_token, gateway_app
from praetor.serve.service_accounts import service_account_check
from praetor.store.kubernetes import KubernetesStore
from praetor.store.scope import Scope
from praetor.web.callers import CallerCheck, SharedToken
from praetor.web.limits import BODY_LIMIT_BYTES
from praetor.web.serving import bind, server_of, url_of

logger = logging.getLogger(__name__)
NAMESPACE_VARIABLE = "PRAETOR_NAMESPACE"


def run_gateway(
    host: str = "127.0.0.1",
    port: int = 8080,
    namespaces: Sequence[str] = (),
    *,
    service_accounts: bool | None = None,
    limit_bytes: int = BODY_LIMIT_BYTES,
    ttl_seconds: int | None = None,
) -> None:
    """Serves until SIGTERM or SIGINT. No namespaces: all of them. Without `ttl_seconds` runs are kept.

    Callers know the token of PRAETOR_WEBHOOK_TOKEN, or are ServiceAccounts: these are asked about when there is
    a token as well, or when `service_accounts` says so. Raises NoCallersError when nobody could call, BindError,
    and DeniedError without credentials for an API server.
    """
    token = os.environ.get(TOKEN_VARIABLE, "")
    asks_reviews = bool(token) if service_accounts is None else service_accounts
    check_token(token, required=not asks_reviews)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    asyncio.run(_serve(host, port, namespaces, token, asks_reviews, limit_bytes, ttl_seconds))


async def _serve(
    host: str,
    port: int,
    namespaces: Sequence[str],
    token: str,
    asks_reviews: bool,
    limit_bytes: int,
    ttl_seconds: int | None,
) -> None:
    listening = bind(host, port)
    async with KubeClient(load_credentials()) as client:
        checks: list[CallerCheck] = [SharedToken(token)] if token else []
        if asks_reviews:
            checks.append(service_account_check(AccessReviewer(client)))
        home = os.environ.get(NAMESPACE_VARIABLE) or (namespaces[0] if namespaces else own_namespace())
        scope = Scope(home, tuple(namespaces))
        app = gateway_app(KubernetesStore(client), checks, scope, limit_bytes=limit_bytes, ttl_seconds=ttl_seconds)
        logger.info("gateway at %s; alerts without a TargetSite become runs in %s", url_of(listening), home)
        await server_of(app).serve(sockets=[listening])
