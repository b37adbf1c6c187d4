"""Experiments on workloads of a namespace, by plain API means: nothing runs on a node, and nobody is privileged."""

from praetor.guard.targets import SiteRequest
from praetor.kube.client import KubeClient
from praetor.substrates.chaos.errors import ChaosRefusedError
from praetor.substrates.chaos.judging import ServiceSight, Sight
from praetor.substrates.chaos.plan import Order, Plan, expiry_of
from praetor.substrates.chaos.site_faults import cause_of
from praetor.substrates.chaos.workload_faults import FAULTS, Broken, steps_of
from praetor.substrates.chaos.workload_marks import Mark
from praetor.substrates.chaos.workload_steps import break_all, rehearse_undo, try_breaking, undo_all
from praetor.substrates.cluster.connecting import namespace_system, site_of
from praetor.substrates.cluster.reading import Objects, read_all
from praetor.substrates.cluster.system import NamespaceSystem
from praetor.substrates.cluster.times import utc_now
from praetor.substrates.cluster.workloads import Workload, workloads_of


class WorkloadGround:
    """`client` is the operator's, or the dead-man's."""

    def __init__(self, client: KubeClient) -> None:
        self._client = client

    async def plan(self, order: Order) -> Plan:
        """Raises ChaosRefusedError, StoreError. Nothing is changed."""
        inject = order.inject
        if inject.fault not in FAULTS:
            raise ChaosRefusedError(f"spec.inject.fault: no {inject.fault!r} in a namespace; there are {_listed()}")
        site, namespace = site_of(order.place)
        objects = await read_all(self._client, namespace, site.selector.query)
        workload = _chosen(order, workloads_of(objects, utc_now()))
        mark = Mark(order.uid, order.name, expiry_of(inject), _uids(objects))
        broken = FAULTS[inject.fault](workload, inject, mark)
        _check_radius(order, workload, broken)
        breaking, undoing = steps_of(workload, broken, mark)
        await try_breaking(self._client, breaking)
        return Plan(
            kind="Cluster",
            namespace=order.namespace,
            name=order.name,
            uid=order.uid,
            fault=inject.fault,
            service=workload.name,
            expires_at=mark.expires_at,
            breaking=breaking,
            undoing=undoing,
            causes=(cause_of(workload.name, broken.mechanism),) if broken.mechanism else (),
            target_namespace=namespace,
            service_account=order.rules.service_account_name,
        )

    def eyes(self, place: SiteRequest) -> "WorkloadEyes":
        return WorkloadEyes(namespace_system(place))

    async def rehearse(self, plan: Plan, token: str) -> None:
        await rehearse_undo(self._client, plan.undoing)

    async def inject(self, plan: Plan, token: str) -> None:
        await break_all(self._client, plan.breaking)

    async def heal(self, plan: Plan, token: str) -> None:
        await undo_all(self._client, plan.undoing)


class WorkloadEyes:
    """Looks at the namespace as an episode does."""

    def __init__(self, system: NamespaceSystem) -> None:
        self._system, self._looks = system, 0

    def look(self) -> Sight:
        if not self._looks:
            self._system.begin()
        self._system.measure(float(self._looks), everywhere=True)
        shot, self._looks = self._system.snapshot(float(self._looks)), self._looks + 1
        unmet = [f"{one.sli} of {one.service} is {one.value:.3g}" for one in shot.slos if not one.met]
        services = tuple(
            ServiceSight(one.name, one.health, one.error_ratio, one.latency_p99_ms) for one in shot.services
        )
        return Sight(services, dict(self._system.calls), unmet[0] if unmet else "")

    def close(self) -> None:
        self._system.close()


def _listed() -> str:
    return ", ".join(FAULTS)


def _uids(objects: Objects) -> dict[str, str]:
    return {pod["metadata"]["name"]: pod["metadata"]["uid"] for pod in objects.pods}


def _chosen(order: Order, workloads: tuple[Workload, ...]) -> Workload:
    names = ", ".join(one.name for one in workloads) or "none"
    if order.inject.service is None:
        raise ChaosRefusedError(f"spec.inject.service: say which; there are {names}")
    found = next((one for one in workloads if one.name == order.inject.service), None)
    if found is None:
        raise ChaosRefusedError(f"spec.inject.service: there is no {order.inject.service!r}; there are {names}")
    if not found.desired:
        raise ChaosRefusedError(f"{found.name} is scaled to zero: there is nothing to break")
    return found


def _check_radius(order: Order, workload: Workload, broken: Broken) -> None:
    most, percent = order.rules.max_pods, order.rules.max_percent
    if broken.pods > most:
        raise ChaosRefusedError(f"{broken.pods} pods would be hit, and spec.chaos.maxPods of the TargetSite is {most}")
    if 100 * broken.pods > percent * max(1, workload.desired):
        raise ChaosRefusedError(
            f"{broken.pods} of {workload.desired} pods of {workload.name} would be hit, and spec.chaos.maxPercent of "
            f"the TargetSite is {percent}"
        )
