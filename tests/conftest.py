"""What all tests share: who runs which file when, and a line about each rung that could not be climbed here."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

TESTS = Path(__file__).parent

pytest.register_assert_rewrite("tests.support")
settings.register_profile("anywhere", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("anywhere")  # an example may take its time, as on a machine that others use too


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):
        from tests.support.both_ends import step_back

        step_back(config.workerinput["workerid"])


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):  # of pytest-xdist; in one process, the order in which they are found is plainer
        from tests.support.both_ends import waiting_first

        waiting_first(items, TESTS)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    from tests.support.both_ends import BothEnds

    return BothEnds(config, log) if config.getoption("dist") == "loadfile" else None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for (rung, reason), count in sorted(_skipped(terminalreporter, config.rootpath).items()):
        tests = "1 test" if count == 1 else f"{count} tests"
        terminalreporter.write_line(f"tests/{rung}: {tests} did not run here: {reason}", yellow=True)


def _skipped(reporter: pytest.TerminalReporter, root: Path) -> Counter[tuple[str, str]]:
    """How many tests of which rung were skipped, by reason."""
    found: Counter[tuple[str, str]] = Counter()
    for report in reporter.stats.get("skipped", []):
        path = root / report.nodeid.split("::")[0]
        if path.is_relative_to(TESTS) and isinstance(report.longrepr, tuple):
            reason = report.longrepr[2].removeprefix("Skipped: ")
            found[path.relative_to(TESTS).parts[0], reason] += 1
    return found
