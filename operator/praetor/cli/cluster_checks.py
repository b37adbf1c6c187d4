"""What `praetor doctor` asks the cluster that the kubeconfig names, when there is one."""

from praetor.cli.checks import Check
from praetor.controller.times import utc_now, wire_time
from praetor.kube.client import KubeClient
from praetor.kube.credentials import Credentials, load_credentials
from praetor.kube.paths import Resource
from praetor.resources.approvals import POLICY_NAME
from praetor.resources.kinds import KINDS
from praetor.resources.meta import GROUP
from praetor.store.kubernetes import KubernetesStore
from simcore.errors import DeniedError, NotFoundError, StoreError
from simcore.protocols import Manifest

DEFINITIONS = Resource("apiextensions.k8s.io", "v1", "customresourcedefinitions")
TIMEOUT_SECONDS = 5.0


async def cluster_checks() -> list[Check]:
    """Only the first finding when there is no cluster to ask."""
    try:
        credentials = load_credentials()
    except DeniedError as problem:
        return [Check("cluster", "missing", str(problem))]
    return await _asked(credentials)


async def _asked(credentials: Credentials) -> list[Check]:
    async with KubeClient(credentials, timeout_seconds=TIMEOUT_SECONDS) as client:
        try:
            version = await client.request("GET", "/version")
        except StoreError as problem:
            return [Check("cluster", "missing", str(problem))]
        reached = Check("cluster", "ok", f"{credentials.server} runs {version['gitVersion']}")
        definitions = [await _definition(client, kind.plural) for kind in KINDS]
        return [reached, *definitions, await _guard(client)]


async def _guard(client: KubeClient) -> Check:
    """Of approvals; the moment of asking is later than any that it can have been made at."""
    try:
        complaint = await KubernetesStore(client).approvals_complaint(wire_time(utc_now()))
    except StoreError as problem:
        complaint = str(problem)
    if complaint:
        return Check("approvals", "missing", f"none is honoured: {complaint}")
    return Check("approvals", "ok", f"guarded by {POLICY_NAME}")


async def _definition(client: KubeClient, plural: str) -> Check:
    name = f"{plural}.{GROUP}"
    try:
        definition = await client.get(DEFINITIONS, None, name)
    except NotFoundError:
        return Check(f"CRD {plural}", "missing", f"{name} is not installed: kubectl apply -f crds/")
    except StoreError as problem:
        return Check(f"CRD {plural}", "missing", str(problem))
    if _is_established(definition):
        return Check(f"CRD {plural}", "ok", f"{name} is established")
    return Check(f"CRD {plural}", "missing", f"{name} is installed, but not established yet")


def _is_established(definition: Manifest) -> bool:
    conditions = definition.get("status", {}).get("conditions", ())
    return any(found["type"] == "Established" and found["status"] == "True" for found in conditions)
