"""The OpenEnv package of this repository: `openenv.yaml` and what its validation block names, made from the code.

`python -m praetor.openenv.package ROOT` writes them. The oracle's trajectory is played here and recorded, so that a
change of the simulator that alters it shows as a difference.
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml

import simcore
from praetor.openenv import tasks
from praetor.openenv.about import ABOUT
from praetor.openenv.options import read_start
from praetor.openenv.play import Play
from praetor.openenv.tools import tools_of
from simcore.actions import ACTION_TYPES
from simcore.decision import Decision
from simcore.results import StepResult

FOLDER = "manifests/openenv"
PROBE, ORACLE, EMPTY = (f"{FOLDER}/validation/{name}.json" for name in ("probe", "oracle", "canaries/empty"))
ORACLE_SCRIPT = f"{FOLDER}/validation/oracle.sh"
TOP_REWARD, LEAST_REWARD = 0.79, -0.20
"""A clean resolution, and the cap of the penalties: bounds of an episode's return, and so of every step's reward."""
MOST_UNRESOLVED = 0.24
TASK = {"task_id": "oom_crash", "difficulty": "easy", "split": "train"}
SEED = 0
HEADER = "# Made by `make openenv-package` from praetor/openenv/package.py.\n"


def files() -> dict[str, str]:
    """Contents by path from the repository's root."""
    return {
        "openenv.yaml": HEADER + yaml.safe_dump(manifest(), sort_keys=False, width=110),
        PROBE: _json(plan("probe", probe_actions())),
        ORACLE: _json(plan("oracle", oracle_actions())),
        EMPTY: _json(plan("empty", [_action("resolve_incident", root_cause="")])),
    }


def manifest() -> dict[str, Any]:
    return {
        "spec_version": 1,
        "name": ABOUT["name"],
        "version": version("praetor"),
        "description": ABOUT["description"],
        "type": "space",
        "runtime": "fastapi",
        "port": 8000,
        "validation": validation(),
    }


def validation() -> dict[str, Any]:
    """Its reward is an episode's sum: no unresolved episode comes within `floor_margin` of a clean resolution."""
    return {
        "reward": {
            "range": [LEAST_REWARD, TOP_REWARD],
            "oracle_tolerance": 0.001,
            "floor_margin": round(TOP_REWARD - MOST_UNRESOLVED, 2),
        },
        "resources": {"cpu": 1.0, "memory_mb": 1024, "disk_mb": 512, "episode_timeout_s": 120.0},
        "network": {"mode": "no-network"},
        "capabilities": {
            "oracle": {"form": "script", "location": ORACLE_SCRIPT},
            "verifier": {"kind": "reward_channel"},
            "rubric_tree": True,
            "task_api": True,
            "canaries": EMPTY.rpartition("/")[0],
            "declared_tools": list(tools_of(Play())),
            "declared_task_count": {split["name"]: tasks.num_tasks(split["name"]) for split in tasks.list_splits()},
        },
        "types": {"tags": ["incident-response", "sre"]},
        "execution": {
            "kind": "openenv_ws",
            "probe_path": PROBE,
            "dockerfile": f"{FOLDER}/Dockerfile",
            "context": ".",
            "agent_boundary": "api",
        },
    }


def plan(name: str, actions: list[dict[str, Any]]) -> dict[str, Any]:
    """A runtime plan of the validator."""
    return {
        "plan_schema_version": "1",
        "reset": {"episode_id": f"validation-{name}", "seed": SEED, "options": dict(TASK)},
        "actions": actions,
    }


def oracle_actions() -> list[dict[str, Any]]:
    """What the policy `oracle` does in the episode."""
    episode = read_start(TASK | {"seed": SEED}).episode()
    policy = simcore.make_policy("oracle", seed=SEED, episode=episode)
    observation, history = episode.reset(), list[tuple[Decision, StepResult]]()
    while not episode.done:
        decision = policy.decide(observation, history)
        result = episode.step(decision.action)
        history.append((decision, result))
        observation = result.observation
    return [decision.action.model_dump(mode="json", exclude_none=True) for decision, _ in history]


def probe_actions() -> list[dict[str, Any]]:
    """Every action once, also on what does not exist, and at last a wrong declaration."""
    service = "payment-service"
    given: dict[str, tuple[str | None, dict[str, Any]]] = {
        "list_services": (None, {}),
        "describe_service": (service, {}),
        "read_logs": (service, {"lines": 20, "severity": "WARN"}),
        "check_metrics": (service, {"window": 300}),
        "run_diagnostic": (service, {"command": "check_health"}),
        "restart_service": (service, {}),
        "scale_service": (service, {"replicas": 3}),
        "rollback_deployment": ("no-such-service", {"to_version": "v1.0.0"}),
        "update_config": (service, {"key": "no.such.key", "value": "1"}),
    }
    ahead = [_action(name, *given[name][:1], **given[name][1]) for name in ACTION_TYPES if name in given]
    return [*ahead, _action("resolve_incident", root_cause="a guess")]


def _action(name: str, target: str | None = None, **parameters: Any) -> dict[str, Any]:
    return {"action_type": name, "target_service": target, "parameters": parameters}


def _json(value: Any) -> str:
    return json.dumps(value, indent=2) + "\n"


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print("usage: python -m praetor.openenv.package ROOT", file=sys.stderr)  # noqa: T201
        return 2
    for name, text in files().items():
        path = Path(arguments[0], name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
