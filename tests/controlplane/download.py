"""Downloads the official envtest binaries: the index names the archives and their SHA-512.

The tests cover the reading of index and archive, not the download itself: it needs access to GitHub.
"""

import hashlib
import io
import platform
import tarfile
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

INDEX_URL = "https://raw.githubusercontent.com/kubernetes-sigs/controller-tools/HEAD/envtest-releases.yaml"
WANTED = ("etcd", "kube-apiserver", "kubectl")
LIMIT_BYTES = 500 * 2**20
TIMEOUT_SECONDS = 20
_MACHINES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


def download_assets(directory: Path, kubernetes: str, progress: Callable[[str], None]) -> None:
    """Leaves the binaries in `directory`. Raises RuntimeError that says what failed."""
    machine = _MACHINES.get(platform.machine().lower(), platform.machine())
    try:
        url, sha512 = archive(yaml.safe_load(_fetch(INDEX_URL)), kubernetes, platform.system().lower(), machine)
        progress(f"downloading {url}")
        unpack(_fetch(url), sha512, directory)
    except (OSError, urllib.error.URLError, yaml.YAMLError, tarfile.TarError) as problem:
        raise RuntimeError(f"the envtest download failed: {problem}") from None


def archive(index: Any, kubernetes: str, system: str, machine: str) -> tuple[str, str]:
    """(address, SHA-512) of the newest release of that Kubernetes minor version."""
    minor = ".".join(kubernetes.split(".")[:2])
    releases = [version for version in index["releases"] if version.startswith(f"v{minor}.")]
    if not releases:
        raise RuntimeError(f"envtest has no release of Kubernetes {minor}")
    newest = max(releases, key=lambda version: int(version.rsplit(".", 1)[1]))
    name = f"envtest-{newest}-{system}-{machine}.tar.gz"
    entry = index["releases"][newest].get(name)
    if entry is None:
        raise RuntimeError(f"envtest {newest} has no archive {name}")
    return entry["selfLink"], entry["hash"]


def unpack(data: bytes, sha512: str, directory: Path) -> None:
    """Writes the wanted binaries. Raises RuntimeError unless all is as the index promises."""
    if hashlib.sha512(data).hexdigest() != sha512:
        raise RuntimeError("the envtest archive is not what its index says (SHA-512 differs)")
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        members = {Path(member.name).name: member for member in tar.getmembers() if member.isfile()}
        for name in WANTED:
            if name not in members:
                raise RuntimeError(f"the envtest archive has no {name}")
            _write(tar, members[name], directory / name)


def _write(tar: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> None:
    source, unfinished = tar.extractfile(member), path.with_name(f".{path.name}")
    assert source is not None, "a regular file has content"
    with source:
        unfinished.write_bytes(source.read())
    unfinished.chmod(0o755)
    unfinished.replace(path)


def _fetch(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as answer:
        data = answer.read(LIMIT_BYTES + 1)
    if len(data) > LIMIT_BYTES:
        raise RuntimeError(f"{url} is larger than {LIMIT_BYTES >> 20} MiB")
    return bytes(data)
