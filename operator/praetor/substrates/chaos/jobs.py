"""Dead-men of a cluster: a Job for each experiment, in its target's namespace, with a ServiceAccount of its own."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from praetor.kube.client import KubeClient
from praetor.kube.paths import JOBS
from praetor.substrates.chaos.errors import ChaosRefusedError
from praetor.substrates.chaos.lab import Armed
from praetor.substrates.chaos.plan import Plan
from simcore.errors import AlreadyExistsError, NotFoundError
from simcore.protocols import Manifest

PLAN_VARIABLE = "PRAETOR_EXPERIMENT"
TOKEN_VARIABLE = "PRAETOR_SITE_TOKEN"  # noqa: S105 (a variable's name)
ARMED_FILE = "/tmp/armed"  # noqa: S108 (a volume of the pod's own)
UID_LABEL = "praetor.dev/run-uid"
_KEPT_SECONDS = 300
_NAMED, _TOLD_APART = 44, 8
"""Characters of a run's name and of its uid: a Job's name has room for 63."""
_USER = 65532


@dataclass(frozen=True, slots=True)
class PodSettings:
    """`image` is the operator's own; `environment` what its dead-men need to know, too."""

    image: str
    pull_policy: str = "IfNotPresent"
    pull_secrets: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)


class JobDeadmen:
    def __init__(self, client: KubeClient, settings: PodSettings) -> None:
        self._client, self._settings = client, settings

    async def arm(self, plan: Plan, token: str) -> None:
        """The token is not passed on: the pod has it from the same Secret."""
        wanted = job_of(plan, self._settings)
        try:
            await self._client.create(JOBS, plan.target_namespace, wanted)
        except AlreadyExistsError:
            if not _is_of(plan, await self._found(plan)):
                raise ChaosRefusedError(_of_somebody_else(plan)) from None

    async def armed(self, plan: Plan) -> Armed:
        """A pod is ready once its dry run was accepted."""
        try:
            found = await self._found(plan)
        except NotFoundError:
            return Armed("Waiting", f"Job {plan.target_namespace}/{job_name(plan)} is not there")
        if not _is_of(plan, found):
            return Armed("Refused", _of_somebody_else(plan))
        status = found.get("status") or {}
        if any(one["type"] == "Failed" and one["status"] == "True" for one in status.get("conditions") or ()):
            return Armed("Refused", f"Job {plan.target_namespace}/{job_name(plan)} failed; its log says why")
        if status.get("ready", 0) > 0:
            return Armed("Armed")
        return Armed("Waiting", f"no pod of Job {plan.target_namespace}/{job_name(plan)} got ready in time")

    async def disarm(self, plan: Plan) -> None:
        try:
            found = await self._found(plan)
            if _is_of(plan, found):
                uid = found["metadata"]["uid"]
                await self._client.delete(JOBS, plan.target_namespace, job_name(plan), uid=uid)
        except NotFoundError:
            return

    async def _found(self, plan: Plan) -> Manifest:
        return await self._client.get(JOBS, plan.target_namespace, job_name(plan))


def job_name(plan: Plan) -> str:
    """`<run>-deadman`; of a run of another namespace than its target's with the run's uid, since a run of the same name
    may be there, too."""
    if plan.namespace == plan.target_namespace:
        return f"{plan.name}-deadman"
    return f"{plan.name[:_NAMED].rstrip('-.')}-{plan.uid[:_TOLD_APART]}-deadman"


def _is_of(plan: Plan, job: Manifest) -> bool:
    return (job["metadata"].get("labels") or {}).get(UID_LABEL) == plan.uid


def _of_somebody_else(plan: Plan) -> str:
    return f"Job {plan.target_namespace}/{job_name(plan)} is of somebody else"


def job_of(plan: Plan, settings: PodSettings) -> Manifest:
    """Nobody owns it: it must outlive the run and the operator. What it is told is how to heal, not how to break."""
    labels = {UID_LABEL: plan.uid, "app.kubernetes.io/name": "praetor", "app.kubernetes.io/component": "deadman"}
    template = {"metadata": {"labels": labels}, "spec": _pod(plan, settings)}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": job_name(plan), "namespace": plan.target_namespace, "labels": labels},
        "spec": {"backoffLimit": 20, "ttlSecondsAfterFinished": _KEPT_SECONDS, "template": template},
    }


def _pod(plan: Plan, settings: PodSettings) -> Manifest:
    on_workloads = plan.kind == "Cluster"
    account = {"serviceAccountName": plan.service_account} if on_workloads else {}
    return {
        **account,
        "automountServiceAccountToken": on_workloads,
        "enableServiceLinks": False,
        "restartPolicy": "OnFailure",
        "terminationGracePeriodSeconds": 1,
        "imagePullSecrets": [{"name": name} for name in settings.pull_secrets],
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": _USER,
            "runAsGroup": _USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [_container(plan, settings)],
        "volumes": [{"name": "tmp", "emptyDir": {}}],
    }


def _container(plan: Plan, settings: PodSettings) -> Manifest:
    return {
        "name": "deadman",
        "image": settings.image,
        "imagePullPolicy": settings.pull_policy,
        "args": ["internal", "deadman", "--armed", ARMED_FILE],
        "env": _environment(plan, settings),
        "readinessProbe": {"exec": {"command": ["test", "-f", ARMED_FILE]}, "periodSeconds": 1},
        "resources": {"requests": {"cpu": "10m", "memory": "96Mi"}, "limits": {"memory": "256Mi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],  # noqa: S108 (a volume of its own)
    }


def _environment(plan: Plan, settings: PodSettings) -> list[dict[str, Any]]:
    told = {PLAN_VARIABLE: replace(plan, breaking=(), causes=None).to_bytes().decode(), "HOME": "/tmp"}  # noqa: S108
    plain = [{"name": name, "value": value} for name, value in (told | dict(settings.environment)).items()]
    if plan.kind != "Site" or plan.secret is None:
        return plain
    name, key = plan.secret
    return [*plain, {"name": TOKEN_VARIABLE, "valueFrom": {"secretKeyRef": {"name": name, "key": key}}}]
