"""What all tests share: a line, before the summary, about each rung that could not be climbed here."""

from collections import Counter
from pathlib import Path

import pytest

TESTS = Path(__file__).parent

pytest.register_assert_rewrite("tests.support")


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
