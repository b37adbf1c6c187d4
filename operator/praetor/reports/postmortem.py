"""The post-mortem of a run: a pure function of the run and its trace to Markdown, the same bytes every time.

Every text that Praetor did not write itself (alerts, logs, what policies say) passes `escape` on its way in.
"""

from collections.abc import Callable

from praetor.reports import findings, hypotheses, people, summary, timeline
from praetor.reports.escape import name
from praetor.reports.story import Story, read_story
from praetor.resources.run import IncidentRun

REHEARSAL = "**Rehearsal:** this was played in the simulator; nothing outside was touched."
NO_EPISODE = "**No episode was played:** nothing was touched."

Section = Callable[[IncidentRun, Story], list[str]]
SECTIONS: tuple[tuple[str, Section], ...] = (
    ("Summary", summary.summary),
    ("Alert", summary.alert),
    ("Impact", summary.impact),
    ("Root cause", summary.root_cause),
    ("Resolution", summary.resolution),
    ("Suggested changes", people.suggestions),
    ("Approvals", people.approvals),
    ("Timeline", timeline.timeline),
    ("Hypotheses", hypotheses.hypotheses),
    ("Reward decomposition", findings.reward_decomposition),
    ("Rubric", findings.rubric),
    ("What went well", findings.went_well),
    ("What did not", findings.went_badly),
    ("Action items", findings.follow_ups),
    ("Evidence", timeline.evidence),
)


def render_postmortem(run: IncidentRun, trace_jsonl: bytes) -> str:
    """Markdown of at most a few hundred kilobytes; an empty trace is a run that ended without an episode.

    A section that has nothing to say is left out."""
    story = read_story(trace_jsonl)
    parts = [f"# Post-mortem: {name(run.metadata.name)}", *_banner(run, story)]
    for title, section in SECTIONS:
        lines = section(run, story)
        parts += [f"## {title}", "\n".join(lines)] if lines else []
    return "\n\n".join(parts) + "\n"


def _banner(run: IncidentRun, story: Story) -> list[str]:
    if not story.was_played:
        return [NO_EPISODE]
    substrate = story.setting.get("substrate") or run.status.substrate
    if "site" in story.setting and "mode" in story.setting:
        mode = name(story.setting["mode"])
        return [f"**Site {name(story.setting['site'])}:** nothing was changed there (mode {mode})."]
    if "site" in story.setting:
        return [f"**Site {name(story.setting['site'])}:** what was done there was real."]
    return [REHEARSAL] if substrate == "Simulator" else []
