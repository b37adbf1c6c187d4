"""What the operator answers over HTTP: probes for the kubelet, metrics for callers that the API server knows."""

from fastapi import FastAPI
from starlette.requests import HTTPConnection

from praetor.controller.phases import Phases
from praetor.kube.access import AccessReviewer
from praetor.kube.client import KubeClient
from praetor.serve.service_accounts import service_account_check
from praetor.web.app import new_app
from praetor.web.callers import Access
from praetor.web.metrics import Metrics


def operator_app(version: str, client: KubeClient, phases: Phases, metrics: Metrics) -> FastAPI:
    """Whoever may list all runs may read how many there are."""
    return new_app(
        "Praetor operator",
        version,
        checks=[service_account_check(AccessReviewer(client))],
        access_of=_lists_runs,
        ready=phases.check_ready,
        metrics=metrics,
    )


def _lists_runs(connection: HTTPConnection) -> tuple[Access, ...]:
    return (Access("list", ""),)
