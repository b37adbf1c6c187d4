"""The tool layer: what a site's owner, the run's mode and people let pass, and what the policy is told otherwise."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

import simcore
from praetor.guard.targets import SiteRequest
from praetor.resources import reasons
from praetor.runner.changes import GO, Clearance, Gate, PastChange, WantedChange, nobody
from praetor.runner.loop import play
from praetor.runner.request import RunOutcome, RunRequest
from praetor.substrates.sim import SimSubstrate
from simcore.episode import Episode
from simcore.trace import read_trace
from tests.support.guarded_stage import MORNING, GuardedStage
from tests.support.tiny_stage import DECLARE, LIST, Script, TinyStage, decision


def restart(service: str = "api", **parameters: Any) -> dict[str, Any]:
    return {"action_type": "restart_service", "target_service": service, "parameters": parameters}


def scale(service: str, replicas: int) -> dict[str, Any]:
    return {"action_type": "scale_service", "target_service": service, "parameters": {"replicas": replicas}}


def config(key: str, value: str, service: str = "postgres") -> dict[str, Any]:
    return {"action_type": "update_config", "target_service": service, "parameters": {"key": key, "value": value}}


ROLLBACK = {"action_type": "rollback_deployment", "target_service": "api", "parameters": {"to_version": "v1"}}


def request(past: tuple[PastChange, ...] = (), **guardrails: Any) -> RunRequest:
    site = SiteRequest("shop", "https://shop.example", guardrails=guardrails)
    return RunRequest("uid-1", "default", "one", "unknown", site=site, past=past)


def played(
    asked: RunRequest, *words: dict[str, Any], stage: GuardedStage | None = None, gate: Gate = lambda change: GO
) -> tuple[RunOutcome, GuardedStage]:
    stage = stage or GuardedStage()
    said = [decision(word) for word in (*words, DECLARE)]
    return play(asked, stage, Script(*said), gate=gate, clock=stage.clock), stage  # type: ignore[arg-type]


def made(stage: GuardedStage) -> list[str]:
    return [f"{wire['action_type']} {wire['target_service']}" for _, wire in stage.made]


def told(outcome: RunOutcome, step: int = 0) -> str:
    return str(outcome.steps[step]["summary"])


def past(run: str, wire: dict[str, Any], ago: timedelta) -> PastChange:
    key = str(wire["parameters"].get("key", ""))
    return PastChange(run, wire["action_type"], wire["target_service"], key, (MORNING - ago).isoformat())


def test_a_protected_service_is_not_changed_and_may_be_looked_at() -> None:
    look = {"action_type": "describe_service", "target_service": "postgres"}
    outcome, stage = played(request(protectedServices=["postgres"]), look, restart("postgres"), restart("api"))
    assert made(stage) == ["restart_service api"]
    assert not told(outcome).startswith("error")
    assert "postgres is a protected service" in told(outcome, 1)


def test_restarts_are_counted_over_the_runs_of_the_site_within_an_hour() -> None:
    earlier = (
        past("other", restart("frontend"), timedelta(minutes=61)),
        past("other", restart("frontend"), timedelta(minutes=59)),
    )
    asked = request(earlier, restartsPerHour=2, verificationWindowSeconds=0)
    outcome, stage = played(asked, restart("api"), restart("api"), scale("api", 5))
    assert made(stage) == ["restart_service api", "scale_service api"]
    assert "2 of 2 restarts" in told(outcome, 1)


def test_a_run_changes_no_more_services_than_the_blast_radius() -> None:
    asked = request(blastRadius={"services": 1})
    outcome, stage = played(asked, restart("api"), restart("frontend"), scale("api", 5))
    assert made(stage) == ["restart_service api", "scale_service api"]
    assert "may change 1 services and has changed api" in told(outcome, 1)


def test_services_that_an_earlier_attempt_changed_count() -> None:
    asked = request((past("one", restart("frontend"), timedelta(minutes=1)),), blastRadius={"services": 1})
    assert made(played(asked, restart("api"), restart("frontend"))[1]) == ["restart_service frontend"]


def test_pods_are_taken_away_only_up_to_a_share_of_what_the_run_found() -> None:
    asked = request(blastRadius={"podsPercent": 50})
    outcome, stage = played(asked, scale("api", 3), scale("api", 2), scale("api", 1), scale("api", 9), scale("api", 2))
    assert [wire["parameters"]["replicas"] for _, wire in stage.made] == [3, 2, 9, 2]
    assert "had 4 pods when this run began" in told(outcome, 2)


def test_a_service_of_which_nobody_knows_the_pods_is_not_scaled() -> None:
    asked = request(blastRadius={"podsPercent": 100})
    assert made(played(asked, scale("unheard-of", 3))[1]) == []


def test_a_guess_of_how_many_pods_there_are_is_none() -> None:
    """A site without /ops/services: its snapshot has one replica of each service, and there may be many."""

    class GuessingStage(GuardedStage):
        def unsure_of(self) -> frozenset[str]:
            return frozenset({"api"})

    asked = request(blastRadius={"podsPercent": 50})
    assert made(played(asked, scale("api", 4), scale("frontend", 1), stage=GuessingStage())[1]) == [
        "scale_service frontend"
    ]
    asked_for: list[str] = []
    played(request(approval="RiskyActions"), scale("api", 5), stage=GuessingStage(), gate=noting(asked_for))
    assert asked_for == ["scale_service"]


def test_any_memory_limit_is_less_than_one_that_nobody_knows() -> None:
    stage, asked_for = GuardedStage(), list[str]()
    stage.memory_mb["api"] = 0.0
    played(request(approval="RiskyActions"), restart(memory_limit="1Gi"), stage=stage, gate=noting(asked_for))
    assert asked_for == ["restart_service"]


def noting(asked_for: list[str]) -> Gate:
    def gate(change: WantedChange) -> Clearance:
        asked_for.extend([change.action["action_type"]] if change.needs_approval else [])
        return GO

    return gate


NIGHT = {"schedule": "0 22 * * *", "durationSeconds": 4 * 3600}
OFFICE = {"schedule": "0 8 * * *", "durationSeconds": 4 * 3600}


@pytest.mark.parametrize(
    ("windows", "complaint"),
    [
        ([], ""),
        ([OFFICE], ""),
        ([NIGHT, OFFICE], ""),
        ([NIGHT], "only in '0 22 * * *' (UTC)"),
        ([OFFICE | {"kind": "Freeze"}], "frozen now: '0 8 * * *'"),
        ([NIGHT | {"kind": "Freeze"}], ""),
        ([OFFICE, OFFICE | {"kind": "Freeze", "schedule": "30 8 * * *"}], "frozen now"),
    ],
)
def test_changes_are_made_in_a_window_and_never_in_a_freeze(windows: list[dict[str, Any]], complaint: str) -> None:
    outcome, stage = played(request(maintenanceWindows=windows), restart())
    assert bool(stage.made) is not bool(complaint)
    assert complaint in told(outcome)


def test_what_was_broken_on_purpose_may_be_put_right_again() -> None:
    earlier = replace(past("before", restart(), timedelta(minutes=1)), of_experiment=True)
    outcome, stage = played(request((earlier,)), restart())
    assert made(stage) == ["restart_service api"]
    assert outcome.escalation is None
    assert made(played(request((earlier,), restartsPerHour=1), restart())[1]) == [], "it counts as a restart"


def test_the_fix_of_an_earlier_run_is_not_repeated_within_the_window_and_a_person_has_to_look() -> None:
    asked = request((past("before", restart(memory_limit="1Gi"), timedelta(minutes=29)),))
    outcome, stage = played(asked, restart(memory_limit="2Gi"), restart("frontend"))
    assert made(stage) == []
    assert outcome.escalation is not None
    assert outcome.escalation.reason == reasons.FAULT_RECURRED
    assert "run before made the same change" in outcome.escalation.message
    assert len(outcome.steps) == 1


@pytest.mark.parametrize(
    ("earlier", "wanted", "rules"),
    [
        (past("before", restart(), timedelta(minutes=31)), restart(), {}),
        (past("before", restart(), timedelta(minutes=1)), restart(), {"verificationWindowSeconds": 0}),
        (past("before", restart("frontend"), timedelta(minutes=1)), restart(), {}),
        (past("before", config("db.pool.max_size", "50"), timedelta(minutes=1)), config("cpu.limit", "2"), {}),
        (past("one", restart(), timedelta(minutes=1)), restart(), {}),
    ],
)
def test_other_fixes_later_ones_and_its_own_are_no_recurrence(
    earlier: PastChange, wanted: dict[str, Any], rules: dict[str, Any]
) -> None:
    outcome, stage = played(request((earlier,), **rules), wanted)
    assert len(stage.made) == 1
    assert outcome.escalation is None


def test_a_run_makes_no_more_changes_than_its_status_can_keep() -> None:
    many = [scale("api", number + 5) for number in range(28)]
    outcome, stage = played(request(), *many)
    assert len(stage.made) == 24
    assert "as many as one may" in told(outcome, 24)


def test_a_dry_run_changes_nothing_tells_so_and_goes_on() -> None:
    outcome, stage = played(replace(request(), mode="DryRun"), restart(), scale("api", 1))
    assert stage.made == []
    assert [one["action"] for one in outcome.suggestions] == ["restart_service", "scale_service"]
    assert "not made (mode: DryRun); this substrate has no dry run of its own" in told(outcome)
    assert outcome.steps[-1]["action"] == "resolve_incident"


def test_a_dry_run_does_not_check_what_a_guardrail_forbids() -> None:
    asked = replace(request(protectedServices=["api"]), mode="DryRun")
    assert played(asked, restart())[0].suggestions == []


def test_the_simulators_dry_run_says_what_would_be_refused_and_moves_nothing() -> None:
    stage = SimSubstrate(simcore.make("oom-crash", seed=3))
    stage.reset()
    before = stage.snapshot()
    assert stage.dry_run(restart(before.services[0].name))
    with pytest.raises(ValueError, match="no-such"):
        stage.dry_run(restart("no-such"))
    assert stage.snapshot() == before


@pytest.mark.parametrize("mode", ["Act", "DryRun"])
def test_what_is_refused_costs_a_step_of_the_simulators_verdict_too(mode: str) -> None:
    stage = SimSubstrate(simcore.make("oom-crash", seed=3))
    first, second = (service.name for service in stage.snapshot().services[:2])
    look = {"action_type": "list_services", "target_service": None, "parameters": {}}
    words = [look, restart(first), restart(first), look, restart(second), DECLARE]
    asked = replace(request(protectedServices=[first]), mode=mode)
    outcome = play(asked, stage, Script(*map(decision, words)), gate=lambda change: GO)
    assert outcome.verdict["steps"] == len(outcome.steps) == 6
    credited = [credit["step"] for credit in outcome.verdict["counterfactual"]["credits"]]
    assert credited == ([5] if mode == "Act" else [])
    told = [event for event in read_trace(outcome.trace) if event["kind"] in ("effect", "observation")]
    assert [event["observation"]["step"] for event in told if event["action"]] == [1, 2, 3, 4, 5, 6]


def test_a_simulated_episode_whose_last_step_is_refused_has_ended() -> None:
    stage = SimSubstrate(Episode(simcore.make("oom-crash", seed=3).scenario, 3, 0.5, max_steps=2))
    outcome = play(request(allowedActions=[]), stage, Script(decision(restart("api-gateway"))), gate=lambda change: GO)
    assert "nothing may be changed here" in told(outcome, 1)
    assert outcome.verdict["steps"] == 2
    assert outcome.verdict["counterfactual"]["credits"] == []


def test_suggest_writes_the_first_change_down_and_leaves_the_rest_to_a_person() -> None:
    outcome, stage = played(replace(request(), mode="Suggest"), restart(memory_limit="1Gi"), scale("api", 1))
    assert stage.made == []
    (suggested,) = outcome.suggestions
    assert suggested | {"reason": ""} == {
        "step": 1, "action": "restart_service", "service": "api", "parameters": '{"memory_limit": "1Gi"}',
        "reason": "", "check": "",
    }  # fmt: skip
    assert suggested["reason"] == "because"
    assert outcome.escalation is not None
    assert outcome.escalation.reason == reasons.CHANGE_SUGGESTED
    assert len(outcome.steps) == 1


class Desk:
    """A gate that says what it is told, and keeps what it was asked."""

    def __init__(self, *clearances: Clearance) -> None:
        self.clearances, self.asked = list(clearances), list[WantedChange]()

    def __call__(self, change: WantedChange) -> Clearance:
        self.asked.append(change)
        return self.clearances.pop(0) if self.clearances else GO


def test_every_real_change_goes_by_the_gate_before_it_is_announced_and_made() -> None:
    stage, seen = GuardedStage(), list[int]()

    def gate(change: WantedChange) -> Clearance:
        seen.append(len(stage.made))
        return GO

    outcome, _ = played(request(), restart(), LIST, scale("api", 5), stage=stage, gate=gate)
    assert seen == [0, 1]
    kinds = [event["kind"] for event in read_trace(outcome.trace)]
    assert kinds[2:5] == ["decision", "intent", "effect"]


@pytest.mark.parametrize(
    ("level", "wire", "asks"),
    [
        ("Never", ROLLBACK, False),
        ("Always", restart(), True),
        ("RiskyActions", restart(), False),
        ("RiskyActions", restart(memory_limit="1Gi"), False),
        ("RiskyActions", restart(memory_limit="256Mi"), True),
        ("RiskyActions", scale("api", 5), False),
        ("RiskyActions", scale("api", 3), True),
        ("RiskyActions", scale("unheard-of", 30), True),
        ("RiskyActions", ROLLBACK, True),
        ("RiskyActions", config("cpu.limit", "2"), True),
    ],
)
@pytest.mark.parametrize("by_the_site", [True, False])
def test_a_person_is_asked_as_the_stricter_of_site_and_run_says(
    level: str, wire: dict[str, Any], asks: bool, by_the_site: bool
) -> None:
    asked = request(approval=level) if by_the_site else replace(request(), approval=level)  # type: ignore[arg-type]
    desk = Desk()
    played(asked, wire, gate=desk)
    assert [change.needs_approval for change in desk.asked] == [asks]


def test_a_denial_is_told_to_the_policy_which_goes_on() -> None:
    desk = Desk(Clearance("Deny", "denied by alice: not today", by="alice"))
    outcome, stage = played(replace(request(), approval="Always"), restart(), restart("frontend"), gate=desk)
    assert made(stage) == ["restart_service frontend"]
    assert told(outcome) == "error: denied by alice: not today"
    states = [event["data"]["state"] for event in read_trace(outcome.trace) if event["kind"] == "approval"]
    assert states == ["Asked", "Denied", "Asked", "Approved"]


def test_an_episode_that_nobody_lets_go_on_is_left_to_a_person() -> None:
    desk = Desk(Clearance("Escalate", "nobody decided", reasons.APPROVAL_TIMED_OUT))
    outcome, stage = played(replace(request(), approval="Always"), restart(), gate=desk)
    assert (stage.made, len(outcome.steps)) == ([], 1)
    assert outcome.escalation is not None
    assert outcome.escalation.reason == reasons.APPROVAL_TIMED_OUT
    assert list(read_trace(outcome.trace))[-1]["data"]["reason"] == "ApprovalTimedOut"


def test_what_is_approved_after_its_window_has_closed_is_not_done() -> None:
    stage = GuardedStage()

    def slow(change: WantedChange) -> Clearance:
        stage.now += timedelta(hours=4)
        return GO

    asked = request(maintenanceWindows=[OFFICE], approval="Always")
    outcome, _ = played(asked, restart(), stage=stage, gate=slow)
    assert stage.made == []
    assert "only in '0 8 * * *'" in told(outcome)


class TwoFaced(dict[str, Any]):
    """Malformed when it is read first, a change when it is read again."""

    def __init__(self, wire: dict[str, Any]) -> None:
        super().__init__(wire | {"action_type": "explode"})
        self._wire, self._read = wire, 0

    def __getitem__(self, name: str) -> Any:
        return self._wire[name] if name == "action_type" else super().__getitem__(name)

    def keys(self) -> Any:
        self._read += 1
        return super().keys()


def test_a_policy_cannot_say_one_thing_to_the_guardrail_and_another_to_the_substrate() -> None:
    stage = GuardedStage()
    script = Script(TwoFaced(restart("postgres")), decision(DECLARE))
    play(request(protectedServices=["postgres"]), stage, script, gate=lambda change: GO, clock=stage.clock)  # type: ignore[arg-type]
    assert stage.made == []


def test_where_nobody_can_be_asked_nothing_that_needs_a_person_is_done() -> None:
    outcome, stage = played(replace(request(), approval="Always"), restart(), gate=nobody)
    assert stage.made == []
    assert "nobody can be asked here" in told(outcome)


def test_an_approval_is_of_one_change_once() -> None:
    """The same change asks under another name the second time; begun anew, it asks under the same."""
    desk, again = Desk(), Desk()
    asked = replace(request(), approval="Always")
    played(asked, restart(), restart(), restart(memory_limit="1Gi"), gate=desk)
    names = [change.request for change in desk.asked]
    assert len(set(names)) == 3
    played(replace(asked, attempt=2), LIST, restart(), gate=again)
    assert [change.request for change in again.asked] == names[:1]
    made_before = (past("one", restart(), timedelta(minutes=1)),)
    after = Desk()
    played(replace(asked, attempt=2, past=made_before), restart(), gate=after)
    assert after.asked[0].request == names[1]


def test_another_run_asks_under_other_names() -> None:
    desks = Desk(), Desk()
    for desk, uid in zip(desks, ("uid-1", "uid-2"), strict=True):
        played(replace(request(), approval="Always", run_uid=uid), restart(), gate=desk)
    assert desks[0].asked[0].request != desks[1].asked[0].request


def test_a_rehearsal_asks_nobody_unless_it_is_told_to() -> None:
    desk = Desk()
    rehearsal = RunRequest("uid-1", "default", "one", "tiny")
    for asked in (rehearsal, replace(rehearsal, approval="Always")):
        play(asked, TinyStage(), Script(decision(restart()), decision(DECLARE)), gate=desk)
    assert [change.is_recorded for change in desk.asked] == [False]
