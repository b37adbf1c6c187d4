"""What an installation lives through: killed pods, upgrades, removal, fewer rights; and one without Helm."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.cluster import CHART, Namespace, Release, eventually, run, run_manifest

pytestmark = pytest.mark.timeout(1800)

CRD = "incidentruns.praetor.dev"
BASE = CHART.parents[1] / "manifests" / "base"


@pytest.fixture
def uninstalled(namespace: Namespace, image: str) -> Iterator[Release]:
    """A release that the test installs; afterwards it, the CRDs and the policy beside them are gone."""
    release = Release(namespace, image)
    yield release
    if release.name in run("helm", "list", "--namespace", namespace.name, "--short"):
        release.uninstall()
    run("kubectl", "delete", "--ignore-not-found", "--timeout=300s", "-f", str(CHART.parents[1] / "crds"))


def crds() -> list[str]:
    return [f"{plural}.praetor.dev" for plural in ("incidentruns", "incidentscenarios", "targetsites")]


def installed_crds() -> set[str]:
    names = run("kubectl", "get", "crd", "-o", "name").split()
    return {name.partition("/")[2] for name in names} & set(crds())


def pods(namespace: Namespace) -> set[str]:
    return {pod["metadata"]["uid"] for pod in namespace.items("pods")}


def outcome(manifest: dict[str, Any]) -> Any:
    return manifest["status"]["result"], manifest["status"]["steps"], manifest["status"]["cause"]


def test_runs_survive_an_operator_that_is_killed_under_them(uninstalled: Release) -> None:
    namespace = uninstalled.namespace
    uninstalled.install("--set", "operator.replicas=2")
    runs = [f"irun/killed-{seed}" for seed in range(12)]
    namespace.apply(*(run_manifest(f"killed-{seed}", seed=seed) for seed in range(12)))
    eventually(lambda: "Complete" in namespace.kubectl("get", "irun"))
    kill = ("delete", "pod", "--force", "--grace-period=0", "-l", "app.kubernetes.io/component=operator")
    namespace.kubectl(*kill)
    namespace.wait_for("Complete", *runs)

    namespace.apply(*(run_manifest(f"calm-{seed}", seed=seed) for seed in range(12)))
    namespace.wait_for("Complete", *(f"irun/calm-{seed}" for seed in range(12)))
    for seed in range(12):
        killed, calm = (namespace.get("irun", f"{kind}-{seed}") for kind in ("killed", "calm"))
        assert outcome(killed) == outcome(calm), seed


def test_an_upgrade_that_changes_nothing_restarts_nothing_and_keeps_the_token(uninstalled: Release) -> None:
    uninstalled.install()
    before, token = pods(uninstalled.namespace), uninstalled.token()

    uninstalled.upgrade()

    assert uninstalled.token() == token
    assert pods(uninstalled.namespace) == before


def test_uninstalling_leaves_crds_and_runs_and_the_next_release_goes_on_with_them(
    uninstalled: Release,
) -> None:
    namespace = uninstalled.namespace
    uninstalled.install()
    namespace.apply(run_manifest("kept", seed=3))
    namespace.wait_for("Complete", "irun/kept")
    kept = namespace.get("irun", "kept")

    uninstalled.uninstall()
    assert installed_crds() == set(crds())
    assert namespace.get("irun", "kept") == kept

    namespace.apply(run_manifest("meanwhile"))
    uninstalled.install("--set", "crds.keep=false")
    namespace.wait_for("Complete", "irun/meanwhile")
    assert namespace.get("irun", "kept")["status"] == kept["status"]

    uninstalled.uninstall()
    eventually(lambda: not installed_crds())


def test_an_operator_of_named_namespaces_works_there_and_nowhere_else(
    uninstalled: Release, elsewhere: Namespace
) -> None:
    apart = Namespace("default")
    uninstalled.install("--set", f"watchNamespaces={{{elsewhere.name}}}")
    try:
        apart.apply(run_manifest("ignored"))
        elsewhere.apply(run_manifest("watched"))
        elsewhere.wait_for("Complete", "irun/watched")
        assert "status" not in apart.get("irun", "ignored")
    finally:
        apart.kubectl("delete", "irun", "ignored", "--ignore-not-found")


def test_the_manifests_without_helm_run_too(
    uninstalled: Release, elsewhere: Namespace, image: str, tmp_path: Path
) -> None:
    name, _, tag = image.rpartition(":")
    overlay = {
        "resources": [os.path.relpath(BASE, tmp_path)],
        "namespace": elsewhere.name,
        "images": [{"name": "praetor", "newName": name, "newTag": tag}],
    }
    (tmp_path / "kustomization.yaml").write_text(json.dumps(overlay))
    run("kubectl", "apply", "--server-side", "-f", str(CHART.parents[1] / "crds"))
    elsewhere.kubectl("create", "secret", "generic", "praetor-webhook", "--from-literal=token=from-a-test")
    run("kubectl", "apply", "-k", str(tmp_path))
    try:
        elsewhere.wait_for("Available", "deployment/praetor-operator", "deployment/praetor-gateway")
        elsewhere.apply(run_manifest("plain"))
        elsewhere.wait_for("Complete", "irun/plain")
    finally:
        run("kubectl", "delete", "-k", str(tmp_path), "--timeout=300s")
