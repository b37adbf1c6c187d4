"""`praetor operator`: the controller of a cluster, with its Lease, its pool of episodes, its probes and metrics.

When the Lease is lost or nobody watches any more, the process ends with exit code 1, and Kubernetes begins it
anew: every run survives that.
"""

import asyncio
import logging
import os
from collections.abc import Sequence
from importlib.metadata import version

from praetor.controller.controller import Controller
from praetor.controller.kopf_informer import InformerEndedError
from praetor.controller.leader import LeaseLostError, lead
from praetor.controller.loop_lag import watch_loop_lag
from praetor.controller.metrics import ControllerMetrics
from praetor.controller.phases import Phases
from praetor.controller.pools import episode_pool
from praetor.kube.client import KubeClient
from praetor.kube.credentials import load_credentials, own_namespace
from praetor.kube.lease import Leadership, LeaseTiming
from praetor.runner.errors import EpisodeError
from praetor.serve.chaos import chaos_lab
from praetor.serve.operator_http import operator_app
from praetor.store.kubernetes import KubernetesStore
from praetor.web.ending import run_to_the_end
from praetor.web.metrics import Metrics
from praetor.web.serving import bind, server_of, url_of
from simcore.errors import SimcoreError

log = logging.getLogger(__name__)
LEASE_NAME = "praetor-operator"
LEASE_TIMING_VARIABLE = "PRAETOR_LEASE_SECONDS"
METRICS_PORT = 8081


class OperatorEndedError(Exception):
    """The operator cannot go on; the text says why."""


def main(namespaces: Sequence[str] = (), metrics_port: int = METRICS_PORT, workers: int | None = None) -> None:
    """Serves until SIGTERM. No namespaces: all of them. Raises OperatorEndedError when it cannot go on."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for chatty in ("httpx", "kopf.objects"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    run_to_the_end(run_operator(namespaces, metrics_port, workers))


async def run_operator(
    namespaces: Sequence[str] = (),
    metrics_port: int = METRICS_PORT,
    workers: int | None = None,
    *,
    host: str = "0.0.0.0",  # noqa: S104 (the kubelet probes the pod's address)
) -> None:
    """Raises OperatorEndedError when it cannot go on."""
    listening = bind(host, metrics_port)
    phases, metrics = Phases(), Metrics()
    async with KubeClient(load_credentials()) as client:
        app = operator_app(version("praetor"), client, phases, metrics)
        counted = ControllerMetrics(metrics.registry)
        log.info("probes and metrics at %s", url_of(listening))
        try:
            async with asyncio.TaskGroup() as tasks:
                work = tasks.create_task(_work(client, phases, counted, namespaces, workers))
                lag = tasks.create_task(watch_loop_lag(counted))
                await server_of(app).serve(sockets=[listening])
                work.cancel()
                lag.cancel()
        except* (LeaseLostError, InformerEndedError, EpisodeError, SimcoreError) as problems:
            raise OperatorEndedError("; ".join(str(problem) for problem in leaves(problems))) from None


async def _work(
    client: KubeClient,
    phases: Phases,
    metrics: ControllerMetrics,
    namespaces: Sequence[str],
    workers: int | None,
) -> None:
    home = os.environ.get("PRAETOR_NAMESPACE") or own_namespace()
    async with episode_pool(workers) as pool:
        leadership = Leadership(client, home, LEASE_NAME, timing=lease_timing())
        controller = Controller(KubernetesStore(client), pool, metrics=metrics, lab=chaos_lab(client))
        await lead(leadership, controller, phases, namespaces)


def lease_timing() -> LeaseTiming:
    """`PRAETOR_LEASE_SECONDS=15/10/2`: how long others wait, when a leader gives up, how often all ask."""
    text = os.environ.get(LEASE_TIMING_VARIABLE, "15/10/2")
    try:
        duration, renew, retry = text.split("/")
        return LeaseTiming(int(duration), float(renew), float(retry))
    except ValueError as problem:
        raise OperatorEndedError(f"{LEASE_TIMING_VARIABLE}={text!r}: {problem}; such as 15/10/2") from None


def leaves(problems: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    """The errors themselves, out of whatever groups they came in."""
    found: list[BaseException] = []
    for problem in problems.exceptions:
        found += leaves(problem) if isinstance(problem, BaseExceptionGroup) else [problem]
    return found
