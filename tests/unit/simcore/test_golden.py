"""Golden transcripts: the same scenario, seed and difficulty give the same bytes, on any machine of this kind."""

import os
import platform
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.golden import FOLDER
from tests.support.playing import FAMILIES

ROOT = Path(__file__).parents[3]


@pytest.mark.skipif(
    (platform.system(), platform.machine()) != ("Linux", "x86_64"),
    reason="golden bytes bind on Linux x86-64 only: the last bits of libm differ elsewhere",
)
def test_a_fresh_process_plays_the_golden_transcripts(tmp_path):
    env = os.environ | {"NUMBA_CPU_NAME": "generic", "NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    command = [sys.executable, "-m", "tests.support.golden", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, env=env, check=True, timeout=240)
    for family in FAMILIES:
        played, golden = (tmp_path / f"{family}.jsonl").read_text(), (FOLDER / f"{family}.jsonl").read_text()
        assert played == golden, f"{family} plays differently; if that was meant: python -m tests.support.golden"


def test_no_test_and_no_tuning_uses_a_seed_of_the_test_range():
    seed_of_the_test_range = re.compile(r"\b2_?[0-9]{3}_?[0-9]{3}\b")
    for path in [*ROOT.glob("tests/**/*.py"), *ROOT.glob("simcore/**/*.yaml"), *ROOT.glob("simcore/policies/*.py")]:
        found = seed_of_the_test_range.findall(path.read_text())
        assert not found, f"{path.relative_to(ROOT)}: {found}"
