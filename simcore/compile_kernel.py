"""Compiles all that is compiled, for images and pipelines: `python -m simcore.compile_kernel`, a minute.

Whoever starts later finds it beside the sources, or in the user's cache, and compiles nothing.
"""

import simcore
from simcore.decision import Decision
from simcore.replaying import counterfactual
from simcore.results import StepResult, without_reward

SCENARIO, BATCH = "oom-crash", 2


def compile_kernel() -> None:
    """Plays an episode with all that is told of it, its text too, and steps a batch to numbers, results and texts."""
    _play()
    batch = simcore.make_batch(SCENARIO, range(BATCH))
    batch.step([{"action_type": "list_services"}] * BATCH)
    batch.texts()


def _play() -> None:
    episode, policy = simcore.make(SCENARIO, seed=0), simcore.make_policy("playbook")
    observation, history = episode.reset(), list[tuple[Decision, StepResult]]()
    while not episode.done:
        decision = policy.decide(observation, history)
        history.append((decision, without_reward(episode.step(decision.action))))
        observation = history[-1][1].observation
        assert observation.text
    episode.snapshot()
    counterfactual(episode)


if __name__ == "__main__":
    compile_kernel()
