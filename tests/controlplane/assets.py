"""Where the binaries of a real API server come from: the environment, the cache, Go modules, or the download.

`etcd`, `kube-apiserver` and `kubectl` must be there (the convention of envtest). `kube-controller-manager`,
whose garbage collector some tests need, is there only when the environment or the Go build has it.
"""

import fcntl
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.controlplane.download import download_assets
from tests.controlplane.gobuild import build_assets

KUBERNETES_VERSION = "1.34.4"
ETCD_VERSION = "3.6.5"
REQUIRED = ("etcd", "kube-apiserver", "kubectl")
ENVIRONMENT = "KUBEBUILDER_ASSETS"


class AssetsMissingError(Exception):
    """No API server can be had here; the text says what was tried."""


def find_assets() -> Path:
    """The directory of the binaries, made on the first call: minutes, with progress on stderr."""
    if named := os.environ.get(ENVIRONMENT):
        return _named(Path(named).expanduser())
    cache = cache_directory()
    with _lock(cache):
        return cache if _complete(cache) else _made(cache)


def cache_directory() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "praetor" / "controlplane" / KUBERNETES_VERSION


def missing(directory: Path) -> list[str]:
    return [name for name in REQUIRED if not os.access(directory / name, os.X_OK)]


def _complete(directory: Path) -> bool:
    return not missing(directory)


def _named(directory: Path) -> Path:
    if absent := missing(directory):
        raise AssetsMissingError(f"{ENVIRONMENT} is {directory}, which has no {', '.join(absent)}")
    return directory


def _made(cache: Path) -> Path:
    ways: list[Callable[[Path], None]] = [
        lambda to: build_assets(to, KUBERNETES_VERSION, ETCD_VERSION, progress),
        lambda to: download_assets(to, KUBERNETES_VERSION, progress),
    ]
    failures = []
    for way in ways:
        try:
            way(cache)
            return cache
        except RuntimeError as problem:
            failures.append(str(problem))
            progress(str(problem))
    raise AssetsMissingError(f"no etcd and kube-apiserver: {ENVIRONMENT} is not set; {'; '.join(failures)}")


def progress(text: str) -> None:
    print(f"controlplane: {text}", file=sys.stderr, flush=True)


@contextmanager
def _lock(cache: Path) -> Iterator[None]:
    """Two test processes on one machine make the binaries once."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / ".lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
