"""The upper half of a post-mortem: what came in, what it cost, what it was, what was done about it."""

from praetor.reports import worth
from praetor.reports.escape import name, text
from praetor.reports.format import action, bullets, causes, minutes, number, parameter, table, truth
from praetor.reports.story import Json, Story
from praetor.resources.run import IncidentRun

DESCRIPTION_CHARACTERS = 1000


def summary(run: IncidentRun, story: Story) -> list[str]:
    if not story.was_played:
        return [text(run.status.message) if run.status.message else "The run ended without an episode."]
    return [_in_a_sentence(story), "", *table(("fact", "value"), _facts(run, story))]


def _in_a_sentence(story: Story) -> str:
    policy, budget = name(story.setting.get("policy")), story.setting.get("max_steps", "?")
    took = minutes(story.verdict.get("sim_seconds"))
    return f"The policy {policy} took {len(story.steps)} of {budget} steps and {took} minutes. {_ending(story)}"


def _ending(story: Story) -> str:
    verdict = story.verdict
    if not verdict:
        return "The trace ends before a verdict."
    if verdict["resolved"] and verdict["diagnosed"] is None:
        return (
            "The incident is **resolved**: the objectives hold; nobody knows whether the named cause was the true one."
        )
    if verdict["resolved"] and not verdict["declared"]:
        return "The incident is **resolved**: the objectives hold, and it was rightly said that nothing is broken."
    if verdict["resolved"]:
        return "The incident is **resolved**: the objectives hold, and the true cause was named and removed."
    if not verdict["mitigated"]:
        return "The incident is **not resolved**: the objectives do not hold, or the cause is still there."
    if verdict["diagnosed"] is None:
        return "The incident is **mitigated**; nobody knows whether the named cause was the true one."
    return "The incident is **mitigated**, but its cause was not named rightly."


def _facts(run: IncidentRun, story: Story) -> list[tuple[str, str]]:
    setting, verdict = story.setting, story.verdict
    return [
        ("Run", f"{name(run.metadata.namespace or 'default')} {name(run.metadata.name)}"),
        ("UID", name(run.metadata.uid or (setting.get("run") or {}).get("uid"))),
        *_played(run, story),
        ("Substrate", text(setting.get("substrate"))),
        ("Grading", text(setting.get("grading"))),
        ("Score", number(verdict.get("score"))),
        ("Resolved", truth(verdict.get("resolved"))),
        ("Mitigated", truth(verdict.get("mitigated"))),
        ("Diagnosed", truth(verdict.get("diagnosed"))),
    ]


def _played(run: IncidentRun, story: Story) -> list[tuple[str, str]]:
    """Which episode it was; at a site nobody chose it."""
    setting, played = story.setting, run.status.scenario
    if "site" in setting:
        broken = [("Experiment", name(run.spec.inject.fault))] if run.spec.inject else []
        return [*broken, ("Site", name(setting["site"])), ("Attempt", text(setting.get("attempt")))]
    return [
        ("Scenario", name(played.name if played else setting.get("scenario"))),
        ("Seed", text(played.seed if played else setting.get("seed"))),
        ("Difficulty", text(setting.get("difficulty"))),
    ]


def alert(run: IncidentRun, story: Story) -> list[str]:
    """The alert that came in; of a run that plays a scenario, the page that the scenario gives."""
    given = run.spec.alert
    told = given.model_dump(by_alias=True, exclude_none=True) if given else story.alert
    if not told:
        return ["No alert."]
    about = [(key, text(told[key])) for key in ("source", "service", "severity", "startsAt") if told.get(key)]
    labels = [(f"label {text(key, 100)}", text(value)) for key, value in sorted(told.get("labels", {}).items())]
    quoted = [f"> {text(told['description'], DESCRIPTION_CHARACTERS)}", ""] if told.get("description") else []
    return [f"**{text(told.get('title'))}**", "", *quoted, *table(("field", "value"), about + labels)]


def impact(run: IncidentRun, story: Story) -> list[str]:
    if not story.was_played:
        return ["Not measured: no episode was played."]
    after = {(slo["service"], slo["sli"]): slo for slo in story.last_snapshot.get("slos", ())}
    rows = [_objective(slo, after) for slo in story.first_snapshot.get("slos", ())]
    lost = number(story.verdict.get("user_minutes_lost"))
    titles = ("objective", "target", "at the alert", "at the end")
    told = " ".join(filter(None, (f"Users lost **{lost} user minutes** until the run ended.", *_again(story))))
    return [told, "", *table(titles, rows)]


def _again(story: Story) -> tuple[str, ...]:
    since = story.well_again_seconds
    held = f"The objectives held again {minutes(since)} minutes after the alert." if since is not None else ""
    return held, worth.in_a_sentence(story)


def _objective(slo: Json, after: dict[tuple[str, str], Json]) -> tuple[str, ...]:
    later = after.get((slo["service"], slo["sli"]))
    return f"{name(slo['service'])} {text(slo['sli'])}", number(slo["objective"]), _value(slo), _value(later)


def _value(slo: Json | None) -> str:
    return f"{number(slo['value'])} ({'met' if slo['met'] else 'broken'})" if slo else "-"


def root_cause(run: IncidentRun, story: Story) -> list[str]:
    if not story.was_played:
        return ["Not looked for: no episode was played."]
    verdict = story.verdict
    return [
        f"- Declared: {causes(verdict.get('declared'), 'nothing was declared')}",
        f"- True: {causes(verdict.get('truth'), 'not known, so the declaration is not judged')}",
        *_in_own_words(story, "root_cause"),
    ]


def resolution(run: IncidentRun, story: Story) -> list[str]:
    listed, measured = changed(story), _measured(story)
    return listed + (["", *measured] if measured else []) + _in_own_words(story, "resolution")


def changed(story: Story) -> list[str]:
    done = (f"{minutes(step.began_seconds)} {action(step.action)}" for step in story.changes)
    return bullets(done, "Nothing was changed.")


def _measured(story: Story) -> list[str]:
    return worth.by_change(story) or list(filter(None, [worth.without_truth(story) if story.changes else ""]))


def _in_own_words(story: Story, key: str) -> list[str]:
    """What the policy wrote into the declaration that ended the episode."""
    said = parameter(story.steps[-1].action, key) if story.steps else None
    return ["", f"The policy says: {text(said, DESCRIPTION_CHARACTERS)}"] if said else []
