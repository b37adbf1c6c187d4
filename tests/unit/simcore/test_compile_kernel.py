"""After `python -m simcore.compile_kernel` nothing has to be compiled any more, whatever is played."""

import subprocess
import sys

PLAY_OTHER_THINGS = """
import gc
import simcore
from numba.core.registry import CPUDispatcher as Dispatcher

for number, name in enumerate(simcore.scenario_names()[::4]):
    for policy in ("random", "playbook"):
        episode = simcore.make(name, seed=number, difficulty=0.8)
        decider, observation, history = simcore.make_policy(policy, seed=number), episode.reset(), []
        while not episode.done:
            decision = decider.decide(observation, history)
            result = episode.step(decision.action)
            history.append((decision, result))
            observation = result.observation
            observation.text
        episode.snapshot()
        simcore.counterfactual(episode)
    batch = simcore.make_batch(name, [1, 2, 3])
    for action in ("check_metrics", "read_logs", "describe_service"):
        batch.step([{"action_type": action, "target_service": batch.services(n)[0]} for n in range(3)])
        batch.texts()

functions = [one for one in gc.get_objects() if type(one) is Dispatcher]
print(sum(bool(one.stats.cache_hits) for one in functions))
print(*sorted(one.__name__ for one in functions if one.stats.cache_misses))
"""


def test_after_it_nothing_has_to_be_compiled_whatever_is_played():
    subprocess.run([sys.executable, "-m", "simcore.compile_kernel"], check=True)
    found = subprocess.run([sys.executable, "-c", PLAY_OTHER_THINGS], check=True, capture_output=True, text=True)
    read, *compiled = found.stdout.split()
    assert int(read) > 3
    assert compiled == []
