"""The command `praetor` with a kernel that is compiled for ever: `python -m tests.support.cold_pools dev ...`."""

import time

from praetor.cli.main import main
from praetor.openenv import health
from praetor.runner.pool import EpisodePool
from praetor.runner.request import RunRequest
from praetor.serve import dev, operator

_FOR_EVER_SECONDS = 600
_NEVER = RunRequest(run_uid="warm-up", namespace="", name="", scenario="tiny", policy="hangs")


def cold_pool(workers: int | None = None) -> EpisodePool:
    tiny = "tests.support.tiny_stage"
    return EpisodePool(f"{tiny}:connect", f"{tiny}:make_policy", workers=workers or 1, warm_up=_NEVER)


def never_proven() -> None:
    time.sleep(_FOR_EVER_SECONDS)


if __name__ == "__main__":
    dev.episode_pool = operator.episode_pool = cold_pool  # type: ignore[attr-defined]
    health.play_once = never_proven
    main()
