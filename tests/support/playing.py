"""Playing episodes in tests: what a policy did, as plain data that can be compared byte by byte."""

from collections.abc import Callable
from typing import Any

import simcore
from simcore.decision import Decision
from simcore.episode import Episode
from simcore.results import StepResult
from simcore.trace import canonical_json

FAMILIES = ("bad-deployment-cascade", "db-pool-exhaustion", "oom-crash")
SHOP = (
    "frontend-bff", "api-gateway", "order-service", "payment-service", "inventory-service", "user-service",
    "auth-service", "notification-service", "postgres-db",
)  # fmt: skip


def play(episode: Episode, policy_name: str = "playbook", seed: int = 0) -> list[tuple[Decision, StepResult]]:
    observation, history = episode.reset(), []
    policy = simcore.make_policy(policy_name, seed)
    while not episode.done:
        decision = policy.decide(observation, history)
        result = episode.step(decision.action)
        history.append((decision, result))
        observation = result.observation
    return history


def play_script(episode: Episode, choose: Callable[[int], dict[str, Any]]) -> None:
    """Plays actions by their number until the episode ends."""
    episode.reset()
    number = 0
    while not episode.done:
        episode.step(choose(number))
        number += 1


def transcript(episode: Episode, policy_name: str = "playbook") -> str:
    """Every observation, decision and reward, and the verdict, one JSON object a line."""
    lines = [canonical_json({"alert": episode.reset().to_json()})]
    for decision, result in play(episode, policy_name):
        lines.append(
            canonical_json(
                {
                    "decision": decision.to_json(),
                    "observation": result.observation.to_json(),
                    "reward": round(result.reward, 9),
                    "breakdown": result.reward_breakdown.to_json(),
                }
            )
        )
    lines.append(canonical_json({"verdict": episode.verdict().to_json()}))
    return "\n".join(lines) + "\n"


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


def do(action_type: str, service: str | None = None, **parameters: Any) -> dict[str, Any]:
    """An action in its wire form."""
    return {"action_type": action_type, "target_service": service, "parameters": parameters}


def first_fault(family: str, variant: str, *, difficulty: float = 0.5) -> Episode:
    """The first train episode of a family in which this variant really is broken."""
    for seed in range(1000):
        episode = simcore.make(family, seed=seed, difficulty=difficulty)
        incident = episode.world.incident
        if incident.kind == "Fault" and incident.variant.name == variant:
            return episode
    raise AssertionError(f"no {variant} of {family} among 1000 seeds")
