"""A rung that cannot be climbed is named before the summary, with the number of its tests and the reason."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
TARGET = "tests/apiserver/test_controlplane.py"


def test_skipped_tests_are_counted_with_their_reason_before_the_summary(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", TARGET, "-p", "no:cacheprovider", f"--basetemp={tmp_path / 'base'}"],
        cwd=ROOT,
        env=os.environ | {"KUBEBUILDER_ASSETS": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout
    line = re.search(r"^tests/apiserver: (\d+) tests did not run here: KUBEBUILDER_ASSETS is .*$", done.stdout, re.M)
    assert line is not None, done.stdout
    assert f"{line[1]} skipped" in done.stdout
    assert line.start() < done.stdout.index("short test summary info")
