"""What the operator answers over HTTP: probes for the kubelet, metrics for callers that the API server knows."""

from fastapi import FastAPI
from starlette.requests import HTTPConnection

from praetor.controller.phases import Phases
from praetor.kube.access import AccessReviewer, Deed, User
from praetor.kube.client import KubeClient
from praetor.store.kubernetes import RESOURCES
from praetor.web.app import new_app
from praetor.web.callers import Access, ServiceAccounts
from praetor.web.metrics import Metrics


def operator_app(version: str, client: KubeClient, phases: Phases, metrics: Metrics) -> FastAPI:
    """Whoever may list all runs may read how many there are."""
    return new_app(
        "Praetor operator",
        version,
        checks=[_service_accounts(AccessReviewer(client))],
        access_of=_lists_runs,
        ready=phases.check_ready,
        metrics=metrics,
    )


def _lists_runs(connection: HTTPConnection) -> Access:
    return Access("list", "")


def _service_accounts(reviewer: AccessReviewer) -> ServiceAccounts[User]:
    async def may(user: User, access: Access) -> bool:
        deed = Deed(access.verb, RESOURCES["IncidentRun"], access.namespace, access.name)
        return await reviewer.may(user, deed)

    return ServiceAccounts(reviewer.user_of, may, lambda user: user.name)
