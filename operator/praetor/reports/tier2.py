"""What tier 2, the change of code, did in a run; nothing where it was not asked."""

from praetor.reports.escape import name, text
from praetor.reports.format import table
from praetor.reports.story import Story
from praetor.resources.run import IncidentRun

_SHOWN = 12


def tier2(run: IncidentRun, story: Story) -> list[str]:
    """The verdict's `tier2`, a fact a row."""
    told = story.verdict.get("tier2") or {}
    return table(("fact", "value"), [(name(key), text(value)) for key, value in list(told.items())[:_SHOWN]])
