"""The pool that plays the runs of a controller: on the substrates and with the policies of this package."""

import os

from praetor.runner.pool import EpisodePool
from praetor.runner.request import RunRequest

STAGE = "praetor.substrates.connect:connect"
POLICY = "praetor.policies.registry:make_policy"
_WARM_UP = RunRequest(run_uid="warm-up", namespace="", name="", scenario="oom-crash", policy="random")


def episode_pool(workers: int | None = None) -> EpisodePool:
    """To be entered with `async with`; by default one process for each core, at most four."""
    return EpisodePool(STAGE, POLICY, workers=workers or min(4, os.cpu_count() or 1), warm_up=_WARM_UP)
