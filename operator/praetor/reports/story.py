"""A trace, gathered for telling: how it was set up, what happened step by step, how it ended."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from simcore.actions import READS
from simcore.trace import read_trace

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """One decision and what came of it; `number` counts from 1, times are simulated seconds, `seen` is the observation
    in short."""

    number: int
    began_seconds: float
    ended_seconds: float
    decision: Json
    action: Json | None
    observation: Json
    reward: float
    breakdown: Json
    snapshot: Json
    error: str | None
    is_change: bool
    seen: str = ""

    @property
    def is_read(self) -> bool:
        return self.action is not None and self.action["action_type"] in READS


@dataclass(slots=True)
class Story:
    """What is missing from the trace (a run without an episode has none) is empty here."""

    alert: Json = field(default_factory=dict)
    setting: Json = field(default_factory=dict)
    first_snapshot: Json = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    verdict: Json = field(default_factory=dict)
    end: Json = field(default_factory=dict)
    approvals: list[Json] = field(default_factory=list)
    """The events that say who was asked about which change, and what became of it."""

    @property
    def was_played(self) -> bool:
        return bool(self.setting)

    @property
    def last_snapshot(self) -> Json:
        return self.steps[-1].snapshot if self.steps else self.first_snapshot

    @property
    def moments(self) -> list[tuple[float, Json]]:
        """(seconds, snapshot), from the alert on; the last is after the time that a fix had to hold for."""
        after = ((step.snapshot.get("sim_seconds", step.ended_seconds), step.snapshot) for step in self.steps)
        return [(0.0, self.first_snapshot), *after]

    @property
    def causes(self) -> list[Json] | None:
        """The true causes; the declared ones where nobody knows the truth; None when nobody said anything."""
        truth: list[Json] | None = self.verdict.get("truth")
        return truth if truth is not None else self.verdict.get("declared")

    @property
    def worth(self) -> Json:
        """What each change was worth; empty where that cannot be known."""
        return self.verdict.get("counterfactual") or {}

    @property
    def calls(self) -> list[tuple[str, str]]:
        """(caller, callee): as the simulator has it, elsewhere as far as services were described."""
        told = self.setting.get("calls")
        if told is not None:
            return [(caller, callee) for caller, callee in told]
        details = [step.observation.get("payload") or {} for step in self.steps]
        down = [(one["name"], callee) for one in details for callee in one.get("depends_on", ())]
        return list(
            dict.fromkeys(down + [(caller, one["name"]) for one in details for caller in one.get("called_by", ())])
        )

    @property
    def well_again_seconds(self) -> float | None:
        """Since when the objectives held, to the last step; None if they never broke, or never held again."""
        since, was_broken = None, False
        for seconds, snapshot in self.moments:
            slos = snapshot.get("slos", ())
            is_well = bool(slos) and all(slo["met"] for slo in slos)
            was_broken = was_broken or (bool(slos) and not is_well)
            since = (seconds if since is None else since) if is_well else None
        return since if was_broken else None

    @property
    def changes(self) -> list[Step]:
        """The steps that changed something; refused ones are not among them."""
        return [step for step in self.steps if step.is_change and not step.error]


def read_story(trace_jsonl: bytes) -> Story:
    return story_of(read_trace(trace_jsonl))


def story_of(events: Iterable[Json]) -> Story:
    story, decided = Story(), Json()
    for event in events:
        match event["kind"]:
            case "alert":
                story.alert = event.get("data") or {}
            case "reset":
                story.setting = event.get("data") or {}
                story.first_snapshot = event.get("snapshot") or {}
            case "decision":
                decided = event
            case "effect" | "observation":
                story.steps.append(_step(len(story.steps) + 1, decided, event))
            case "approval":
                story.approvals.append(event)
            case "verdict":
                story.verdict = event.get("data") or {}
            case "end":
                story.end = {**(event.get("data") or {}), "message": event.get("error")}
    return story


def _step(number: int, decided: Json, event: Json) -> Step:
    return Step(
        number=number,
        began_seconds=decided.get("sim_seconds") or 0.0,
        ended_seconds=event.get("sim_seconds") or 0.0,
        decision=decided.get("decision") or {},
        action=event.get("action"),
        observation=event.get("observation") or {},
        reward=event.get("reward") or 0.0,
        breakdown=event.get("breakdown") or {},
        snapshot=event.get("snapshot") or {},
        error=event.get("error"),
        is_change=event["kind"] == "effect",
        seen=(event.get("data") or {}).get("summary") or "",
    )
