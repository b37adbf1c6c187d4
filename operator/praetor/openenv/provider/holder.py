"""Who the pods belong to: a Lease that is renewed while this process lives, and owns all that it starts.

Deleted, it takes everything with it. A process that died no longer renews its own: the next provider that starts in
the namespace deletes it. Times are the API server's, for clocks of other machines are not trusted: how far ours is
off is seen from the Lease's creation.
"""

import asyncio
import contextlib
import logging
from datetime import UTC, datetime, timedelta

from praetor.kube.client import KubeClient
from praetor.kube.lease import own_identity
from praetor.kube.paths import LEASES, PODS, SECRETS, SERVICES, Resource
from praetor.openenv.provider.manifests import EXPIRES, MANAGED_BY, MANAGER, new_name
from simcore.errors import ConflictError, DeniedError, NotFoundError, StoreError
from simcore.protocols import Manifest

log = logging.getLogger(__name__)
OURS = {MANAGED_BY: MANAGER}
LEASE_SECONDS = 300
"""A laptop may sleep for a while, and a network be away, before others take a process for dead."""
RENEW_SECONDS = 30.0


class Holder:
    def __init__(self, client: KubeClient, namespace: str, *, lease_seconds: int = LEASE_SECONDS) -> None:
        self._client, self._namespace, self._lease_seconds = client, namespace, lease_seconds
        self._ahead = timedelta()
        self._lease: Manifest = {}
        self._renewal: asyncio.Task[None] | None = None

    @property
    def name(self) -> str:
        return str(self._lease["metadata"]["name"])

    @property
    def uid(self) -> str:
        return str(self._lease["metadata"]["uid"])

    async def open(self) -> None:
        self._lease = await self._client.create(LEASES, self._namespace, self._new())
        created = _time(self._lease["metadata"]["creationTimestamp"])
        self._ahead = created - datetime.now(UTC)
        self._renewal = asyncio.create_task(self._keep())

    async def close(self) -> None:
        """What is left of its pods goes with it."""
        if self._renewal:
            self._renewal.cancel()
            await asyncio.gather(self._renewal, return_exceptions=True)
        if self._lease:
            with contextlib.suppress(NotFoundError):
                await self._client.delete(LEASES, self._namespace, self.name, uid=self.uid)
            self._lease = {}

    def server_time(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    async def sweep(self) -> None:
        """Deletes what others left behind: Leases of dead processes, and objects past their time."""
        now = self.server_time()
        for lease in await self._client.find(LEASES, self._namespace, labels=OURS):
            if _is_dead(lease, now):
                log.info("deleting %s and its pods: its process is gone", lease["metadata"]["name"])
                with contextlib.suppress(NotFoundError, ConflictError):  # or it came back to life
                    await self._client.delete(
                        LEASES,
                        self._namespace,
                        lease["metadata"]["name"],
                        version=lease["metadata"]["resourceVersion"],
                    )
        for resource in (PODS, SERVICES, SECRETS):
            await self._sweep_expired(resource, now)

    async def _sweep_expired(self, resource: Resource, now: datetime) -> None:
        try:
            found = await self._client.find(resource, self._namespace, labels=OURS)
        except DeniedError as error:  # who may not look at Secrets never made one
            log.debug("not swept: %s", error)
            return
        for each in found:
            expires = each["metadata"].get("labels", {}).get(EXPIRES, "")
            if expires.isdigit() and int(expires) < now.timestamp():
                with contextlib.suppress(NotFoundError):
                    await self._client.delete(resource, self._namespace, each["metadata"]["name"])

    def _new(self) -> Manifest:
        spec = {"holderIdentity": own_identity(), "leaseDurationSeconds": self._lease_seconds}
        metadata = {"name": new_name("holder"), "namespace": self._namespace, "labels": OURS}
        return {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata, "spec": spec}

    async def _renew(self) -> None:
        spec = self._lease["spec"] | {"renewTime": self.server_time().strftime("%Y-%m-%dT%H:%M:%S.%fZ")}
        try:
            self._lease = await self._client.replace(LEASES, self._lease | {"spec": spec})
        except ConflictError:  # somebody labelled it
            self._lease = await self._client.get(LEASES, self._namespace, self.name)

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(min(RENEW_SECONDS, self._lease_seconds / 4))
            try:
                await self._renew()
            except NotFoundError:
                log.error("lease %s was deleted, and with it what it owned", self.name)
                return
            except StoreError as error:
                log.warning("lease %s was not renewed: %s", self.name, error)


def _is_dead(lease: Manifest, now: datetime) -> bool:
    spec = lease.get("spec", {})
    seen = _time(spec.get("renewTime") or lease["metadata"]["creationTimestamp"])
    return now - seen > timedelta(seconds=spec.get("leaseDurationSeconds") or LEASE_SECONDS)


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
