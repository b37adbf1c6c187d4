"""One environment in the cluster: its objects, its address, and the wait until it serves."""

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass

from praetor.kube.client import KubeClient
from praetor.kube.paths import EVENTS, PODS, SECRETS, SERVICES, Resource
from praetor.kube.port_forward import PortForward
from praetor.openenv.provider import manifests
from praetor.openenv.provider.errors import EnvironmentNotReadyError, EnvironmentStartError
from praetor.openenv.provider.manifests import Names
from praetor.openenv.provider.reasons import Phase, PodState, state_of, warnings
from praetor.openenv.provider.settings import Wanted
from praetor.openenv.provider.upgrade import RefusedError, upgrade
from simcore.errors import NotFoundError, StoreError, UnavailableError
from simcore.protocols import Manifest

log = logging.getLogger(__name__)
LOG_LINES = 20
_POLL_SECONDS = 0.25
_UPGRADE_SECONDS = 5.0
_USER = "praetor"


@dataclass(slots=True)
class Instance:
    """Created in the API; `forward` leads to it from outside the cluster. Use it from one event loop."""

    client: KubeClient
    names: Names
    wanted: Wanted
    token: str = ""
    forward: PortForward | None = None
    address: str = ""
    started_at: float = 0.0

    @property
    def base_url(self) -> str:
        """With the token as the password of Basic, which every WebSocket client takes from a URL."""
        return f"http://{_USER}:{self.token}@{self.address}" if self.token else f"http://{self.address}"

    async def create(self) -> None:
        """Raises EnvironmentStartError; nothing is left behind then."""
        self.started_at = time.monotonic()
        try:
            if self.wanted.token_variable:
                self.token = secrets.token_urlsafe(24)
                await self._create(SECRETS, manifests.secret(self.names, self.wanted, self.token))
            await self._create(PODS, manifests.pod(self.names, self.wanted))
            await self._create(SERVICES, manifests.service(self.names, self.wanted))
            self.address = await self._reachable()
        except BaseException as problem:
            await self.delete()
            if isinstance(problem, StoreError):
                raise EnvironmentStartError(f"{self}: the cluster refused it: {problem}") from problem
            raise

    async def delete(self) -> None:
        """Gone already is fine; another refusal is logged, for the Lease takes what is left."""
        if self.forward:
            await self.forward.close()
        kinds = [PODS, SERVICES, *([SECRETS] if self.wanted.token_variable else [])]
        for resource in kinds:
            try:
                await self.client.delete(resource, self.names.namespace, self.names.name)
            except NotFoundError:
                pass
            except StoreError as error:
                log.warning("%s: %s", self, error)

    async def ready(self, seconds: float, headers: Mapping[str, str]) -> None:
        """Returns after a WebSocket upgrade succeeded. Raises EnvironmentStartError, EnvironmentNotReadyError."""
        deadline, last = time.monotonic() + seconds, "nothing is known of it"
        while (left := deadline - time.monotonic()) > 0:
            state = await self.state()
            if state.phase is Phase.ENDED:
                raise EnvironmentStartError(await self._told(state.reason))
            last = state.reason
            if state.phase is Phase.RUNNING:
                last = await self._upgrade(headers, min(left, _UPGRADE_SECONDS))
                if not last:
                    return
            await asyncio.sleep(_POLL_SECONDS)
        raise EnvironmentNotReadyError(await self._told(f"not ready within {seconds:g} s; {last}"))

    async def state(self) -> PodState:
        try:
            return state_of(await self.client.get(PODS, self.names.namespace, self.names.name))
        except NotFoundError:
            return state_of(None)
        except UnavailableError as error:
            return PodState(Phase.COMING, str(error))

    async def log(self, lines: int = LOG_LINES) -> str:
        """The container's last lines; what we know to be secret is left out of them."""
        path = PODS.path(self.names.namespace, self.names.name, "log")
        try:
            text = await self.client.text(path, query={"tailLines": str(lines)})
        except StoreError:
            return ""
        return text.replace(self.token, "[token]") if self.token else text

    async def _create(self, resource: Resource, manifest: Manifest) -> None:
        await self.client.create(resource, self.names.namespace, manifest)

    async def _reachable(self) -> str:
        if self.forward is None:
            return f"{self.names.name}.{self.names.namespace}.svc:{self.wanted.port}"
        return f"127.0.0.1:{await self.forward.start()}"

    async def _upgrade(self, headers: Mapping[str, str], seconds: float) -> str:
        try:
            problem = await upgrade(self.base_url, headers, seconds)
        except RefusedError as refused:
            raise EnvironmentStartError(
                f"{self}: {refused}: it is no OpenEnv server, or wants a token (token_variable=, headers=)"
            ) from None
        detail = self.forward.last_error if self.forward else ""
        return f"{problem} ({detail})" if problem and detail else problem

    async def _told(self, reason: str) -> str:
        """The reason, warnings of the cluster and the last lines of the log."""
        parts = [f"{self}: {reason}"]
        parts += [f"event: {text}" for text in await self._warnings()]
        if text := (await self.log()).strip():
            parts.append(f"last log lines:\n{text}")
        return "\n".join(parts)

    async def _warnings(self) -> list[str]:
        fields = {"involvedObject.name": self.names.name}
        with contextlib.suppress(StoreError):
            return warnings(await self.client.find(EVENTS, self.names.namespace, fields=fields))
        return []

    def __str__(self) -> str:
        return f"environment {self.names.namespace}/{self.names.name} (image {self.wanted.image})"
