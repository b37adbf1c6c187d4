"""What the run was worth: the episode played again without each change, as far as there is a simulator to ask."""

from praetor.reports.escape import name
from praetor.reports.format import action, number, table
from praetor.reports.story import Json, Story


def in_a_sentence(story: Story) -> str:
    """Empty where nobody can know."""
    worth = story.worth
    if not worth:
        return ""
    untouched, lost = worth["user_minutes_lost_untouched"], worth["user_minutes_lost"]
    if worth["heals_by_itself"]:
        return f"Untouched, the incident **would have healed by itself**, for {number(untouched)} user minutes."
    told = f"Untouched, it would not have healed by itself, and would have cost {number(untouched)} user minutes"
    saved = untouched - lost
    if abs(saved) < 0.05:
        return f"{told}: as many as it did."
    return f"{told}: {number(abs(saved))} {'more' if saved > 0 else 'fewer'} than it did."


def by_change(story: Story) -> list[str]:
    """A row for each change; refused ones are not among them. No lines where nobody can know."""
    made = {step.number for step in story.changes}
    rows = (_row(credit) for credit in story.worth.get("credits", ()) if credit["step"] in made)
    return table(("step", "change", "user minutes saved", "needed"), rows)


def _row(credit: Json) -> tuple[str, ...]:
    needed = "yes" if credit["was_needed"] else "no"
    return str(credit["step"]), action(credit["action"]), _saved(credit["user_minutes_saved"]), needed


def _saved(user_minutes: float) -> str:
    return f"{number(user_minutes)}{' (did harm)' if user_minutes <= -0.05 else ''}"


def without_truth(story: Story) -> str:
    """Why there is no counterfactual, for a run that was played and ended."""
    if not story.verdict or story.worth:
        return ""
    substrate = story.setting.get("substrate")
    if substrate == "Simulator":
        return "What the changes were worth is not known: the episode did not come to its end."
    return f"What the changes were worth cannot be known: on the substrate {name(substrate)} nothing is played again."
