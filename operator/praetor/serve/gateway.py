"""The gateway: alerts come in, runs are shown. It keeps nothing itself; any number of them may run at once."""

import asyncio
import gc
import logging
import os
from collections.abc import Sequence

from praetor.alerts.manifest import GROUP_LABEL
from praetor.alerts.sources import Sources, sources_of
from praetor.kube.access import AccessReviewer
from praetor.kube.client import KubeClient
from praetor.kube.credentials import load_credentials, own_namespace
from praetor.serve.gateway_http import TOKEN_VARIABLE, AlertSettings, check_token, gateway_app, signs_in
from praetor.serve.service_accounts import service_account_check
from praetor.store.mirrored import mirrored_store
from praetor.store.scope import Scope
from praetor.web.background import Background
from praetor.web.callers import CallerCheck, SharedToken
from praetor.web.limits import BODY_LIMIT_BYTES
from praetor.web.serving import bind, server_of, url_of

logger = logging.getLogger(__name__)
NAMESPACE_VARIABLE = "PRAETOR_NAMESPACE"
MIRRORED = {"IncidentRun": GROUP_LABEL, "TargetSite": ""}
"""What every delivery looks at: the runs of alerts, and the sites."""


def run_gateway(
    host: str = "127.0.0.1",
    port: int = 8080,
    namespaces: Sequence[str] = (),
    *,
    service_accounts: bool | None = None,
    limit_bytes: int = BODY_LIMIT_BYTES,
    alerts: AlertSettings | None = None,
) -> None:
    """Serves until SIGTERM or SIGINT. No namespaces: all of them.

    Callers know the token of PRAETOR_WEBHOOK_TOKEN, sign what they send with a secret that is set here, or are
    ServiceAccounts: these are asked about when there is a token as well, or when `service_accounts` says so.
    Raises NoCallersError when nobody could call, BindError, SourcesError or SecretError for settings of sources
    that cannot be used, and DeniedError without credentials for an API server.
    """
    token = os.environ.get(TOKEN_VARIABLE, "")
    asks_reviews = bool(token) if service_accounts is None else service_accounts
    sources = sources_of()
    check_token(token, required=not (asks_reviews or signs_in(sources)))
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    asyncio.run(_serve(host, port, namespaces, token, asks_reviews, limit_bytes, alerts, sources))


async def _serve(
    host: str,
    port: int,
    namespaces: Sequence[str],
    token: str,
    asks_reviews: bool,
    limit_bytes: int,
    alerts: AlertSettings | None,
    sources: Sources,
) -> None:
    listening = bind(host, port)
    home = os.environ.get(NAMESPACE_VARIABLE) or (namespaces[0] if namespaces else own_namespace())
    scope = Scope(home, tuple(namespaces))
    watched = scope.searched if scope.namespaces else ()
    async with KubeClient(load_credentials()) as client, mirrored_store(client, watched, MIRRORED) as store:
        checks: list[CallerCheck] = [SharedToken(token)] if token else []
        if asks_reviews:
            checks.append(service_account_check(AccessReviewer(client)))
        app = gateway_app(
            store, checks, scope, limit_bytes=limit_bytes, alerts=alerts, sources=sources, later=Background()
        )
        # What is here now stays; to look through it for garbage again and again would stop the loop for 30 ms and more.
        gc.collect()
        gc.freeze()
        logger.info("gateway at %s; alerts without a TargetSite become runs in %s", url_of(listening), home)
        await server_of(app).serve(sockets=[listening])
