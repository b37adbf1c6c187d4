"""What is left to people: changes that were only suggested, and what was said about those that waited for somebody."""

from praetor.reports.escape import name, text
from praetor.reports.format import action
from praetor.reports.story import Json, Story
from praetor.resources.run import IncidentRun
from praetor.resources.run_status import Suggestion


def suggestions(run: IncidentRun, story: Story) -> list[str]:
    """Empty for a run that makes its changes itself."""
    return [_suggested(one) for one in run.status.suggestions]


def _suggested(one: Suggestion) -> str:
    given = f" {text(one.parameters)}" if one.parameters else ""
    told = "; ".join(text(part) for part in (one.reason, one.check) if part)
    return f"- Step {one.step}: {name(one.action)} on {name(one.service)}{given}" + (f": {told}" if told else "")


def approvals(run: IncidentRun, story: Story) -> list[str]:
    return [_decided(event) for event in story.approvals if event["data"]["state"] != "Asked"]


def _decided(event: Json) -> str:
    data = event["data"]
    by = f" by {name(data['by'])}" if data.get("by") else ""
    told = f": {text(data['message'])}" if data.get("message") else ""
    return f"- {action(event.get('action'))}: {data['state'].lower()}{by}{told}"
