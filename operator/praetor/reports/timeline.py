"""The steps of a run: what was done, why, what the policy believed and ruled out, what it earned."""

from collections.abc import Iterator
from typing import Any

from praetor.reports.escape import name, text
from praetor.reports.format import action, bullets, minutes, reward
from praetor.reports.story import Json, Step, Story
from praetor.resources.run import IncidentRun

SHOWN_AT_EACH_END = 25
REASON_CHARACTERS = 300
EVIDENCE_CHARACTERS = 120
SHOWN_EVIDENCE = 3
SHOWN_RULED_OUT = 2


def timeline(run: IncidentRun, story: Story) -> list[str]:
    if not story.steps:
        return ["No step was taken."]
    before: list[Step | None] = [None, *story.steps]
    told = [list(_told(step, last)) for step, last in zip(story.steps, before, strict=False)]
    left_out = len(told) - 2 * SHOWN_AT_EACH_END
    if left_out <= 0:
        return [line for lines in told for line in lines]
    ends = told[:SHOWN_AT_EACH_END] + told[-SHOWN_AT_EACH_END:]
    return [line for lines in ends for line in lines] + [f"\nThe {left_out} steps in the middle are in the trace."]


def _told(step: Step, last: Step | None) -> Iterator[str]:
    """What the policy believed is told when it changed since the step before."""
    decision, known = step.decision, last.decision if last else {}
    done, earned = action(step.action), reward(step.reward)
    yield f"- **Step {step.number}**, {minutes(step.began_seconds)}: {done}, {earned}"
    yield f"    - Reason: {text(decision.get('reason'), REASON_CHARACTERS)}"
    hypothesis = decision.get("hypothesis")
    if hypothesis and hypothesis != known.get("hypothesis"):
        yield f"    - Hypothesis: {_cause(hypothesis)}"
    for seen in news("evidence", decision, known)[:SHOWN_EVIDENCE]:
        yield f"    - Evidence: {text(seen, EVIDENCE_CHARACTERS)}"
    for excluded in news("ruled_out", decision, known)[:SHOWN_RULED_OUT]:
        yield f"    - Ruled out: {_cause(excluded)}, by {text(excluded['ruled_out_by'], EVIDENCE_CHARACTERS)}"
    if step.error:
        yield f"    - Refused: {text(step.error, EVIDENCE_CHARACTERS)}"


def news(key: str, decision: Json, known: Json) -> list[Any]:
    return [item for item in decision.get(key, ()) if item not in known.get(key, ())]


def _cause(hypothesis: Json) -> str:
    return f"{name(hypothesis['service'])} {name(hypothesis['mechanism'])}"


def evidence(run: IncidentRun, story: Story) -> list[str]:
    """What the policy based its decisions on, each once, and where the whole is."""
    cited = dict.fromkeys(seen for step in story.steps for seen in step.decision.get("evidence", ()))
    quoted = [text(seen, EVIDENCE_CHARACTERS) for seen in list(cited)[: 2 * SHOWN_AT_EACH_END]]
    return [*bullets(quoted, "The policy cited none."), "", _where_the_trace_is(run)]


def _where_the_trace_is(run: IncidentRun) -> str:
    trace = run.status.trace_ref
    where = f"{name(trace.name)}, SHA-256 `{trace.sha256}`" if trace else "`trace.jsonl`"
    return f"Every step, with all that was seen, is in the run's trace: {where}."
