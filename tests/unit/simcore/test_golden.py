"""Golden transcripts: the same scenario, seed and difficulty give the same bytes, on any machine of this kind."""

import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.golden import FOLDER
from tests.support.playing import FAMILIES

ROOT = Path(__file__).parents[3]
NAMES_THE_TEST_RANGE = re.compile(r"\bsplit\b.*\btest\b|\bSPLITS\b")
MAY_NAME_THE_TEST_RANGE = {
    "tests/apiserver/test_admission.py",
    "tests/apiserver/test_admission_changes.py",
    "tests/support/controlplane_objects.py",
    "tests/unit/simcore/test_determinism.py",
    "tests/unit/simcore/test_golden.py",
    "tests/unit/simcore/test_seeds.py",
}


@pytest.mark.skipif(
    (platform.system(), platform.machine()) != ("Linux", "x86_64"),
    reason="golden bytes bind on Linux x86-64 only: the last bits of libm differ elsewhere",
)
@pytest.mark.timeout(1200)  # for hangs: its kernel is compiled anew, beside whatever else the machine does
def test_a_fresh_process_plays_the_golden_transcripts(tmp_path):
    env = os.environ | {"NUMBA_CPU_NAME": "generic", "NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    command = [sys.executable, "-m", "tests.support.golden", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, env=env, check=True)
    for family in FAMILIES:
        played, golden = (tmp_path / f"{family}.jsonl").read_text(), (FOLDER / f"{family}.jsonl").read_text()
        assert played == golden, f"{family} plays differently; if that was meant: python -m tests.support.golden"


def files_of_tests_and_tuning() -> Iterator[tuple[str, str]]:
    for pattern in ("tests/**/*.py", "simcore/**/*.yaml", "simcore/policies/*.py", "manifests/samples/*.yaml"):
        for path in ROOT.glob(pattern):
            yield str(path.relative_to(ROOT)), path.read_text()


def test_no_test_and_no_tuning_uses_a_seed_of_the_test_range():
    seed_of_the_test_range = re.compile(r"\b2_?[0-9]{3}_?[0-9]{3}\b")
    for path, text in files_of_tests_and_tuning():
        found = seed_of_the_test_range.findall(text)
        assert not found, f"{path}: {found}"


@pytest.mark.parametrize("text", ['split="test"', "split: test", '{"split": "test"}', '"--split", "test"', "SPLITS"])
def test_the_test_range_is_recognised_by_its_name(text):
    assert NAMES_THE_TEST_RANGE.search(text)


def test_the_test_range_is_named_only_where_its_arithmetic_or_its_admission_is_tested():
    naming = {path for path, text in files_of_tests_and_tuning() if NAMES_THE_TEST_RANGE.search(text)}
    assert naming == MAY_NAME_THE_TEST_RANGE
