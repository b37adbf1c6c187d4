"""The lower half of a post-mortem: what was earned for what, what to keep, what to change."""

from collections.abc import Callable

from praetor.reports.action_items import action_items
from praetor.reports.escape import text
from praetor.reports.format import bullets, number, table
from praetor.reports.story import Story
from praetor.resources.run import IncidentRun

COMPONENTS = {
    "r_diagnostic": "first reads of their kind on relevant services",
    "r_correct_op": "operations towards a lasting fix",
    "r_resolution": "fixed, verified, and the causes named rightly",
    "r_format": "well-formed actions",
    "r_efficiency": "resolved within half of the budget",
    "r_penalty": "harm, repetition, wrong claims",
}
SHOWN_NOTES = 12
MARKS = {True: "\N{CHECK MARK}", False: "\N{BALLOT X}", None: "? (for a person to judge)"}

Finding = tuple[Callable[[Story], bool], str]


def reward_decomposition(run: IncidentRun, story: Story) -> list[str]:
    if not story.verdict:
        return ["Nothing was graded."]
    earned = story.verdict["breakdown"]
    rows = [(f"`{key}`", meaning, _earned(earned.get(key))) for key, meaning in COMPONENTS.items()]
    rows.append(("**score**", "the sum, between 0 and 1", f"**{number(story.verdict['score'])}**"))
    notes = [f"- Note: {text(note)}" for note in story.verdict["notes"][:SHOWN_NOTES]]
    return table(("component", "paid for", "earned"), rows) + (["", *notes] if notes else [])


def rubric(run: IncidentRun, story: Story) -> list[str]:
    """What a reviewer wanted to see done, as check marks; nothing of a scenario that asks for nothing."""
    marks = story.verdict.get("rubric") or []
    if not marks:
        return []
    known = [mark for mark in marks if mark["done"] is not None]
    done, whole = sum(mark["weight"] for mark in known if mark["done"]), sum(mark["weight"] for mark in known)
    told = [f"- {MARKS[mark['done']]} {text(mark['description'])}" for mark in marks]
    return [*told, "", f"By weight {number(done)} of {number(whole)}. It is no part of the score."]


def _earned(value: float | None) -> str:
    return "not known" if value is None else number(value)


def went_well(run: IncidentRun, story: Story) -> list[str]:
    found = (sentence for holds, sentence in WELL if story.verdict and holds(story))
    return bullets(found, "Nothing to note.")


def went_badly(run: IncidentRun, story: Story) -> list[str]:
    found = [sentence for holds, sentence in BADLY if story.verdict and holds(story)]
    ended = [text(story.end["message"])] if story.end.get("message") else []
    return bullets(found + ended, "Nothing to note.")


def follow_ups(run: IncidentRun, story: Story) -> list[str]:
    named = story.verdict.get("truth")
    if named is None:
        named = story.verdict.get("declared")
    return bullets(action_items(None if named is None else [cause["mechanism"] for cause in named]), "None.")


def _was_diagnosed(story: Story) -> bool:
    return story.verdict["diagnosed"] is True


def _was_misdiagnosed(story: Story) -> bool:
    return story.verdict["diagnosed"] is False and story.verdict["declared"] is not None


def _was_never_declared(story: Story) -> bool:
    return story.verdict["declared"] is None


def _was_mitigated(story: Story) -> bool:
    return bool(story.verdict["mitigated"])


def _was_quick(story: Story) -> bool:
    return bool(story.verdict["resolved"]) and 2 * len(story.steps) <= (story.setting.get("max_steps") or 0)


def _ran_out(story: Story) -> bool:
    return len(story.steps) >= (story.setting.get("max_steps") or len(story.steps) + 1)


def _looked_first(story: Story) -> bool:
    return bool(story.changes) and any(step.is_read for step in story.steps[: story.changes[0].number - 1])


def _changed_blindly(story: Story) -> bool:
    return bool(story.changes) and not _looked_first(story)


def _looked_again(story: Story) -> bool:
    return bool(story.changes) and any(step.is_read for step in story.steps[story.changes[-1].number :])


def _never_looked_again(story: Story) -> bool:
    return bool(story.changes) and not _looked_again(story)


def _ruled_something_out(story: Story) -> bool:
    return any(step.decision.get("ruled_out") for step in story.steps)


def _did_harm(story: Story) -> bool:
    return any((step.breakdown.get("r_penalty") or 0) < 0 for step in story.steps)


def _was_refused(story: Story) -> bool:
    return any(step.error for step in story.steps)


def _was_broken(story: Story) -> bool:
    """False only where it is known that nothing was."""
    return bool(story.verdict["truth"] != [])


def _rightly_left_alone(story: Story) -> bool:
    return not _was_broken(story) and _was_diagnosed(story) and not story.changes


def _changed_what_was_well(story: Story) -> bool:
    return not _was_broken(story) and bool(story.changes)


WELL: tuple[Finding, ...] = (
    (lambda story: _was_mitigated(story) and _was_broken(story), "The objectives hold again, and the cause is gone."),
    (lambda story: _was_diagnosed(story) and _was_broken(story), "The true cause was named."),
    (_rightly_left_alone, "Nothing was broken; that was seen, said, and nothing was changed."),
    (_was_quick, "It took less than half of the step budget."),
    (_looked_first, "Evidence was read before anything was changed."),
    (_ruled_something_out, "Other explanations were ruled out by evidence."),
    (_looked_again, "The effect of the last change was looked at before the run was closed."),
)
BADLY: tuple[Finding, ...] = (
    (lambda story: not _was_mitigated(story), "The objectives do not hold, or the cause is still there."),
    (_changed_what_was_well, "Something was changed although nothing was broken."),
    (_was_misdiagnosed, "The declared cause is not the true one."),
    (_was_never_declared, "No cause was declared."),
    (_ran_out, "The step budget ran out or was used up."),
    (_changed_blindly, "Something was changed before any evidence was read."),
    (_never_looked_again, "The effect of the last change was not looked at."),
    (_did_harm, "Penalties were given: see the steps with negative reward."),
    (_was_refused, "At least one action was refused."),
)
