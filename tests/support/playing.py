"""Playing episodes in tests: what a policy did, as plain data that can be compared byte by byte."""

from collections.abc import Iterator
from typing import Any

import simcore
from simcore.decision import Decision
from simcore.episode import Episode
from simcore.results import StepResult
from simcore.topologies.shop import SHOP
from simcore.trace import canonical_json
from simcore.world.encode import COMMANDS

FAMILIES = tuple(simcore.scenario_names())


def play(episode: Episode, policy_name: str = "playbook", seed: int = 0) -> list[tuple[Decision, StepResult]]:
    observation, history = episode.reset(), []
    policy = simcore.make_policy(policy_name, seed, episode)
    while not episode.done:
        decision = policy.decide(observation, history)
        result = episode.step(decision.action)
        history.append((decision, result))
        observation = result.observation
    return history


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


def texts_of_every_read(episode: Episode) -> list[str]:
    """Of every service, each as the episode's next step."""
    reads = [("list_services", {}), ("describe_service", {}), ("read_logs", {}), ("check_metrics", {})]
    reads += [("run_diagnostic", {"command": command}) for command in COMMANDS]
    return [
        episode.fork().step(do(kind, name, **parameters)).observation.text
        for name in episode.world.topology.names
        for kind, parameters in reads
    ]


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


def episodes(family: str, kind: str = "Fault", **fixed: Any) -> Iterator[Episode]:
    """Episodes of a family of one kind, by their seeds."""
    for seed in range(1000):
        episode = simcore.make(family, seed=seed, **fixed)
        if episode.world.incident.kind == kind:
            yield episode


def in_the_shop(family: str, **fixed: Any) -> Episode:
    """The first train episode of a family that is played in the shop."""
    return next(episode for episode in episodes(family, **fixed) if episode.world.topology is SHOP)


def first_fault(family: str, mechanism: str, **fixed: Any) -> Episode:
    """The first train episode of a family in which this, and nothing else, really is broken."""
    for episode in episodes(family, **fixed):
        if [cause.mechanism.name for cause in episode.world.incident.causes] == [mechanism]:
            return episode
    raise AssertionError(f"no {mechanism} of {family} among 1000 seeds")


def declaration(episode: Episode) -> dict[str, Any]:
    """The right one."""
    return do(
        "resolve_incident",
        causes=[{"service": c.service, "mechanism": c.mechanism} for c in episode.world.incident.truth],
    )
