"""KubernetesProvider: any OpenEnv image as a Pod and a Service, by the library's container-provider contract.

    with KubernetesProvider(namespace="environments") as provider:
        base_url = provider.start_container("registry.example/echo-env:1")
        provider.wait_for_ready(base_url)

`Fleet` does the work, in an event loop of its own; `manifests` and `reasons` decide, as pure functions.
"""

from collections.abc import Mapping
from typing import Any, Literal

from openenv.core.containers.runtime.providers import ContainerProvider

from praetor.kube.credentials import context_namespace, in_cluster, load_credentials
from praetor.openenv.provider.background import Background
from praetor.openenv.provider.errors import EnvironmentStartError
from praetor.openenv.provider.fleet import Fleet
from praetor.openenv.provider.holder import LEASE_SECONDS
from praetor.openenv.provider.instance import LOG_LINES, Instance
from praetor.openenv.provider.settings import PodSettings, Wanted
from simcore.errors import DeniedError

Access = Literal["auto", "cluster", "forward"]
DEFAULT_PORT = 8000
READY_SECONDS = 300.0
"""An image may have to be pulled first."""


class KubernetesProvider(ContainerProvider):
    """One environment at a time; `warm` more are kept started for the next time.

    `image` is for clients that start their provider themselves. `access` is by cluster addresses inside a cluster
    and by a port-forward outside, unless it is said. With `token_variable` each environment gets a fresh token in
    that variable, by a Secret, and the URL carries it. `headers` go with the wait for the upgrade. Other options
    are those of PodSettings, here for all environments or at `start_container` for one. `stop_container` leaves
    nothing in the cluster unless environments are kept warm; then `close` does.
    """

    def __init__(
        self,
        image: str | None = None,
        *,
        namespace: str | None = None,
        kubeconfig: str | None = None,
        context: str | None = None,
        access: Access = "auto",
        warm: int = 0,
        port: int = DEFAULT_PORT,
        env_vars: Mapping[str, str] | None = None,
        token_variable: str | None = None,
        headers: Mapping[str, str] | None = None,
        ready_timeout_s: float = READY_SECONDS,
        lease_seconds: int = LEASE_SECONDS,
        **options: Any,
    ) -> None:
        if access not in ("auto", "cluster", "forward"):
            raise ValueError(f"access {access!r}; expected auto, cluster or forward")
        if warm < 0:
            raise ValueError(f"warm {warm}; expected 0 or more")
        self._image, self._port, self._env_vars = image, port, dict(env_vars or {})
        self._settings, self._token_variable = PodSettings().but(options), token_variable
        self._namespace, self._kubeconfig, self._context = namespace, kubeconfig, context
        self._access, self._warm, self._headers = access, warm, dict(headers or {})
        self._ready_seconds, self._lease_seconds = ready_timeout_s, lease_seconds
        self._running: tuple[Background, Fleet] | None = None
        self._instance: Instance | None = None

    def start_container(
        self,
        image: str | None = None,
        port: int | None = None,
        env_vars: Mapping[str, str] | None = None,
        **kwargs: Any,
    ) -> str:
        """Returns the base URL as soon as the cluster took the pod; `port` is the one that it listens on.

        Raises EnvironmentStartError (a RuntimeError) when the cluster refuses, ValueError for unknown options.
        """
        if self._instance:
            raise EnvironmentStartError(f"{self._instance} runs; stop_container first, or use a second provider")
        wanted = self._wanted(image, port, env_vars, kwargs)
        background, fleet = self._opened()
        try:
            self._instance = background.call(fleet.start(wanted))
        except BaseException:
            self.close()
            raise
        return self._instance.base_url

    def wait_for_ready(self, base_url: str, timeout_s: float | None = None) -> None:
        """Returns once a WebSocket upgrade on /ws has succeeded.

        Raises EnvironmentStartError (a RuntimeError) at once when the pod failed, with its own reason, and
        EnvironmentNotReadyError (a TimeoutError) that says what it was waiting for.
        """
        background, instance = self._current()
        if base_url.rstrip("/") != instance.base_url:
            raise ValueError(f"base_url is not that of {instance}, the one this provider started")
        seconds = self._ready_seconds if timeout_s is None else timeout_s
        background.call(instance.ready(seconds, self._headers))

    def stop_container(self) -> None:
        """Deletes the environment; what is kept warm stays."""
        if self._instance and self._running:
            self._running[0].call(self._instance.delete())
        self._instance = None
        if not self._warm:
            self.close()

    def close(self) -> None:
        """Deletes all that this provider has in the cluster."""
        if self._instance and self._running:
            self._running[0].call(self._instance.delete())
        self._instance = None
        if self._running:
            background, fleet = self._running
            self._running = None
            background.call(fleet.close())
            background.close()

    def logs(self, lines: int = LOG_LINES) -> str:
        """The last lines of the environment's log; "" if there is none."""
        background, instance = self._current()
        return background.call(instance.log(lines))

    def reason(self) -> str:
        """What the pod says of itself now, for example after a client lost its connection."""
        background, instance = self._current()
        return background.call(instance.state()).reason

    def _current(self) -> tuple[Background, Instance]:
        if not self._instance or not self._running:
            raise EnvironmentStartError("no environment runs: start_container first")
        return self._running[0], self._instance

    def _wanted(
        self, image: str | None, port: int | None, env_vars: Mapping[str, str] | None, options: Mapping[str, Any]
    ) -> Wanted:
        chosen = image or self._image
        if not chosen:
            raise ValueError("no image: give one to start_container or to KubernetesProvider")
        variables = self._env_vars | dict(env_vars or {})
        return Wanted(chosen, port or self._port, variables, self._settings.but(options), self._token_variable)

    def _opened(self) -> tuple[Background, Fleet]:
        if self._running is None:
            background = Background()
            try:
                fleet = background.call(self._open())
            except BaseException:
                background.close()
                raise
            self._running = background, fleet
        return self._running

    async def _open(self) -> Fleet:
        try:
            credentials = load_credentials(self._kubeconfig, self._context)
        except DeniedError as error:
            raise EnvironmentStartError(str(error)) from error
        inside = in_cluster(self._kubeconfig, self._context)
        fleet = Fleet(
            credentials,
            self._namespace or context_namespace(self._kubeconfig, self._context),
            forwards=self._access == "forward" or (self._access == "auto" and not inside),
            warm=self._warm,
            ready_seconds=self._ready_seconds,
            headers=self._headers,
            lease_seconds=self._lease_seconds,
        )
        await fleet.open()
        return fleet
