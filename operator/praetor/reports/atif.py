"""A run as Harbor's Agent Trajectory Interchange Format (ATIF v1.8): one JSON document for viewers and trainers.

The alert is the user's step; each decision is an agent's step with one tool call and its observation; a step's reward
and the beliefs behind it are in `extra`, where the format leaves room for them. A policy without a language model says
so by `llm_call_count: 0`, and then the format allows no `reasoning_content`: its reason is the `message`.
"""

from importlib.metadata import version
from typing import Any

from praetor.reports.digest import run_id
from praetor.reports.story import Json, Step, Story, read_story
from praetor.resources.run import IncidentRun
from simcore.trace import canonical_json

SCHEMA_VERSION = "ATIF-v1.8"
_WITH_MODEL = frozenset({"llm", "checkpoint"})


def trajectory(run: IncidentRun, trace_jsonl: bytes) -> Json | None:
    """None for a run without an episode: a trajectory has at least one step."""
    story = read_story(trace_jsonl)
    if not story.was_played:
        return None
    policy = str(story.setting.get("policy") or run.status.policy or "unknown")
    return {
        "schema_version": SCHEMA_VERSION,
        "session_id": run.metadata.uid or run_id(run),
        "trajectory_id": run_id(run),
        "agent": {
            "name": f"praetor/{policy}",
            "version": run.status.runner_version or version("praetor"),
            "extra": {"policy": policy, "substrate": story.setting.get("substrate")},
        },
        "steps": [_alert(story), *(_step(step, story, policy) for step in story.steps)],
        "final_metrics": {"total_steps": 1 + len(story.steps), "extra": _final(story)},
        "extra": {"run": {"namespace": run.metadata.namespace, "name": run.metadata.name, "uid": run.metadata.uid}}
        | {"setting": story.setting, "verdict": story.verdict},
    }


def _alert(story: Story) -> Json:
    told = [str(story.alert[key]) for key in ("title", "description") if story.alert.get(key)]
    return {
        "step_id": 1,
        "source": "user",
        "message": "\n".join(told) or "An alert came in.",
        "extra": {"alert": story.alert},
    }


def _step(step: Step, story: Story, policy: str) -> Json:
    call = f"call-{step.number}"
    seen: Json = {"source_call_id": call, "content": canonical_json(step.observation)}
    if step.seen:
        seen["extra"] = {"summary": step.seen}
    return {
        "step_id": step.number + 1,
        "source": "agent",
        "message": str(step.decision.get("reason") or ""),
        **({} if policy in _WITH_MODEL else {"llm_call_count": 0}),
        "tool_calls": [{"tool_call_id": call, **_call(step)}],
        "observation": {"results": [seen]},
        "extra": _extra(step),
    }


def _call(step: Step) -> Json:
    """What was said instead of a well-formed action is kept as it was said."""
    if step.action is None:
        return {"function_name": "malformed_action", "arguments": {"said": step.decision.get("said")}}
    target = {"target_service": step.action["target_service"]} if step.action.get("target_service") else {}
    return {"function_name": step.action["action_type"], "arguments": {**target, **step.action["parameters"]}}


def _extra(step: Step) -> Json:
    believed = {key: step.decision[key] for key in ("hypothesis", "evidence", "ruled_out") if step.decision.get(key)}
    times = {"began_seconds": step.began_seconds, "ended_seconds": step.ended_seconds}
    return {"reward": step.reward, "reward_breakdown": step.breakdown, **times, **believed}


def _final(story: Story) -> dict[str, Any]:
    keys = ("score", "resolved", "mitigated", "diagnosed", "user_minutes_lost", "sim_seconds")
    return {key: story.verdict.get(key) for key in keys}
