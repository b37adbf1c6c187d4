"""A real etcd and kube-apiserver on loopback, with authentication and authorisation as in a cluster.

Nothing else runs: no scheduler, no nodes, and no controllers unless asked for; what a test sees is its own
doing.
"""

import json
import os
import secrets
import shutil
import ssl
import subprocess
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.controlplane.processes import NotReadyError, free_port, start, stop, wait_ready

READY_SECONDS = 240.0
USERS: Mapping[str, Sequence[str]] = {"admin": ["system:masters"], "alice": [], "bob": [], "carol": []}
"""Who can come in, and their groups: all but the admin begin without rights."""


@dataclass
class ControlPlane:
    """A running API server. Its files, kubeconfigs and logs live in `directory`."""

    assets: Path
    directory: Path
    url: str = ""
    tokens: dict[str, str] = field(default_factory=dict)
    _processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def kubeconfig(self) -> Path:
        return self.kubeconfig_of("admin")

    @property
    def admin_token(self) -> str:
        return self.tokens["admin"]

    @property
    def ca(self) -> Path:
        """The certificates to trust; the server made them for itself."""
        return self.directory / "certs" / "apiserver.crt"

    def kubeconfig_of(self, user: str) -> Path:
        """The kubeconfig of one of USERS, for processes to read; written once, for they may be reading it."""
        path = self.directory / f"{user}.kubeconfig"
        if not path.exists():
            fresh = path.with_suffix(f".{os.getpid()}")
            fresh.write_text(json.dumps(kubeconfig(self.url, self.ca, self.tokens[user])))
            fresh.chmod(0o600)
            fresh.rename(path)
        return path

    def kubectl(
        self, *arguments: str, input: str | None = None, user: str = "admin", check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Runs kubectl; with `check` a failure raises AssertionError that has its words."""
        command = [str(self.assets / "kubectl"), "--kubeconfig", str(self.kubeconfig_of(user)), *arguments]
        home = {"HOME": str(self.directory), "PATH": "/usr/bin:/bin"}
        done = subprocess.run(command, input=input, capture_output=True, text=True, timeout=300, env=home)
        assert not check or done.returncode == 0, f"kubectl {' '.join(arguments)}: {done.stderr}"
        return done

    def kubectl_json(self, *arguments: str, **options: Any) -> Any:
        return json.loads(self.kubectl(*arguments, "-o", "json", **options).stdout)

    def start(self) -> None:
        """Raises NotReadyError; nothing is left running then."""
        try:
            self._start_apiserver(self._start_etcd())
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        while self._processes:
            stop(self._processes.pop())

    def start_controllers(self) -> None:
        """The garbage collector and what namespaces and service accounts need."""
        program, log = self.assets / "kube-controller-manager", self.directory / "controllers.log"
        arguments = [
            str(program), f"--kubeconfig={self.kubeconfig}", "--leader-elect=false",
            "--bind-address=127.0.0.1", f"--secure-port={free_port()}",
            f"--cert-dir={self.directory / 'controllers'}",
            "--controllers=garbage-collector-controller,namespace-controller,serviceaccount-controller",
            f"--service-account-private-key-file={self._signing_key}", f"--root-ca-file={self.ca}",
        ]  # fmt: skip
        process = start(arguments, log)
        self._processes.append(process)
        wait_ready(process, log, self._has_default_account, READY_SECONDS)

    @property
    def _signing_key(self) -> Path:
        return self.directory / "certs" / "apiserver.key"

    def _has_default_account(self) -> bool:
        return self.kubectl("get", "serviceaccount", "default", "-n", "default", check=False).returncode == 0

    def _start_etcd(self) -> str:
        client, peer = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
        log = self.directory / "etcd.log"
        arguments = [
            str(self.assets / "etcd"), f"--data-dir={self.directory / 'etcd'}", "--unsafe-no-fsync",
            f"--listen-client-urls={client}", f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}", f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}", "--log-level=warn",
        ]  # fmt: skip
        process = start(arguments, log)
        self._processes.append(process)
        wait_ready(process, log, lambda: _answers(f"{client}/health"), READY_SECONDS)
        return client

    def _start_apiserver(self, etcd: str) -> None:
        port, log = free_port(), self.directory / "kube-apiserver.log"
        self.url = f"https://127.0.0.1:{port}"
        self.tokens = {user: secrets.token_hex(16) for user in USERS}
        process = start([str(self.assets / "kube-apiserver"), *self._apiserver_flags(etcd, port)], log)
        self._processes.append(process)
        wait_ready(process, log, self._is_ready, READY_SECONDS)

    def _apiserver_flags(self, etcd: str, port: int) -> list[str]:
        certs, key = self.directory / "certs", self._signing_key
        return [
            f"--etcd-servers={etcd}", "--bind-address=127.0.0.1", "--advertise-address=127.0.0.1",
            f"--secure-port={port}", "--endpoint-reconciler-type=none", f"--cert-dir={certs}",
            f"--token-auth-file={self._token_file()}", "--authorization-mode=RBAC",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={key}", f"--service-account-signing-key-file={key}",
            "--disable-admission-plugins=ServiceAccount", "--service-cluster-ip-range=10.0.0.0/24",
            "--allow-privileged=true", "--profiling=false",
        ]  # fmt: skip

    def _token_file(self) -> Path:
        path = self.directory / "tokens.csv"
        rows = [f'{self.tokens[user]},{user},{user},"{",".join(groups)}"' for user, groups in USERS.items()]
        path.write_text("\n".join(rows) + "\n")
        path.chmod(0o600)
        return path

    def _is_ready(self) -> bool:
        return self.ca.exists() and _answers(f"{self.url}/readyz", ca=self.ca, token=self.admin_token)


def start_control_plane(assets: Path, directory: Path, attempts: int = 3) -> ControlPlane:
    """A running control plane. A free port can be taken before it is used, hence the attempts."""
    for attempt in range(1, attempts + 1):
        server = ControlPlane(assets, directory / f"attempt-{attempt}")
        server.directory.mkdir(parents=True)
        try:
            server.start()
        except NotReadyError:
            if attempt == attempts:
                raise
            shutil.rmtree(server.directory)
        else:
            return server
    raise ValueError(f"attempts is {attempts}; at least one is needed")


def kubeconfig(url: str, ca: Path, token: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "test", "cluster": {"server": url, "certificate-authority": str(ca)}}],
        "users": [{"name": "test", "user": {"token": token}}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test", "namespace": "default"}}],
        "current-context": "test",
    }


def _answers(url: str, ca: Path | None = None, token: str = "") -> bool:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"} if token else {})
    handlers: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler({})]
    if ca:
        handlers.append(urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=str(ca))))
    try:
        with urllib.request.build_opener(*handlers).open(request, timeout=30) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False
