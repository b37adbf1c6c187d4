"""Episodes for tests: the families, one action of every type, and how to play them."""

from collections.abc import Iterable
from typing import Any

import simcore
from simcore.decision import Decision
from simcore.episode import Episode
from simcore.results import StepResult
from simcore.trace import canonical_json

FAMILIES = ("oom_crash", "db_pool_exhaustion", "bad_deployment_cascade")
WELL = "notification-service"  # no family strikes there: what happens to it is the policy's doing


def act(action_type: str, service: str | None = None, **parameters: Any) -> dict[str, Any]:
    """An action in its wire form."""
    return {"action_type": action_type, "target_service": service, "parameters": parameters}


def declare(*causes: tuple[str, str]) -> dict[str, Any]:
    return act("resolve_incident", causes=[{"service": s, "mechanism": m} for s, m in causes])


ONE_OF_EACH: dict[str, dict[str, Any]] = {
    action["action_type"]: action
    for action in (
        act("list_services"),
        act("describe_service", WELL),
        act("read_logs", WELL, lines=5, severity="INFO", since=600),
        act("check_metrics", WELL, window=120),
        act("run_diagnostic", WELL, command="check_resources"),
        act("restart_service", WELL, memory_limit="512Mi"),
        act("scale_service", WELL, replicas=3),
        act("rollback_deployment", WELL, to_version="v2.3.1"),
        act("update_config", WELL, key="memory.limit", value="512Mi"),
        declare((WELL, "heap_oom")),
    )
}


def result_json(result: StepResult) -> str:
    """All that a policy gets of a step, as bytes that can be compared."""
    return canonical_json(
        {
            "observation": result.observation.to_json(),
            "reward": result.reward,
            "breakdown": result.reward_breakdown.to_json(),
            "terminated": result.terminated,
            "truncated": result.truncated,
        }
    )


def transcript(episode: Episode, actions: Iterable[Any]) -> list[str]:
    """Reset, then the actions; one line for each observation, and the verdict last."""
    lines = [canonical_json(episode.reset().to_json())]
    lines += [result_json(episode.step(action)) for action in actions]
    return [*lines, canonical_json(episode.verdict().to_json())]


def play(episode: Episode, policy_name: str, seed: int = 0) -> list[tuple[Decision, StepResult]]:
    """Plays a policy to the end of the episode and returns what happened."""
    policy, observation = simcore.make_policy(policy_name, seed, episode), episode.reset()
    history: list[tuple[Decision, StepResult]] = []
    while not episode.done:
        decision = policy.decide(observation, tuple(history))
        result = episode.step(decision.action)
        history.append((decision, result))
        observation = result.observation
    return history


def fault_episode(family: str, *, mechanism: str = "", first_seed: int = 0, difficulty: float = 0.5) -> Episode:
    """The first episode with a lasting fault (of a mechanism, if one is named) from `first_seed` on."""
    for seed in range(first_seed, first_seed + 200):
        episode = simcore.make(family, seed=seed, difficulty=difficulty)
        incident = episode.world.incident
        if incident.kind == "Fault" and mechanism in ("", incident.mechanism.name):
            return episode
    raise LookupError(f"{family} has no episode with {mechanism or 'a fault'} from seed {first_seed} on")
