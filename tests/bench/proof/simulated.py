"""The simulator's column: episodes of the validation range. The truth is known there, and has to be declared."""

from praetor.policies.registry import make_policy
from simcore.decision import Policy
from simcore.episode import Episode
from simcore.evaluation.play import Task, play_episode
from simcore.evaluation.rows import Cell as Question
from simcore.results import Verdict
from tests.bench.proof.cells import SIMULATED_AS, Cell, Played
from tests.bench.proof.policies import NOTHING, policy_of

SPLIT = "validation"


def played(cell: Cell) -> Played:
    """An episode without a fault does not count: the next seed that has one does."""
    unseen = 0
    while True:
        verdict = _verdict(cell, seed=cell.number * 1000 + unseen)
        if verdict.truth:
            break
        unseen += 1
    causes = ", ".join(f"{one.service}/{one.mechanism}" for one in verdict.declared or ())
    return Played(cell, verdict.resolved, verdict.mitigated, unseen, round(verdict.sim_seconds, 1), causes, [], {})


def _verdict(cell: Cell, seed: int) -> Verdict:
    return play_episode(
        Task(Question(cell.policy, SIMULATED_AS.get(cell.family, cell.family)), range(0), SPLIT, 0.5, _made), seed
    )


def _made(name: str, seed: int = 0, episode: Episode | None = None) -> Policy:
    return policy_of(name, seed) if name == NOTHING else make_policy(name, seed, episode)
