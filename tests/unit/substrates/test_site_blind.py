"""A site of which one service cannot be read: the others are seen as before, and what could not be read is said."""

import pytest

from simcore.observation import Check
from tests.support.playing import do
from tests.support.site_episodes import DECLARE


def checks(substrate, service: str, command: str) -> dict[str, Check]:
    observation = substrate.step(do("run_diagnostic", service, command=command)).observation
    assert observation.error is None
    return {check.name: check for check in observation.payload.checks}


@pytest.fixture
def blind(site, connect):
    """The api tells no figures; its log speaks."""
    site.metrics["api"] = {"cpu_percent": "much"}
    site.logs["api"] = ["[ERROR] api - No space left on device"]
    substrate = connect()
    substrate.reset()
    return substrate


@pytest.mark.parametrize(("health", "ok"), [("healthy", True), ("degraded", True), ("unhealthy", False)])
def test_the_health_of_a_neighbour_stands_for_figures_that_cannot_be_read(site, blind, health, ok):
    site.health["api"] = health
    found = checks(blind, "frontend", "check_connectivity")
    assert found["connect api"].ok is ok
    assert found["connect api"].detail == f"{health}, which stands for figures that could not be read"
    assert found["metrics of api"].detail.startswith("could not be read: GET /ops/metrics: cpu_percent")


def test_of_itself_the_rest_is_seen(blind):
    found = checks(blind, "api", "check_health")
    assert found["readiness"].ok
    assert not found["disk writes"].ok
    assert "requests" not in found
    assert "memory" not in checks(blind, "api", "check_resources")


def test_a_log_that_cannot_be_read_hides_no_figures(site, connect):
    site.logs |= {"api": [1, 2], "frontend": ["[ERROR] frontend - api: could not resolve host: api.internal"]}
    substrate = connect()
    substrate.reset()
    found = checks(substrate, "api", "check_health")
    assert found["log of api"].detail.startswith("could not be read: GET /ops/logs: logs[0]")
    assert found["requests"].detail == "0.0 % fail"
    assert not checks(substrate, "frontend", "check_dns")["resolve"].ok


def test_no_answer_is_no_evidence_about_names(site, connect):
    """The words of the client would be read as the service's."""
    substrate = connect()
    substrate.reset()
    site.answers["/ops/metrics"] = None
    assert (
        checks(substrate, "frontend", "check_health")["metrics of api"].detail
        == "could not be read: there is no answer"
    )


def test_services_behind_one_that_cannot_be_read_are_measured_and_the_verdict_says_which_is_not(site, virtual, blind):
    virtual.then = [(virtual.now + 1.0, lambda: site.metrics["postgres"].update(memory_mb=300.0))]
    blind.step(DECLARE)
    assert {one.name: one.memory_mb for one in blind.snapshot().services}["postgres"] == 300.0
    notes = blind.verdict().notes
    assert [note for note in notes if note.startswith("api: its figures could not be read at last: GET /ops/metrics")]


def test_a_service_that_can_be_read_again_is_not_told(site, blind):
    site.metrics["api"] = dict(site.metrics["frontend"])
    blind.step(DECLARE)
    assert blind.verdict().notes == ()
    assert blind.verdict().resolved
