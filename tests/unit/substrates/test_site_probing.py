"""A probe of a site: what is busy is asked again, and one bad answer costs nothing but itself."""

from typing import Any

import pytest

from praetor.guard.errors import UnreachableError
from praetor.guard.targets import SiteRequest
from praetor.substrates.site.probing import MOST_SILENT, Probed, probe
from tests.support.small_site import SmallSite


def probed(site: SmallSite) -> tuple[Probed, dict[str, str]]:
    """With what it says of each endpoint by its name."""
    found = probe(SiteRequest("shop", site.url, allow=(str(site.port),)))
    told = found.conformance.endpoints
    return found, {one.endpoint.rpartition("/")[2]: f"{one.verdict} {one.problem}" for one in told}


def test_what_fails_for_a_moment_is_asked_again(site: SmallSite) -> None:
    site.first = {"/ops/health": [None], "/ops/metrics": [(503, {}), None], "/ops/heal": [(502, {})]}
    found, told = probed(site)
    assert found.conformance.complete
    assert {told[name] for name in ("health", "metrics")} == {"Conformant "}
    assert "it is there" in told["heal"]


def test_a_change_that_stays_busy_is_said_to_be_busy(site: SmallSite) -> None:
    site.answers["/ops/scale"] = (503, {})
    _, told = probed(site)
    assert told["scale"] == "Untried OPTIONS: status 503, which does not say whether it is there"


def test_a_log_that_is_too_large_is_the_logs_fault_alone(site: SmallSite) -> None:
    site.logs |= {"api": ["x" * 20_000] * 400, "postgres": ["[ERROR] postgres - deadlock detected"]}
    found, told = probed(site)
    assert told["logs"].startswith("WrongShape api: ")
    assert "more than" in told["logs"]
    assert found.look is not None
    lines = {name: len(one.lines) for name, one in found.look.by_name.items()}
    assert lines == {"frontend": 0, "api": 0, "postgres": 1}


@pytest.mark.parametrize("bad", [{"cpu_percent": "much"}, None])
def test_figures_of_one_service_that_are_wrong_hide_no_others(site: SmallSite, bad: Any) -> None:
    site.metrics["api"] = bad
    found, told = probed(site)
    assert told["metrics"].startswith("WrongShape api: ")
    assert found.look is not None
    assert {name: one.figures.memory_mb for name, one in found.look.by_name.items()} == {
        "frontend": 100.0, "api": None, "postgres": 100.0
    }  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ((200, {"services": [{"name": "api", "version": "build 7"}]}), "services[0].version"),
        ((500, {}), "status 500"),
        (None, "Server disconnected"),
    ],
)
def test_an_optional_list_that_is_wrong_is_said_to_be(site: SmallSite, answer: Any, problem: str) -> None:
    site.answers["/ops/services"] = answer
    found, told = probed(site)
    assert told["services"].startswith("WrongShape")
    assert problem in told["services"]
    assert found.look is not None


@pytest.mark.parametrize("path", ["/ops/metrics", "/ops/logs"])
def test_a_read_that_gets_no_answer_hides_nothing_of_what_health_tells(site: SmallSite, path: str) -> None:
    site.answers[path] = None
    site.health["api"] = "crashed"
    found, told = probed(site)
    assert told[path.rpartition("/")[2]].startswith("WrongShape frontend: ")
    assert found.look is not None
    assert found.look.by_name["api"].health == "crashed"
    assert not found.conformance.conforms


def test_a_change_that_gets_no_answer_is_not_tried(site: SmallSite) -> None:
    site.answers["/ops/scale"] = None
    found, told = probed(site)
    assert told["scale"].startswith("Untried ")
    assert "Server disconnected" in told["scale"]
    assert found.look is not None


def test_what_stays_silent_is_not_waited_for_again_and_again(site: SmallSite) -> None:
    """So that a probe of a site half of which hangs ends in time."""
    site.answers |= {f"/ops/{name}": None for name in ("metrics", "logs", "restart", "scale", "rollback")}
    found, told = probed(site)
    assert found.look is not None
    asked = [path for path in site.asked if "health" not in path and "services" not in path]
    assert len(asked) == 3 * MOST_SILENT
    assert told["logs"] == "WrongShape not asked, since 3 requests got no answer"
    assert told["scale"] == "Untried not asked, since 3 requests got no answer"


def test_a_site_whose_health_gets_no_answer_is_not_reached(site: SmallSite) -> None:
    site.answers["/ops/health"] = None
    with pytest.raises(UnreachableError):
        probed(site)
