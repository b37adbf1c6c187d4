"""`praetor evaluate`: the rows that scripts rely on, and what is refused."""

import os
import signal
import subprocess
import sys
import time

import pytest

import simcore

PROMISED = {
    "policy", "family", "split", "difficulty", "episodes", "resolved", "mitigated", "diagnosed", "success_rate",
    "ci_low", "ci_high", "p_fixed_diag_right", "p_fixed_diag_wrong", "mean_reward", "mean_steps",
    "mean_user_minutes_lost", "floor",
}  # fmt: skip


def test_a_row_for_each_policy_and_family_with_the_floor_beside_it(json_of):
    rows = json_of("evaluate", "--policy", "random,playbook", "--family", "oom-crash", "--seeds", "0:4", "--workers", 1)
    assert [(row["policy"], row["family"], row["episodes"]) for row in rows] == [
        ("random", "oom_crash", 4),
        ("playbook", "oom_crash", 4),
    ]
    assert all(row.keys() >= PROMISED for row in rows)
    assert rows[1]["floor"] == rows[0]["success_rate"]


def test_the_rows_do_not_depend_on_the_number_of_processes(json_of):
    arguments = ("evaluate", "--policy", "random", "--family", "oom_crash", "--seeds", "0:30", "--workers")
    assert json_of(*arguments, 1) == json_of(*arguments, 2)


def test_a_split_is_named_or_follows_from_the_seeds(json_of):
    short = ("evaluate", "--policy", "random", "--family", "oom_crash", "--workers", 1)
    named = json_of(*short, "--split", "validation", "--seeds", "3:5")
    absolute = json_of(*short, "--seeds", "1000003:1000005")
    assert named[0]["split"] == "validation"
    assert absolute[0]["split"] == "validation"


def test_all_families_are_meant_by_all(json_of):
    rows = json_of("evaluate", "--policy", "random", "--seeds", "0:1", "--workers", 1)
    assert [row["family"].replace("_", "-") for row in rows] == simcore.scenario_names("train")


def test_all_of_the_validation_range_leaves_out_what_is_held_out(json_of):
    rows = json_of("evaluate", "--policy", "random", "--split", "validation", "--seeds", "0:1", "--workers", 1)
    assert "clock_skew" not in {row["family"] for row in rows}


def test_a_held_out_family_is_played_by_absolute_seeds_and_refused_in_a_split_for_training(json_of, call):
    asked = ("evaluate", "--policy", "random", "--family", "hot_key", "--seeds", "0:1", "--workers", 1)
    assert [row["family"] for row in json_of(*asked)] == ["hot_key"]
    refused = call(*asked, "--split", "train", code=2)
    assert "scenario 'hot-key' has no episodes in split 'train': its mechanism hot_key is held out" in refused.stderr


def test_a_run_and_an_evaluation_of_the_same_seed_agree(json_of):
    run = json_of("run", "oom_crash", "--policy", "random", "--seed", 4, "--split", "train")
    arguments = ("--policy", "random", "--family", "oom_crash", "--seeds", "4:5", "--split", "train", "--workers", 1)
    row = json_of("evaluate", *arguments)[0]
    assert row["mean_steps"] == run["status"]["result"]["steps"]
    assert row["mean_user_minutes_lost"] == pytest.approx(run["status"]["result"]["userMinutesLost"])


def test_the_table_is_for_people_and_the_progress_for_stderr(call):
    result = call("evaluate", "--policy", "random", "--family", "oom_crash", "--seeds", "0:2", "--workers", 1)
    assert result.stdout.splitlines()[0].split()[:3] == ["POLICY", "FAMILY", "SPLIT"]
    assert "episodes" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("--policy", "nobody"),
            "--policy: 'nobody' is unknown; known are keyword, llm, oracle, playbook, random, reflex",
        ),
        (("--policy", ""), "--policy: '' is unknown"),
        (("--family", "oom"), "--family: 'oom' is unknown; known are bad_deployment_cascade"),
        (("--seeds", "5"), "--seeds: '5' should be FROM:TO with FROM below TO"),
        (("--seeds", "5:5"), "--seeds: '5:5' should be FROM:TO with FROM below TO"),
        (("--seeds", "0:900000"), "episodes are more than 1000000"),
        (("--seeds", "999999:1000001"), "seeds 999999:1000001: a split has the seeds 0:1000000; stay in one"),
        (("--seeds", "1000000:1000001", "--split", "train"), "stay in one"),
        (("--difficulty", "-1"), "--difficulty: '-1' should be a number from 0 to 1"),
    ],
)
def test_bad_arguments_are_refused_in_a_sentence(call, arguments, message):
    result = call("evaluate", *arguments, code=2)
    assert message in result.stderr
    assert result.stdout == ""


def test_ctrl_c_ends_all_processes_quietly():
    command = [sys.executable, "-c", "from praetor.cli.main import main; main()"]
    asked = ["evaluate", "--seeds", "0:30000", "--policy", "random", "--workers", "2"]
    process = subprocess.Popen(
        [*command, *asked], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        assert process.stderr is not None
        process.stderr.read(1)  # the progress has begun
        time.sleep(1.0)
        os.killpg(process.pid, signal.SIGINT)
        said, complaints = process.communicate(timeout=240)
    finally:
        process.kill()
    assert (process.returncode, said) == (130, "")
    assert "Traceback" not in complaints
