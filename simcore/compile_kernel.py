"""Compiles all that is compiled, for images and pipelines: `python -m simcore.compile_kernel`, a minute.

Whoever starts later finds it beside the sources, or in the user's cache, and compiles nothing.
"""

import simcore
from simcore.evaluation.play import play
from simcore.replaying import counterfactual

SCENARIO, BATCH = "oom-crash", 2
LOOK = {"action_type": "list_services"}


def compile_kernel() -> None:
    """Plays an episode with all that is told of it, and reads a text; steps a batch to numbers, results and texts."""
    episode = simcore.make(SCENARIO, seed=0)
    play(episode, simcore.make_policy("playbook"))
    episode.snapshot()
    counterfactual(episode)
    episode.reset()
    assert episode.step(LOOK).observation.text
    batch = simcore.make_batch(SCENARIO, range(BATCH))
    batch.step([LOOK] * BATCH)
    batch.texts()


if __name__ == "__main__":
    compile_kernel()
