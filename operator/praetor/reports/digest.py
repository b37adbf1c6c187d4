"""A run at a glance: what the first page says. Plain text, escaped by whoever shows it."""

from dataclasses import dataclass
from typing import Any

from praetor.reports.escape import one_line
from praetor.reports.format import minutes, number
from praetor.reports.story import Json, Story
from praetor.resources.run import IncidentRun
from praetor.resources.run_status import IncidentRunStatus

TITLE_CHARACTERS = 160
_REHEARSAL = "Rehearsal in the simulator: nothing outside was touched."
_NOTHING = "No episode was played: nothing was touched."

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Stat:
    label: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Digest:
    """`tone` is that of the palette. `chips` are (label, texts) of cause, fix and service."""

    title: str
    status: str
    tone: str
    first_line: str
    metadata: tuple[Pair, ...]
    stats: tuple[Stat, ...]
    chips: tuple[tuple[str, tuple[str, ...]], ...]


def digest(run: IncidentRun, story: Story) -> Digest:
    status, tone = status_of(run, story)
    return Digest(
        title=one_line(_title(run, story), TITLE_CHARACTERS),
        status=status,
        tone=tone,
        first_line=_first_line(run, story),
        metadata=tuple((label, value) for label, value in _metadata(run, story) if value),
        stats=tuple(_stats(story)),
        chips=_chips(story),
    )


def status_of(run: IncidentRun, story: Story) -> tuple[str, str]:
    """The outcome in a few words, and its tone."""
    if not story.was_played:
        return _without_episode(run.status)
    verdict = story.verdict
    if not verdict:
        return "Cut short", "bad"
    if verdict["resolved"]:
        return ("Resolved", "good") if verdict["declared"] else ("All clear", "good")
    return ("Mitigated", "warn") if verdict["mitigated"] else ("Not resolved", "bad")


def _without_episode(status: IncidentRunStatus) -> Pair:
    reasons = {one.reason for one in status.conditions if one.status == "True"}
    if "NothingToActOn" in reasons:
        return "Nothing to act on", "warn"
    return ("Failed", "bad") if status.phase == "Failed" else ("Not played", "quiet")


def _title(run: IncidentRun, story: Story) -> str:
    told = run.spec.alert.title if run.spec.alert else story.alert.get("title")
    played = run.status.scenario.name if run.status.scenario else run.spec.scenario_ref and run.spec.scenario_ref.name
    return str(told or played or run.metadata.name)


def _first_line(run: IncidentRun, story: Story) -> str:
    if not story.was_played:
        return _NOTHING
    if "site" in story.setting:
        return f"Played on site {story.setting['site']}: what was done there was real."
    substrate = substrate_of(run, story)
    return _REHEARSAL if substrate == "Simulator" else f"Played on a live substrate: {substrate}."


def substrate_of(run: IncidentRun, story: Story) -> str:
    return str(story.setting.get("substrate") or run.status.substrate or "")


def run_id(run: IncidentRun) -> str:
    return f"{run.metadata.namespace or 'default'}/{run.metadata.name}"


def _metadata(run: IncidentRun, story: Story) -> list[Pair]:
    status, setting = run.status, story.setting
    pairs = [
        ("Run", run_id(run)),
        ("UID", run.metadata.uid or (setting.get("run") or {}).get("uid")),
        ("Began", status.start_time),
        ("Ended", status.completion_time),
        *_played(status, story),
        ("Policy", status.policy or setting.get("policy")),
        ("Substrate", substrate_of(run, story)),
        ("Grading", setting.get("grading") or status.grading),
        ("Praetor", status.runner_version),
    ]
    return [(label, one_line(value, 80)) for label, value in pairs]


def _played(status: IncidentRunStatus, story: Story) -> list[tuple[str, Any]]:
    """Which episode it was; at a site nobody chose it."""
    setting, played = story.setting, status.scenario
    if "site" in setting:
        return [("Site", setting["site"]), ("Attempt", setting.get("attempt"))]
    return [
        ("Scenario", played.name if played else setting.get("scenario")),
        ("Seed", played.seed if played else setting.get("seed")),
        ("Difficulty", setting.get("difficulty")),
    ]


def _stats(story: Story) -> list[Stat]:
    verdict = story.verdict
    if not verdict:
        return []
    return [
        Stat("User minutes lost", whole(verdict["user_minutes_lost"]), _untouched(story)),
        Stat("Objectives hold after", _well_again(story), _duration(story)),
        Stat("Diagnosis", _diagnosis(verdict), "judged against the truth" if verdict["truth"] is not None else ""),
        Stat("Score", f"{verdict['score']:.2f}", f"{len(story.steps)} of {story.setting.get('max_steps', '?')} steps"),
    ]


def _untouched(story: Story) -> str:
    worth = story.worth
    if not worth:
        return ""
    if worth["heals_by_itself"]:
        return "would have healed by itself"
    return f"{whole(worth['user_minutes_lost_untouched'])} if left alone"


def _well_again(story: Story) -> str:
    since = story.well_again_seconds
    if since is not None:
        return f"{minutes(since)} min"
    slos = story.last_snapshot.get("slos", ())
    return "never broken" if slos and all(slo["met"] for slo in slos) else "not yet" if slos else "not known"


def _duration(story: Story) -> str:
    return f"{minutes(story.verdict['sim_seconds'])} min in all"


def _diagnosis(verdict: Json) -> str:
    if verdict["declared"] is None:
        return "none"
    return {True: "right", False: "wrong", None: "not judged"}[verdict["diagnosed"]]


def _chips(story: Story) -> tuple[tuple[str, tuple[str, ...]], ...]:
    if not story.was_played:
        return ()
    causes, fixes = story.causes, [in_words(step.action) for step in story.changes]
    named = ("not known",) if causes is None else tuple(_plain(one["mechanism"]) for one in causes)
    services = tuple(dict.fromkeys(one_line(one["service"], 40) for one in causes or ()))
    return (
        ("Cause", named or ("nothing was broken",)),
        ("Fix" if story.verdict.get("mitigated") else "Changed", tuple(fixes[:4]) or ("nothing was changed",)),
        ("Service", services or (one_line(story.alert.get("service") or "-", 40),)),
    )


def _plain(name: str) -> str:
    return one_line(name, 40).replace("_", " ")


def in_words(action: Json | None) -> str:
    """As an engineer would say it: `roll back order-service to v2.3.1`."""
    if action is None:
        return "malformed action"
    kind, at, given = action["action_type"], one_line(action.get("target_service") or "", 63), action["parameters"]
    match kind:
        case "restart_service":
            limit = given.get("memory_limit")
            return f"restart {at}{f' with a memory limit of {one_line(limit, 20)}' if limit else ''}"
        case "scale_service":
            return f"scale {at} to {one_line(given.get('replicas'), 20)} replicas"
        case "rollback_deployment":
            return f"roll back {at} to {one_line(given.get('to_version'), 40)}"
        case "update_config":
            return f"set {one_line(given.get('key'), 63)} = {one_line(given.get('value'), 40)} on {at}"
        case "resolve_incident":
            return f"declare {_declared(action)}"
    command = f" ({_plain(given['command'])})" if isinstance(given.get("command"), str) else ""
    return f"{_plain(kind)} {at}".strip() + command


def _declared(action: Json) -> str:
    named = [cause for cause in action["parameters"].get("causes") or () if isinstance(cause, dict)]
    return "; ".join(f"{_plain(str(one.get('mechanism')))} at {one_line(one.get('service'), 40)}" for one in named) or (
        "that nothing is broken"
    )


def is_plain(value: object) -> bool:
    return isinstance(value, str | int | float)


def whole(value: float) -> str:
    """`18 379`; below 10 with a digit."""
    return f"{value:,.0f}".replace(",", "\N{NO-BREAK SPACE}") if abs(value) >= 10 else number(round(value, 1))
