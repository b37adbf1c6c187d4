"""Who we are to the API server: a kubeconfig, or the ServiceAccount of the pod that we run in."""

import os
import ssl
from collections.abc import Callable
from pathlib import Path

import yaml
from kubernetes import config
from kubernetes.client import Configuration

from simcore.errors import DeniedError

_UNREADABLE = (config.ConfigException, OSError, yaml.YAMLError, TypeError, KeyError, ValueError)
"""What the library raises about a kubeconfig that is missing, or is none."""
_HOME_KUBECONFIG = Path.home() / ".kube" / "config"


class Credentials:
    """Made by `load`, which is asked again when the server no longer knows us.

    `configuration` is the library's, which renews what it knows to expire.
    """

    def __init__(self, load: Callable[[], Configuration]) -> None:
        self._load = load
        self.configuration = load()

    @property
    def server(self) -> str:
        return str(self.configuration.host).rstrip("/")

    def authorization(self) -> str | None:
        """The Authorization header of now. May run an exec plugin or read a file: not for the event loop."""
        return self.configuration.get_api_key_with_prefix("BearerToken", alias="authorization")

    def renew(self) -> None:
        """Reads everything anew. Not for the event loop either."""
        self.configuration = self._load()

    def ssl_context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self.configuration.ssl_ca_cert)
        if self.configuration.cert_file:
            context.load_cert_chain(self.configuration.cert_file, self.configuration.key_file)
        if not self.configuration.verify_ssl:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context


def load_credentials(kubeconfig: str | None = None, context: str | None = None) -> Credentials:
    """In the order that people know: the named file, $KUBECONFIG, the pod's own, ~/.kube/config.

    Raises DeniedError if there are none.
    """
    return Credentials(lambda: _load(kubeconfig, context))


def _load(kubeconfig: str | None, context: str | None) -> Configuration:
    configuration = Configuration()
    configuration.proxy = None  # the environment's proxies are the HTTP client's to read
    try:
        if in_cluster(kubeconfig, context):
            config.load_incluster_config(configuration)  # type: ignore[no-untyped-call]
        else:
            path = kubeconfig or os.environ.get("KUBECONFIG") or str(_HOME_KUBECONFIG)
            config.load_kube_config(  # type: ignore[no-untyped-call]
                path, context, configuration, persist_config=False
            )
    except _UNREADABLE as error:
        raise DeniedError(f"no Kubernetes credentials: {error}") from None
    return configuration


def context_namespace(kubeconfig: str | None = None, context: str | None = None) -> str:
    """The namespace that kubectl would take: of the kubeconfig's context, or of the pod that we run in."""
    if in_cluster(kubeconfig, context):
        return own_namespace()
    path = kubeconfig or os.environ.get("KUBECONFIG") or str(_HOME_KUBECONFIG)
    try:
        contexts, active = config.list_kube_config_contexts(path)  # type: ignore[no-untyped-call]
    except _UNREADABLE:
        return "default"
    chosen = next((each for each in contexts if each["name"] == context), active)
    return str(chosen["context"].get("namespace") or "default")


def own_namespace(default: str = "default") -> str:
    """The namespace of the pod that we run in."""
    try:
        return Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace").read_text().strip() or default
    except OSError:
        return default


def in_cluster(kubeconfig: str | None = None, context: str | None = None) -> bool:
    """Whether `load_credentials` takes those of the pod that we run in."""
    named = kubeconfig or context or os.environ.get("KUBECONFIG")
    return not named and "KUBERNETES_SERVICE_HOST" in os.environ
