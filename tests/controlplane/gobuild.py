"""Builds the control plane from its published Go modules, by modules of ours that only import them.

`k8s.io/kubernetes` replaces its staging modules by relative paths, which are lost when it is a dependency;
so each `k8s.io/<staging>` is pinned to the version v0.x.y that was released with Kubernetes v1.x.y.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

Progress = Callable[[str], None]
GO_VERSION = "1.25"
STAGING = (
    "api", "apiextensions-apiserver", "apimachinery", "apiserver", "cli-runtime", "client-go",
    "cloud-provider", "cluster-bootstrap", "code-generator", "component-base", "component-helpers",
    "controller-manager", "cri-api", "cri-client", "csi-translation-lib", "dynamic-resource-allocation",
    "endpointslice", "externaljwt", "kms", "kube-aggregator", "kube-controller-manager", "kube-proxy",
    "kube-scheduler", "kubectl", "kubelet", "metrics", "mount-utils", "pod-security-admission",
    "sample-apiserver", "sample-cli-plugin", "sample-controller",
)  # fmt: skip
KUBERNETES_COMMANDS = ("kube-apiserver", "kubectl", "kube-controller-manager")


def build_assets(directory: Path, kubernetes: str, etcd: str, progress: Progress) -> None:
    """Leaves the binaries in `directory`. Raises RuntimeError that says what failed."""
    if shutil.which("go") is None:
        raise RuntimeError("go, to build them from source, is not installed")
    progress(f"building Kubernetes {kubernetes} and etcd {etcd} from source, once; this takes minutes")
    packages = {name: f"k8s.io/kubernetes/cmd/{name}" for name in KUBERNETES_COMMANDS}
    replaces = {f"k8s.io/{name}": f"v0.{kubernetes.removeprefix('1.')}" for name in STAGING}
    module = directory / "src" / "kubernetes"
    _write_module(module, "k8s.io/kubernetes", f"v{kubernetes}", packages, replaces)
    _build(module, directory, packages, _stamp(kubernetes), progress)
    module, packages = directory / "src" / "etcd", {"etcd": "go.etcd.io/etcd/server/v3"}
    _write_module(module, "go.etcd.io/etcd/server/v3", f"v{etcd}", packages, {})
    _build(module, directory, packages, "-s -w", progress)
    shutil.rmtree(directory / "src")


def _stamp(kubernetes: str) -> str:
    """Linker flags that make the binaries say which version they are."""
    version, minor = "k8s.io/component-base/version", kubernetes.split(".")[1]
    values = {"gitVersion": f"v{kubernetes}", "gitMajor": "1", "gitMinor": minor, "gitTreeState": "clean"}
    return " ".join(["-s -w", *(f"-X {version}.{name}={value}" for name, value in values.items())])


def _write_module(
    module: Path, required: str, version: str, packages: Mapping[str, str], replaces: Mapping[str, str]
) -> None:
    module.mkdir(parents=True, exist_ok=True)
    lines = ["module praetor.invalid/controlplane", f"go {GO_VERSION}", f"require {required} {version}"]
    lines += [f"replace {name} => {name} {pinned}" for name, pinned in replaces.items()]
    (module / "go.mod").write_text("\n".join(lines) + "\n")
    imports = "\n".join(f'import _ "{package}"' for package in packages.values())
    (module / "tools.go").write_text(f"//go:build tools\n\npackage tools\n\n{imports}\n")


def _build(module: Path, directory: Path, packages: Mapping[str, str], flags: str, progress: Progress) -> None:
    _go(module, "mod", "tidy")
    for name, package in packages.items():
        begun, unfinished = time.monotonic(), directory / f".{name}"
        _go(module, "build", "-trimpath", "-ldflags", flags, "-o", str(unfinished), package)
        unfinished.replace(directory / name)
        progress(f"built {name} in {time.monotonic() - begun:.0f} s")


def _go(module: Path, *arguments: str) -> None:
    environment = os.environ | {"CGO_ENABLED": "0", "GOFLAGS": "", "GOWORK": "off"}
    done = subprocess.run(["go", *arguments], cwd=module, env=environment, capture_output=True, text=True)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise RuntimeError(f"`go {' '.join(arguments[:2])}` failed: {last}")
