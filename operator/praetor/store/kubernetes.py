"""The store of a cluster: objects by the API server, artifacts as ConfigMaps, Events as Events."""

import base64
from collections.abc import Mapping

from praetor.kube.client import KubeClient
from praetor.kube.paths import ADMISSION_BINDINGS, ADMISSION_POLICIES, EVENTS, SECRETS, SERVICES, Resource
from praetor.resources.approvals import POLICY_NAME, complaint_about
from praetor.resources.meta import API_VERSION, GROUP, VERSION
from praetor.store import rules
from praetor.store.artifacts import ConfigMapArtifacts
from praetor.store.events import event_manifest, event_order
from praetor.store.limits import check_artifact_size, check_object_size, check_status_size
from praetor.store.names import PLURALS, check_artifact_name, check_kind, identity, is_name, is_namespace
from simcore.errors import AlreadyExistsError, ConflictError, DeniedError, NotFoundError
from simcore.protocols import Manifest

RESOURCES = {kind: Resource(GROUP, VERSION, plural) for kind, plural in PLURALS.items()}


class KubernetesStore:
    """Implements simcore.protocols.Store over the API server, which does the comparing and swapping."""

    def __init__(self, client: KubeClient) -> None:
        self._client = client
        self._artifacts = ConfigMapArtifacts(client)

    async def create(self, manifest: Manifest) -> Manifest:
        kind, namespace, _ = identity(manifest)
        wanted = rules.requested(manifest)
        check_object_size(wanted)
        return _clean(await self._client.create(RESOURCES[kind], namespace, wanted))

    async def get(self, kind: str, namespace: str, name: str) -> Manifest:
        resource = RESOURCES[check_kind(kind)]
        if not (is_namespace(namespace) and is_name(name)):
            raise NotFoundError(f"{kind} {namespace}/{name} does not exist")
        return _clean(await self._client.get(resource, namespace, name))

    async def find(
        self,
        kind: str,
        namespace: str | None = None,
        *,
        labels: Mapping[str, str] | None = None,
        may_lag: bool = False,
    ) -> list[Manifest]:
        resource = RESOURCES[check_kind(kind)]
        if namespace is not None and not is_namespace(namespace):
            return []
        found = await self._client.find(resource, namespace, labels=labels, may_lag=may_lag)
        items = [{"apiVersion": API_VERSION, "kind": kind} | _clean(item) for item in found]
        return sorted(items, key=rules.age_order)

    async def update(self, manifest: Manifest) -> Manifest:
        kind, _, _ = identity(manifest)
        check_object_size(manifest)
        return _clean(await self._client.replace(RESOURCES[kind], rules.without_status(manifest)))

    async def update_status(self, manifest: Manifest) -> Manifest:
        kind, _, _ = identity(manifest)
        check_status_size(manifest)
        return _clean(await self._client.replace(RESOURCES[kind], manifest, "status"))

    async def delete(self, kind: str, namespace: str, name: str, *, uid: str | None = None) -> None:
        resource = RESOURCES[check_kind(kind)]
        if not (is_namespace(namespace) and is_name(name)):
            return
        try:
            await self._client.delete(resource, namespace, name, uid=uid)
        except NotFoundError:
            return
        except ConflictError:
            if uid is None:
                raise

    async def secret(self, namespace: str, name: str) -> dict[str, str]:
        """A Secret's values as text, by key. Raises NotFoundError, DeniedError."""
        if not (is_namespace(namespace) and is_name(name)):
            raise NotFoundError(f"Secret {namespace}/{name} does not exist")
        data = (await self._client.get(SECRETS, namespace, name)).get("data") or {}
        return {key: base64.b64decode(value).decode(errors="replace") for key, value in data.items()}

    async def service(self, namespace: str, name: str) -> Manifest:
        """Raises NotFoundError, DeniedError."""
        if not (is_namespace(namespace) and is_name(name)):
            raise NotFoundError(f"Service {namespace}/{name} does not exist")
        return await self._client.get(SERVICES, namespace, name)

    async def approvals_complaint(self, run_made_at: str) -> str:
        """Why approvals of a run that was made then are not honoured, "" if they are."""
        try:
            policy = await self._named(ADMISSION_POLICIES, POLICY_NAME)
            binding = await self._named(ADMISSION_BINDINGS, POLICY_NAME)
        except DeniedError as problem:
            return f"the operator may not read what guards approvals: {problem}"
        return complaint_about(policy, binding, run_made_at)

    async def _named(self, resource: Resource, name: str) -> Manifest | None:
        try:
            return await self._client.get(resource, None, name)
        except NotFoundError:
            return None

    async def put_artifact(self, run: Manifest, name: str, data: bytes) -> str:
        identity(run)
        check_artifact_size(name, data)
        return await self._artifacts.put(run, check_artifact_name(name), data)

    async def get_artifact(self, namespace: str, run_name: str, name: str) -> bytes:
        check_artifact_name(name)
        return await self._artifacts.get(await self.get("IncidentRun", namespace, run_name), name)

    async def record_event(self, regarding: Manifest, reason: str, message: str, *, warning: bool = False) -> None:
        event = event_manifest(regarding, reason, message, warning=warning)
        try:
            await self._client.create(EVENTS, event["metadata"]["namespace"], event)
        except AlreadyExistsError:
            return

    async def events(self, namespace: str, name: str) -> list[Manifest]:
        """Of objects that are there: Events outlive theirs, and a namesake is another object."""
        if not (is_namespace(namespace) and is_name(name)):
            return []
        found = await self._client.find(EVENTS, namespace, fields={"involvedObject.name": name})
        kinds = {event["involvedObject"].get("kind") for event in found} & RESOURCES.keys()
        living = {await self._uid(kind, namespace, name) for kind in kinds}
        about = [_clean(event) for event in found if event["involvedObject"].get("uid") in living]
        return sorted(about, key=event_order)

    async def _uid(self, kind: str, namespace: str, name: str) -> str | None:
        try:
            return str((await self.get(kind, namespace, name))["metadata"]["uid"])
        except NotFoundError:
            return None


def _clean(manifest: Manifest) -> Manifest:
    """Without the bookkeeping of field owners, which the API server keeps by itself."""
    manifest["metadata"].pop("managedFields", None)
    return manifest
