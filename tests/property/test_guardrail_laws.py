"""Whatever policies do, over several runs on one site: what its owner forbids does not happen."""

from datetime import datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from praetor.guard.targets import SiteRequest
from praetor.runner.changes import GO, Clearance, PastChange, WantedChange
from praetor.runner.loop import play
from praetor.runner.request import RunRequest
from tests.support.guarded_stage import MORNING, SERVICES, GuardedStage
from tests.support.tiny_stage import Script

NAMES = st.sampled_from([*SERVICES, "no-such"])
PARAMETERS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "restart_service": st.sampled_from([{}, {"memory_limit": "1Gi"}, {"memory_limit": "64Mi"}]),
    "scale_service": st.integers(0, 8).map(lambda replicas: {"replicas": replicas}),
    "rollback_deployment": st.just({"to_version": "v1"}),
    "update_config": st.sampled_from([{"key": "cpu.limit", "value": "1"}, {"key": "db.pool.max_size", "value": "9"}]),
    "read_logs": st.just({}),
}
ACTIONS = st.sampled_from(sorted(PARAMETERS)).flatmap(
    lambda name: st.fixed_dictionaries(
        {"action_type": st.just(name), "target_service": NAMES, "parameters": PARAMETERS[name]}
    )
)
WORDS = st.one_of(ACTIONS, ACTIONS, ACTIONS, st.sampled_from([None, {}, {"action_type": "explode"}, "restart it"]))
CHANGES = st.sampled_from(["restart_service", "scale_service", "rollback_deployment", "update_config"])
WINDOW = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["Allow", "Freeze"]),
        "schedule": st.builds("{} {} * * *".format, st.integers(0, 59), st.integers(8, 10)),
        "durationSeconds": st.integers(60, 5400),
    }
)
RULES = st.fixed_dictionaries(
    {},
    optional={
        "allowedActions": st.lists(CHANGES, max_size=4),
        "protectedServices": st.lists(st.sampled_from([*SERVICES]), max_size=2),
        "restartsPerHour": st.integers(0, 4),
        "blastRadius": st.fixed_dictionaries(
            {}, optional={"services": st.integers(1, 3), "podsPercent": st.integers(0, 100)}
        ),
        "maintenanceWindows": st.lists(WINDOW, max_size=2),
        "verificationWindowSeconds": st.integers(0, 3600),
    },
)
Made = tuple[str, datetime, dict[str, Any]]


def history(runs: list[list[Any]], rules: dict[str, Any], minutes: int, **options: Any) -> list[tuple[Made, int]]:
    """All changes that a site saw over several runs, each with the pods that its run found of the service."""
    past: list[PastChange] = []
    seen: list[tuple[Made, int]] = []
    now, replicas = MORNING, dict(SERVICES)
    for number, words in enumerate(runs):
        stage = GuardedStage(max_steps=len(words), step=timedelta(minutes=minutes), now=now)
        stage.replicas, found, name = replicas, dict(replicas), f"run-{number}"
        site = SiteRequest("shop", "https://shop.example", guardrails=rules)
        request = RunRequest(f"uid-{number}", "default", name, "unknown", site=site, past=tuple(past), **options)

        def recorded(change: WantedChange, name: str = name, stage: GuardedStage = stage) -> Clearance:
            parameters = change.action["parameters"]
            kind = change.action["action_type"], change.action["target_service"], str(parameters.get("key", ""))
            past.append(PastChange(name, *kind, stage.now.isoformat()))
            return GO

        play(request, stage, Script(*words), gate=recorded, clock=stage.clock)  # type: ignore[arg-type]
        seen += [((name, at, wire), found.get(wire["target_service"], 0)) for at, wire in stage.made]
        now, replicas = stage.now, stage.replicas
    return seen


RUNS = st.lists(st.lists(WORDS, min_size=1, max_size=12), min_size=1, max_size=4)


@given(runs=RUNS, rules=RULES, minutes=st.integers(0, 25))
@settings(deadline=None, max_examples=150)
def test_whatever_policies_do_the_owners_rules_hold(runs: list[list[Any]], rules: dict[str, Any], minutes: int) -> None:
    seen = history(runs, rules, minutes)
    made = [one for one, _ in seen]
    allowed = rules.get("allowedActions")
    assert allowed is None or {wire["action_type"] for _, _, wire in made} <= set(allowed)
    assert not {wire["target_service"] for _, _, wire in made} & set(rules.get("protectedServices", ()))
    assert_within_the_restart_budget(made, rules.get("restartsPerHour"))
    assert_within_the_blast_radius(seen, rules.get("blastRadius", {}))
    assert_in_the_windows(made, rules.get("maintenanceWindows", []))
    assert_no_fix_was_repeated(made, timedelta(seconds=rules.get("verificationWindowSeconds", 1800)))


def assert_within_the_restart_budget(made: list[Made], budget: int | None) -> None:
    restarts = [at for _, at, wire in made if wire["action_type"] == "restart_service"]
    for end in restarts if budget is not None else ():
        assert sum(end - timedelta(hours=1) < at <= end for at in restarts) <= budget


def assert_within_the_blast_radius(seen: list[tuple[Made, int]], radius: dict[str, int]) -> None:
    for run in {name for (name, _, _), _ in seen}:
        own = [(wire, found) for (name, _, wire), found in seen if name == run]
        assert len({wire["target_service"] for wire, _ in own}) <= radius.get("services", 99)
        for wire, found in own:
            if wire["action_type"] == "scale_service" and "podsPercent" in radius:
                assert found - wire["parameters"]["replicas"] <= radius["podsPercent"] / 100 * found + 1e-9


def assert_in_the_windows(made: list[Made], windows: list[dict[str, Any]]) -> None:
    allowing = [window for window in windows if window["kind"] == "Allow"]
    for _, at, _ in made:
        assert not any(is_open(window, at) for window in windows if window["kind"] == "Freeze")
        assert not allowing or any(is_open(window, at) for window in allowing)


def is_open(window: dict[str, Any], at: datetime) -> bool:
    """Of a window that opens once a day and is shorter than one."""
    minute, hour, *_ = window["schedule"].split()
    start = at.replace(hour=int(hour), minute=int(minute), second=0, microsecond=0)
    starts = start, start - timedelta(days=1)
    return any(start <= at < start + timedelta(seconds=window["durationSeconds"]) for start in starts)


def assert_no_fix_was_repeated(made: list[Made], window: timedelta) -> None:
    for run, at, wire in made:
        for other, before, earlier in made:
            if other != run and before <= at and kind_of(earlier) == kind_of(wire):
                assert at - before >= window


def kind_of(wire: dict[str, Any]) -> tuple[str, str, str]:
    return wire["action_type"], wire["target_service"], str(wire["parameters"].get("key", ""))


@given(runs=RUNS, mode=st.sampled_from(["DryRun", "Suggest"]))
@settings(deadline=None, max_examples=50)
def test_nothing_is_changed_in_a_mode_that_changes_nothing(runs: list[list[Any]], mode: str) -> None:
    assert history(runs, {}, 1, mode=mode) == []
