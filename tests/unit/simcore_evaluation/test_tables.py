"""The tables of an evaluation: every family and difficulty has its place, and the counts are added up."""

import json
import subprocess
import sys

import pytest

from simcore.evaluation.tables import by_family, summary


def row(policy, family, difficulty, resolved, episodes=200):
    return {
        "policy": policy, "family": family, "difficulty": difficulty, "resolved": resolved, "episodes": episodes,
    }  # fmt: skip


ROWS = [
    row("playbook", "oom_crash", 0.8, 190), row("playbook", "oom_crash", 0.2, 200), row("random", "oom_crash", 0.2, 0),
    row("playbook", "hot_key", 0.2, 100), row("playbook", "disk_full", 0.2, 180),
]  # fmt: skip


def test_a_family_has_a_row_with_every_difficulty_and_one_interval():
    lines = by_family(ROWS).splitlines()
    assert lines[0] == "| family | `playbook` | `random` |"
    assert lines[3] == "| `oom_crash` | 100 / 95 (95 to 99) | 0 (0 to 2) |"


def test_held_out_families_come_last_and_are_named_so():
    assert by_family(ROWS).splitlines()[-1].startswith("| `hot_key` (held out) | 50 (")


def test_the_summary_keeps_open_and_held_out_families_apart():
    lines = summary([row for row in ROWS if row["difficulty"] == 0.2]).splitlines()
    assert lines[2] == "| `playbook` | 2 open | 95.0 % (92.4 to 96.7) | 90 to 100 % |"
    assert lines[3].startswith("| `playbook` | 1 held out | 50.0 % (")
    assert len(lines) == 5


@pytest.mark.parametrize("options", [[], ["--summary"]])
def test_the_command_reads_what_evaluate_prints(tmp_path, options):
    file = tmp_path / "rows.json"
    file.write_text(json.dumps(ROWS[:1]))
    command = [sys.executable, "-m", "simcore.evaluation.tables", str(file), *options]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert shown == (summary if options else by_family)(ROWS[:1])
