"""`praetor doctor` against a real API server."""

import json
import socket

import pytest
from typer.testing import CliRunner

from praetor.cli.main import app
from tests.controlplane.server import ControlPlane


@pytest.fixture
def states(monkeypatch: pytest.MonkeyPatch):
    def of(server: ControlPlane) -> dict[str, str]:
        monkeypatch.setenv("KUBECONFIG", str(server.kubeconfig))
        with socket.create_server(("127.0.0.1", 0)) as probe:
            free = probe.getsockname()[1]
        result = CliRunner().invoke(app, ["doctor", "--port", str(free), "-o", "json"])
        assert result.exit_code == 0, result.stderr
        return {check["name"]: check["state"] for check in json.loads(result.stdout)}

    return of


def test_the_doctor_reaches_the_cluster_and_finds_the_kinds_established(states, crds_installed):
    found = states(crds_installed)
    assert found["cluster"] == "ok"
    kinds = {name: state for name, state in found.items() if name.startswith("CRD ")}
    assert kinds == {"CRD incidentruns": "ok", "CRD incidentscenarios": "ok", "CRD targetsites": "ok"}
    assert found["approvals"] == "ok"


def test_the_doctor_misses_a_kind_that_is_not_installed(states, crds_installed, monkeypatch):
    monkeypatch.setattr("praetor.cli.cluster_checks.GROUP", "elsewhere.dev")
    assert states(crds_installed)["CRD incidentruns"] == "missing"
