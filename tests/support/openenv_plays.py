"""Plays an episode by the `openenv` library alone: `python FILE URL`; prints what it was told as JSON.

It runs in a process of its own, where our packages cannot be imported, with whichever version of the library the
process finds first.
"""

import json
import sys
import warnings

sys.modules["praetor"] = sys.modules["simcore"] = None  # type: ignore[assignment]
warnings.simplefilter("ignore")  # the library's own, while it looks for packages

import openenv  # noqa: E402 (after what hides our packages)
from openenv.auto import AutoEnv  # noqa: E402
from openenv.core import GenericEnvClient  # noqa: E402

STEP = {"action_type": "list_services"}
END = {"action_type": "resolve_incident", "parameters": {"root_cause": "a guess", "causes": []}}


def main(url: str) -> None:
    with GenericEnvClient(base_url=url).sync() as env:
        shown = env.reset(seed=3, episode_id="mine", task_id="oom_crash")
        steps = [env.step(STEP), env.step(END)]
        try:
            env.step({"action_type": "reboot_everything"})
            refused = ""
        except RuntimeError as problem:
            refused = str(problem)
        state = env.state()
    with AutoEnv.from_env("praetor", base_url=url, skip_install=True).sync() as env:
        kind = env.reset(seed=1).observation["kind"]
    told = {
        "library": openenv.__file__,
        "text": shown.observation["text"],
        "rewards": [step.reward for step in steps],
        "done": [step.done for step in steps],
        "score": steps[-1].observation["metadata"]["score"],
        "refused": refused,
        "state": state,
        "auto": kind,
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1])
