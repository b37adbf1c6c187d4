"""Leadership by a Lease of the API server.

Correctness never rests on it (compare-and-swap does); it keeps two operators from doing the same work.
Clocks of other machines are not trusted: a lease counts from when this process saw it change.
"""

import asyncio
import logging
import os
import socket
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from praetor.kube.client import KubeClient
from praetor.kube.paths import LEASES
from simcore.errors import AlreadyExistsError, ConflictError, NotFoundError, StoreError
from simcore.protocols import Manifest

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LeaseTiming:
    """How long others wait for a silent leader, when it gives up itself, and how often everybody asks."""

    duration_seconds: int = 15
    renew_deadline_seconds: float = 10.0
    retry_seconds: float = 2.0

    def __post_init__(self) -> None:
        if not self.retry_seconds < self.renew_deadline_seconds < self.duration_seconds:
            raise ValueError("expected retry_seconds < renew_deadline_seconds < duration_seconds")


def own_identity() -> str:
    """Unique for every process, readable for people."""
    return f"{socket.gethostname()}_{os.getpid()}_{uuid.uuid4().hex[:8]}"


class Leadership:
    """One term: `async with` waits until this process leads, keeps leading, and lets go at the end.

    `lost` is set when the term ended by itself: stop working, another may lead.
    """

    def __init__(
        self,
        client: KubeClient,
        namespace: str,
        name: str,
        *,
        identity: str = "",
        timing: LeaseTiming | None = None,
    ) -> None:
        self._client, self._namespace, self._name = client, namespace, name
        self._timing = timing or LeaseTiming()
        self.identity = identity or own_identity()
        self.lost = asyncio.Event()
        self._seen: Manifest = {}
        self._seen_at = 0.0
        self._renewed_at = 0.0
        self._renewal: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Leadership":
        try:
            await self._wait_until_leading()
        except asyncio.CancelledError:
            await self._release()
            raise
        log.info("%s leads %s/%s", self.identity, self._namespace, self._name)
        self._renewal = asyncio.create_task(self._keep_leading())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._renewal:
            self._renewal.cancel()
            await asyncio.gather(self._renewal, return_exceptions=True)
        if not self.lost.is_set():
            await self._release()

    async def _wait_until_leading(self) -> None:
        while True:
            if await self._try_to_lead():
                return
            await asyncio.sleep(self._timing.retry_seconds)

    async def _keep_leading(self) -> None:
        try:
            while True:
                await asyncio.sleep(self._timing.retry_seconds)
                if not await self._still_leading():
                    break
        except Exception:
            log.exception("lease %s/%s: renewing broke", self._namespace, self._name)
        self.lost.set()
        log.warning("%s no longer leads %s/%s", self.identity, self._namespace, self._name)

    async def _still_leading(self) -> bool:
        """False once another leads, or nothing got through until the deadline."""
        left_seconds = self._timing.renew_deadline_seconds - (time.monotonic() - self._renewed_at)
        if left_seconds <= 0:
            return False
        try:
            async with asyncio.timeout(left_seconds):
                return await self._try_to_lead() or self._holder() == self.identity
        except TimeoutError:
            return False

    async def _try_to_lead(self) -> bool:
        """One attempt; True when the API server wrote down that this process leads from now on."""
        asked_at = time.monotonic()
        try:
            await self._observe()
            if not self._may_take():
                return False
            self._remember(await self._write(self._wanted()))
        except (AlreadyExistsError, ConflictError):
            return False
        except StoreError as error:
            log.warning("lease %s/%s: %s", self._namespace, self._name, error)
            return False
        self._renewed_at = asked_at
        return True

    async def _observe(self) -> None:
        try:
            lease = await self._client.get(LEASES, self._namespace, self._name)
        except NotFoundError:
            lease = {}
        if lease != self._seen:
            self._remember(lease)

    def _remember(self, lease: Manifest) -> None:
        self._seen, self._seen_at = lease, time.monotonic()

    def _holder(self) -> str:
        return str(self._seen.get("spec", {}).get("holderIdentity") or "")

    def _may_take(self) -> bool:
        if self._holder() in ("", self.identity):
            return True
        duration_seconds = self._seen["spec"].get("leaseDurationSeconds") or self._timing.duration_seconds
        return time.monotonic() - self._seen_at > duration_seconds

    def _wanted(self) -> Manifest:
        now = _micro_time()
        spec: dict[str, Any] = dict(self._seen.get("spec", {}))
        if spec.get("holderIdentity") != self.identity:
            transitions = (spec.get("leaseTransitions") or 0) + 1 if self._seen else 0
            spec |= {"acquireTime": now, "leaseTransitions": transitions}
        spec |= {
            "holderIdentity": self.identity,
            "leaseDurationSeconds": self._timing.duration_seconds,
            "renewTime": now,
        }
        return self._with_spec(spec)

    def _with_spec(self, spec: dict[str, Any]) -> Manifest:
        metadata = self._seen.get("metadata") or {"name": self._name, "namespace": self._namespace}
        return {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata, "spec": spec}

    async def _write(self, lease: Manifest) -> Manifest:
        if self._seen:
            return await self._client.replace(LEASES, lease)
        return await self._client.create(LEASES, self._namespace, lease)

    async def _release(self) -> None:
        """Nobody has to wait for a leader that says goodbye, even in the midst of a write that went through."""
        try:
            await self._observe()
            if self._holder() == self.identity:
                spec = self._seen["spec"] | {"holderIdentity": "", "leaseDurationSeconds": 1}
                await self._write(self._with_spec(spec))
        except StoreError as error:
            log.warning("lease %s/%s was not released: %s", self._namespace, self._name, error)


def _micro_time() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
