"""What was thought of in a run, and what became of each thought."""

from collections.abc import Iterator
from dataclasses import dataclass

from praetor.reports.escape import name, text
from praetor.reports.format import table
from praetor.reports.story import Json, Step, Story
from praetor.resources.run import IncidentRun

SHOWN = 30
_EVIDENCE_CHARACTERS = 160

Key = tuple[str, str]


@dataclass(slots=True)
class Thought:
    """A mechanism at a service. `step` is where it was thought of first; `against` what spoke against it last."""

    service: str
    mechanism: str
    step: int
    acted_on: bool = False
    asked: bool = False
    against: str = ""
    against_step: int = 0
    is_declared: bool = False

    @property
    def fate(self) -> str:
        if self.is_declared:
            return "declared as the cause"
        if self.against:
            return f"ruled out in step {self.against_step}"
        return "acted on, not declared" if self.acted_on else "left open"


def thoughts(story: Story) -> list[Thought]:
    """Declared ones first, then those that somebody acted on or asked about, then the rest; each by its step."""
    found: dict[Key, Thought] = {}
    for step in story.steps:
        for hypothesis in _said(step):
            _note(found, step, hypothesis)
    declared = {(cause["service"], cause["mechanism"]) for cause in story.verdict.get("declared") or ()}
    for key, thought in found.items():
        thought.is_declared = key in declared
    return sorted(found.values(), key=_rank)


def _rank(thought: Thought) -> tuple[bool, bool, bool, int]:
    return not thought.is_declared, not thought.acted_on, not thought.asked, thought.step


def _said(step: Step) -> Iterator[Json]:
    if step.decision.get("hypothesis"):
        yield step.decision["hypothesis"]
    yield from step.decision.get("ruled_out") or ()


def _note(found: dict[Key, Thought], step: Step, hypothesis: Json) -> None:
    service, mechanism = str(hypothesis["service"]), str(hypothesis["mechanism"])
    thought = found.setdefault((service, mechanism), Thought(service, mechanism, step.number))
    against = str(hypothesis.get("ruled_out_by") or "")
    if not against:
        thought.asked = True
        thought.acted_on = thought.acted_on or step.is_change
    elif against != thought.against:
        thought.against, thought.against_step = against, step.number


def hypotheses(run: IncidentRun, story: Story) -> list[str]:
    considered = thoughts(story)
    rows = [
        (name(one.mechanism), name(one.service), one.fate, text(one.against, _EVIDENCE_CHARACTERS))
        for one in considered[:SHOWN]
    ]
    left_out = len(considered) - SHOWN
    more = ["", f"{left_out} more are in the trace."] if left_out > 0 else []
    lines = table(("hypothesis", "at", "what became of it", "what spoke against it"), rows)
    return [*lines, *more] if lines else ["The policy named none."]
