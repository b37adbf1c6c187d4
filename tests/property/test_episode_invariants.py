"""Whatever is done in whatever incident: no exception, no nonsense, and rewards that keep their bounds."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import simcore
from simcore.actions import parse_action
from simcore.episode import Episode
from simcore.errors import ActionError
from simcore.kernel import layout as at
from simcore.kernel.grade import CAPS
from simcore.kernel.step import COST_SECONDS, MALFORMED
from simcore.results import RewardBreakdown, StepResult
from simcore.trace import canonical_json
from tests.support.play_scripts import TRAIN_SEEDS, declarations, episodes, not_quite, well_formed
from tests.support.playing import FAMILIES, do, first_fault
from tests.support.sane import assert_sane

NAMES = tuple(RewardBreakdown().to_json())
CAP_OF = dict(zip(NAMES, CAPS, strict=True))
MOST_UNRESOLVED, LEAST_RESOLVED = 0.24, 0.25
ROUNDING = 1e-9
SHRUNK_SOON = settings(
    deadline=None, report_multiple_bugs=False, phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink)
)  # whole episodes are slow to explain: a failure is to be told before the time limit for hangs
LEDGER_OF_A_STEP = slice(at.LEDGER_AT, at.LEDGER_AT + at.SUM_DIAGNOSTIC)


def is_malformed(action: Any) -> bool:
    try:
        parse_action(action)
    except ActionError:
        return True
    return False


def assert_paid(results: Sequence[StepResult], episode: Episode) -> None:
    """Every step and every sum within the caps, on either side; the sum of it all is what the verdict says."""
    for result in results:
        assert math.isclose(result.reward, result.reward_breakdown.total, abs_tol=ROUNDING)
    verdict = episode.verdict()
    for name, sum_of_it in verdict.breakdown.to_json().items():
        paid = [result.reward_breakdown.to_json()[name] for result in results]
        low, high = sorted((0.0, CAP_OF[name]))
        assert all(low - ROUNDING <= amount <= high + ROUNDING for amount in [*paid, sum_of_it]), name
        assert math.isclose(sum(paid), sum_of_it, abs_tol=ROUNDING), name
    total = sum(result.reward for result in results)
    assert math.isclose(total, verdict.breakdown.total, abs_tol=ROUNDING)
    assert math.isclose(verdict.score, min(max(total, 0.0), 1.0), abs_tol=1e-6)
    assert total >= LEAST_RESOLVED - ROUNDING if verdict.resolved else total <= MOST_UNRESOLVED + ROUNDING


def assert_told(result: StepResult, episode: Episode) -> None:
    """What is shown is text and JSON, and says where the episode stands."""
    observation = result.observation
    assert observation.step == episode.steps <= episode.max_steps
    assert result.done == episode.done
    assert observation.text.encode()
    assert canonical_json(observation.to_json())
    assert (observation.payload is None) == (observation.kind == "error") == (observation.error is not None)


@settings(SHRUNK_SOON, max_examples=600)
@given(data=st.data())
def test_whatever_is_done_the_world_and_the_rewards_keep_their_bounds(data):
    episode = data.draw(episodes())
    script = data.draw(st.lists(well_formed(episode) | not_quite(episode), max_size=25))
    episode.reset()
    assert_sane(episode.world)
    results = []
    for action in [*script, data.draw(declarations(episode))]:
        if not episode.done:
            results.append(episode.step(action))
            assert_told(results[-1], episode)
            assert_sane(episode.world)
    assert_paid(results, episode)


@settings(SHRUNK_SOON, max_examples=100)
@given(data=st.data())
def test_what_is_malformed_is_a_step_that_earns_nothing_and_leaves_the_world_to_itself(data):
    episode = data.draw(episodes())
    for action in data.draw(st.lists(well_formed(episode), max_size=4)):
        episode.step(action)
    wrong = data.draw(not_quite(episode).filter(is_malformed))
    waiting, taken = episode.fork(), episode.steps
    result = episode.step(wrong)
    assert result.observation.kind == "error"
    assert result.observation.error
    assert result.reward_breakdown == RewardBreakdown()
    assert (episode.steps, episode.actions[-1]) == (taken + 1, None)
    if not episode.done:
        waiting.world.advance(COST_SECONDS[MALFORMED])
        waiting.world.buffer[LEDGER_OF_A_STEP] = episode.world.buffer[LEDGER_OF_A_STEP]
        assert episode.world.buffer.tobytes() == waiting.world.buffer.tobytes()


@settings(SHRUNK_SOON, max_examples=60)
@given(data=st.data())
def test_after_the_end_nothing_is_changed_or_earned(data):
    episode = data.draw(episodes())
    for action in data.draw(st.lists(well_formed(episode), max_size=4)):
        episode.step(action)
    ended = episode.step(data.draw(declarations(episode)))
    before, verdict = episode.world.buffer.tobytes(), episode.verdict()
    for action in data.draw(st.lists(well_formed(episode) | declarations(episode) | not_quite(episode), max_size=4)):
        result = episode.step(action)
        assert (result.reward, result.reward_breakdown) == (0.0, RewardBreakdown())
        assert (result.terminated, result.truncated) == (ended.terminated, ended.truncated)
        assert "ended" in (result.observation.error or "")
    assert (episode.world.buffer.tobytes(), episode.verdict()) == (before, verdict)


@pytest.mark.parametrize(
    ("family", "mechanism", "column"),
    [
        ("db-pool-exhaustion", "connection_leak", at.LEAKED_CONN),
        ("thread-deadlock", "thread_deadlock", at.STUCK),
    ],
    ids=["connections", "threads"],
)
def test_a_service_without_pods_holds_nothing(family, mechanism, column):
    episode = first_fault(family, mechanism)
    target = episode.world.incident.causes[0].target
    assert episode.world.state.services[target, column] > 0.0
    for _ in range(3):
        episode.step(do("scale_service", episode.world.topology.names[target], replicas=0))
        assert episode.world.state.services[target, column] == pytest.approx(0.0, abs=ROUNDING)


@pytest.mark.parametrize("family", FAMILIES)
@settings(SHRUNK_SOON, max_examples=4)
@given(seed=TRAIN_SEEDS, difficulty=st.floats(0, 1))
def test_a_fault_stays_until_somebody_acts_and_what_is_none_passes(family, seed, difficulty):
    episode = simcore.make(family, seed=seed, difficulty=difficulty)
    incident = episode.world.incident
    while not episode.done:
        episode.step(do("list_services"))
        assert_sane(episode.world)
    assert episode.verdict().mitigated == (incident.kind != "Fault")


def test_the_caps_leave_a_gap_between_unresolved_and_resolved():
    earned_without_resolution = CAP_OF["r_diagnostic"] + CAP_OF["r_correct_op"] + CAP_OF["r_format"]
    assert earned_without_resolution <= MOST_UNRESOLVED + ROUNDING
    assert CAP_OF["r_resolution"] + CAP_OF["r_penalty"] >= LEAST_RESOLVED - ROUNDING


def test_an_insane_world_is_recognised():
    world = simcore.make("oom-crash", seed=1).world
    for column, value in ((at.FAIL, 1.5), (at.BACKLOG, -1.0), (at.MEM_MB, 1e7), (at.MEAN_MS, np.nan), (at.PODS, 2.5)):
        twin = world.fork()
        twin.state.services[0, column] = value
        with pytest.raises(AssertionError):
            assert_sane(twin)
