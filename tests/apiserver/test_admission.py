"""What the API server stores and what it refuses, and that a refusal names the field."""

import json
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.controlplane.server import ControlPlane
from tests.support.controlplane_objects import REFUSALS, RUN_DEFAULTS, Manifest, Refusal, alert_run, run, scenario, site

ROOT = Path(__file__).parents[2]
SAMPLES = sorted((ROOT / "manifests" / "samples").rglob("*.yaml"))
LIBRARY = sorted((ROOT / "simcore" / "scenarios" / "library").glob("*.yaml"))

pytestmark = pytest.mark.usefixtures("crds_installed")


def apply(server: ControlPlane, namespace: str, manifest: Manifest) -> CompletedProcess[str]:
    return server.kubectl("apply", "-n", namespace, "-f", "-", input=json.dumps(manifest), check=False)


def test_there_are_samples() -> None:
    assert {"oom-1.yaml", "db-pool-1.yaml", "bad-deploy-1.yaml"} <= {path.name for path in SAMPLES}


@pytest.mark.parametrize("path", [*SAMPLES, *LIBRARY], ids=lambda path: path.name)
def test_a_shipped_file_applies(apiserver: ControlPlane, namespace: str, path: Path) -> None:
    done = apiserver.kubectl("apply", "-n", namespace, "-f", str(path))
    assert " created" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.title)
def test_a_bad_object_is_refused_by_the_field_s_name(apiserver: ControlPlane, namespace: str, refusal: Refusal) -> None:
    done = apply(apiserver, namespace, refusal.manifest)
    assert done.returncode == 1
    assert [word for word in refusal.words if word not in done.stderr] == [], done.stderr


@pytest.mark.parametrize(
    "manifest",
    [
        run("r" * 52),
        run(seed=2**31 - 1, split="test", difficulty=1, maxSteps=200),
        run(scenarioRef={"kind": "IncidentScenario", "name": "oom_crash"}),
        run(target={"siteRef": {"name": "shop"}}),
        alert_run(labels={"a" * 100: "b" * 200}, startsAt="2026-01-31T12:00:00.123456789+01:00"),
        alert_run(title="\N{SNOWMAN}" * 200),
        scenario("s" * 63),
        site(),
    ],
    ids=lambda manifest: f"{manifest['kind']} {sorted(manifest['spec'])}",
)
def test_an_object_at_the_limits_is_stored(apiserver: ControlPlane, namespace: str, manifest: Manifest) -> None:
    assert apply(apiserver, namespace, manifest).stderr == ""


def test_defaults_are_filled_in(apiserver: ControlPlane, namespace: str) -> None:
    apply(apiserver, namespace, run())
    stored = apiserver.kubectl_json("get", "irun", "a-run", "-n", namespace)
    assert stored["spec"] == RUN_DEFAULTS | {"scenarioRef": {"kind": "Library", "name": "oom-crash"}, "seed": 0}
    assert "status" not in stored
