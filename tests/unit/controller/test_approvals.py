"""Changes that wait for a person: approved, denied, forgotten, and through restarts of the operator."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from praetor.cli.main import app
from praetor.controller import episodes
from praetor.controller.approving import past_changes
from praetor.controller.embedded import EmbeddedController
from praetor.resources.approvals import admission_binding, admission_policy, complaint_about
from praetor.resources.experiment import Inject
from praetor.resources.run import IncidentRun
from praetor.store.directory import DirectoryStore
from simcore.errors import InvalidObjectError
from simcore.trace import read_trace
from tests.support.asking_pool import AskingPool
from tests.support.guarded_stage import GuardedStage
from tests.support.operators import conditions, reason, run_manifest
from tests.support.tiny_stage import DECLARE, LIST, RESTART, Script, TinyStage, decision

Run = dict[str, Any]
ALERT = {"source": "generic", "groupKey": "g", "title": "it hurts"}
ON_SITE = {"alert": ALERT, "target": {"siteRef": {"name": "shop"}}}
GOOD = (decision(LIST, "look first"), decision(RESTART, "it crashed"), decision(DECLARE))


def rehearsals() -> AskingPool:
    return AskingPool(lambda request: TinyStage(), lambda request: Script(*GOOD))


def on_sites() -> AskingPool:
    return AskingPool(lambda request: GuardedStage(), lambda request: Script(*GOOD))


@asynccontextmanager
async def operated(store: DirectoryStore, pool: AskingPool) -> AsyncIterator[EmbeddedController]:
    async with asyncio.timeout(240), EmbeddedController(store, pool) as controller:
        yield controller


def wanted(name: str = "one", **spec: Any) -> Run:
    manifest = run_manifest(name, **({"approval": "Always"} | spec))
    manifest["metadata"]["namespace"] = "default"
    return manifest


def site(**guardrails: Any) -> Run:
    spec = {"http": {"url": "https://127.0.0.1:1"}, "guardrails": guardrails, "probeSeconds": 86400}
    metadata = {"name": "shop", "namespace": "default"}
    return {"apiVersion": "praetor.dev/v1alpha1", "kind": "TargetSite", "metadata": metadata, "spec": spec}


async def when(store: DirectoryStore, holds: Callable[[Run], bool], name: str = "one") -> Run:
    changes = store.subscribe()
    try:
        while not holds(run := await store.get("IncidentRun", "default", name)):
            await changes.get()
        return run
    finally:
        store.unsubscribe(changes)


def waits(run: Run) -> bool:
    return "awaiting" in run.get("status", {})


def ended(run: Run) -> bool:
    return "completionTime" in run.get("status", {})


async def decide(store: DirectoryStore, decision: str = "Approve", why: str = "", name: str = "one") -> None:
    run = await when(store, waits, name)
    entry = {"request": run["status"]["awaiting"]["request"], "decision": decision, "by": "local"}
    spec = run["spec"] | {"approvals": [*run["spec"].get("approvals", []), entry | ({"reason": why} if why else {})]}
    await store.update(run | {"spec": spec})


async def test_a_change_waits_with_its_reason_until_a_person_approves_it(store: DirectoryStore) -> None:
    pool = rehearsals()
    async with operated(store, pool):
        await store.create(wanted())
        run = await when(store, waits)
        awaiting = run["status"]["awaiting"]
        assert (awaiting["step"], awaiting["action"], awaiting["service"]) == (2, "restart_service", "api")
        assert awaiting["reason"] == "it crashed"
        assert (conditions(run)["ApprovalRequired"], reason(run, "ApprovalRequired")) == ("True", "WaitsForApproval")
        assert "kubectl praetor approve one" in run["status"]["message"]
        assert not pool.stages[0].healthy
        await decide(store)
        run = await when(store, ended)
    assert conditions(run)["Succeeded"] == "True"
    assert (conditions(run)["ApprovalRequired"], reason(run, "ApprovalRequired")) == ("False", "Approved")
    assert "awaiting" not in run["status"]
    assert len(pool.requests) == 1
    trace = await store.get_artifact("default", "one", "trace.jsonl")
    said = [event["data"] for event in read_trace(trace) if event["kind"] == "approval"]
    assert [(one["state"], one.get("by")) for one in said] == [("Asked", None), ("Approved", "local")]


async def test_a_denial_is_told_to_the_policy(store: DirectoryStore) -> None:
    pool = rehearsals()
    async with operated(store, pool):
        await store.create(wanted())
        await decide(store, "Deny", "a release is under way")
        run = await when(store, ended)
    assert not pool.stages[0].healthy
    assert reason(run, "ApprovalRequired") == "Denied"
    assert run["status"]["steps"][1]["summary"] == "error: denied by local: a release is under way"


async def test_a_run_that_nobody_decides_about_in_time_is_left_to_a_person(store: DirectoryStore) -> None:
    pool = rehearsals()
    async with operated(store, pool):
        await store.create(wanted(approvalTimeoutSeconds=1))
        run = await when(store, ended)
    assert (conditions(run)["Complete"], conditions(run)["Escalated"]) == ("True", "True")
    assert reason(run, "Escalated") == reason(run, "ApprovalRequired") == "ApprovalTimedOut"
    assert not pool.stages[0].healthy


async def test_waiting_survives_an_operator_that_ends_and_the_time_limit_goes_on(store: DirectoryStore) -> None:
    async with operated(store, rehearsals()):
        await store.create(wanted())
        before = (await when(store, waits))["status"]["awaiting"]
    pool = rehearsals()
    async with operated(store, pool):
        assert (await when(store, waits))["status"]["awaiting"] == before
        await decide(store)
        run = await when(store, ended)
    assert conditions(run)["Succeeded"] == "True"
    assert len(pool.requests) == 1


async def test_what_is_approved_while_no_operator_is_there_is_done_by_the_next(store: DirectoryStore) -> None:
    async with operated(store, rehearsals()):
        await store.create(wanted())
        await when(store, waits)
    await decide(store)
    async with operated(store, rehearsals()):
        run = await when(store, ended)
    assert conditions(run)["Succeeded"] == "True"


async def test_a_time_limit_that_passes_while_no_operator_is_there_holds(store: DirectoryStore) -> None:
    async with operated(store, rehearsals()):
        await store.create(wanted(approvalTimeoutSeconds=1))
        await when(store, lambda run: waits(run) or ended(run))
    await asyncio.sleep(1.5)
    pool = rehearsals()
    async with operated(store, pool):
        run = await when(store, ended)
    assert reason(run, "Escalated") == "ApprovalTimedOut"
    assert pool.requests == []


async def test_a_process_is_given_back_after_a_while_and_the_episode_begun_anew_once_approved(
    store: DirectoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(episodes, "PATIENCE_SECONDS", 0.2)
    pool = rehearsals()
    async with operated(store, pool) as controller:
        await store.create(wanted())
        await when(store, waits)
        uid = (await store.get("IncidentRun", "default", "one"))["metadata"]["uid"]
        while controller._controller._episodes.state(uid) is not None:  # noqa: ASYNC110 (no event to wait for)
            await asyncio.sleep(0.02)
        monkeypatch.setattr(episodes, "PATIENCE_SECONDS", 60.0)
        await decide(store)
        run = await when(store, ended)
    assert conditions(run)["Succeeded"] == "True"
    assert len(pool.requests) == 2


async def test_a_parked_run_can_be_cancelled(store: DirectoryStore) -> None:
    async with operated(store, rehearsals()):
        await store.create(wanted())
        await when(store, waits)
    run = await store.get("IncidentRun", "default", "one")
    await store.update(run | {"spec": run["spec"] | {"cancel": "Graceful"}})
    async with operated(store, rehearsals()):
        run = await when(store, ended)
    assert (reason(run, "Failed"), conditions(run)["ApprovalRequired"]) == ("Cancelled", "False")


async def test_a_change_of_a_site_is_in_the_status_before_it_is_made(store: DirectoryStore) -> None:
    pool = on_sites()
    async with operated(store, pool):
        await store.create(site(approval="Always"))
        await store.create(wanted(**ON_SITE, approval="Never"))
        await when(store, waits)
        assert pool.stages[0].made == []
        await decide(store)
        run = await when(store, lambda run: bool(run["status"].get("intents")))
        (intent,) = run["status"]["intents"]
        assert (intent["action"], intent["service"], intent["approvedBy"]) == ("restart_service", "api", "local")
        await when(store, ended)
    assert len(pool.stages[0].made) == 1


async def test_on_a_site_a_restart_of_the_operator_begins_another_attempt_under_the_same_approval(
    store: DirectoryStore,
) -> None:
    async with operated(store, on_sites()):
        await store.create(site())
        await store.create(wanted(**ON_SITE))
        await when(store, waits)
    await decide(store)
    pool = on_sites()
    async with operated(store, pool):
        run = await when(store, ended)
    assert [request.attempt for request in pool.requests] == [2]
    assert [intent["attempt"] for intent in run["status"]["intents"]] == [2]
    assert pool.stages[0].keys[1].endswith("/2/2")


async def test_a_fault_that_comes_back_is_left_to_a_person_by_the_next_run(store: DirectoryStore) -> None:
    pool = on_sites()
    async with operated(store, pool):
        await store.create(site())
        await store.create(wanted("first", **ON_SITE, approval="Never"))
        await when(store, ended, "first")
        await store.create(wanted("second", **ON_SITE, approval="Never"))
        run = await when(store, ended, "second")
    assert [len(stage.made) for stage in pool.stages] == [1, 0]
    assert (conditions(run)["Escalated"], reason(run, "Escalated")) == ("True", "FaultRecurred")
    assert "run first made the same change" in run["status"]["message"]


async def test_restarts_are_counted_over_runs(store: DirectoryStore) -> None:
    pool = on_sites()
    async with operated(store, pool):
        await store.create(site(restartsPerHour=2, verificationWindowSeconds=0))
        for name in ("a", "b", "c"):
            await store.create(wanted(name, **ON_SITE, approval="Never"))
            run = await when(store, ended, name)
    assert [len(stage.made) for stage in pool.stages] == [1, 1, 0]
    assert "2 of 2 restarts" in run["status"]["steps"][1]["summary"]


async def test_a_run_whose_changes_still_count_outlives_its_ttl(store: DirectoryStore) -> None:
    async with operated(store, on_sites()):
        await store.create(site())
        await store.create(wanted(**ON_SITE, approval="Never", ttlSecondsAfterFinished=0))
        await when(store, ended)
        await asyncio.sleep(0.5)
        assert await store.get("IncidentRun", "default", "one")


async def test_suggestions_are_in_the_status_and_in_the_report(store: DirectoryStore) -> None:
    pool = rehearsals()
    async with operated(store, pool):
        await store.create(wanted(mode="Suggest"))
        run = await when(store, ended)
    (suggested,) = run["status"]["suggestions"]
    assert (suggested["action"], suggested["service"], suggested["reason"]) == ("restart_service", "api", "it crashed")
    assert (conditions(run)["Complete"], reason(run, "Escalated")) == ("True", "ChangeSuggested")
    report = (await store.get_artifact("default", "one", "postmortem.md")).decode()
    assert "restart_service" in report
    assert "it crashed" in report
    assert "suggested" in report.lower()


async def test_no_run_is_made_with_approvals_and_none_is_taken_back_or_given_in_another_name(
    store: DirectoryStore,
) -> None:
    entry = {"request": "0" * 16, "decision": "Approve", "by": "local"}
    with pytest.raises(InvalidObjectError, match="a new run has none"):
        await store.create(wanted(approvals=[entry]))
    run = await store.create(wanted())
    with pytest.raises(InvalidObjectError, match="`by` is 'local'"):
        await store.update(run | {"spec": run["spec"] | {"approvals": [entry | {"by": "alice"}]}})
    run = await store.update(run | {"spec": run["spec"] | {"approvals": [entry]}})
    for changed in ([], [entry | {"decision": "Deny"}], [entry, entry | {"decision": "Deny"}]):
        with pytest.raises(InvalidObjectError, match=r"stay as they are|decided once"):
            await store.update(run | {"spec": run["spec"] | {"approvals": changed}})


async def test_praetor_approve_lets_the_change_pass(store: DirectoryStore, tmp_path: Path) -> None:
    async with operated(store, rehearsals()):
        await store.create(wanted())
        await when(store, waits)
        wrong = await asyncio.to_thread(approve, "one", "--step", "7", "--data", str(tmp_path))
        assert (wrong.exit_code, "waits with step 2" in wrong.stderr) == (1, True)
        right = await asyncio.to_thread(approve, "one", "--step", "2", "--data", str(tmp_path))
        assert (right.exit_code, "approved: one, step 2: restart_service api" in right.stderr) == (0, True)
        run = await when(store, ended)
    assert conditions(run)["Succeeded"] == "True"
    late = await asyncio.to_thread(approve, "one", "--data", str(tmp_path))
    assert (late.exit_code, "waits for nobody" in late.stderr) == (1, True)


def approve(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["approve", *arguments])


MADE_AT = "2026-01-31T12:00:00Z"


def as_stored(manifest: dict[str, Any], made_at: str = MADE_AT, **spec: Any) -> dict[str, Any]:
    """As the API server gives it back, with what it fills in."""
    filled = {"matchConstraints": manifest["spec"]["matchConstraints"] | {"matchPolicy": "Equivalent"}} if (
        "matchConstraints" in manifest["spec"]
    ) else {}  # fmt: skip
    return manifest | {
        "metadata": manifest["metadata"] | {"creationTimestamp": made_at},
        "spec": manifest["spec"] | filled | spec,
    }


def test_approvals_count_only_where_the_guard_is_whole_and_older_than_the_run() -> None:
    policy, binding = as_stored(admission_policy()), as_stored(admission_binding())
    assert complaint_about(policy, binding, MADE_AT) == ""
    assert "is not installed" in complaint_about(None, binding, MADE_AT)
    assert "is not installed" in complaint_about(policy, None, MADE_AT)
    audits = as_stored(admission_binding(), validationActions=["Audit"])
    assert "is not as this version writes it" in complaint_about(policy, audits, MADE_AT)
    narrowed = as_stored(admission_binding(), matchResources={"namespaceSelector": {"matchLabels": {"a": "b"}}})
    assert "is not as this version writes it" in complaint_about(policy, narrowed, MADE_AT)
    lax = as_stored(admission_policy(), failurePolicy="Ignore")
    assert "is not as this version writes it" in complaint_about(lax, binding, MADE_AT)
    excused = as_stored(admission_policy(), matchConditions=[{"name": "x", "expression": "false"}])
    assert "is not as this version writes it" in complaint_about(excused, binding, MADE_AT)
    newer = as_stored(admission_policy(), made_at="2026-01-31T12:00:01Z")
    assert "the run is older" in complaint_about(newer, binding, MADE_AT)


def test_the_changes_of_all_runs_of_a_site_are_told_in_their_order() -> None:
    def with_intents(name: str, *times: str) -> IncidentRun:
        run = IncidentRun.model_validate(wanted(name, **ON_SITE))
        rows = [
            {"attempt": 1, "step": 1, "action": "restart_service", "service": "api", "at": f"2026-01-31T{time}Z"}
            for time in times
        ]
        return run.model_copy(update={"status": type(run.status).model_validate({"intents": rows})})

    first, second = with_intents("a", "10:00:00", "12:00:00"), with_intents("b", "11:00:00")
    found = past_changes(first, [first, second])
    assert [change.run for change in found] == ["a", "b", "a"]
    assert not any(change.of_experiment for change in found)

    experiment = second.spec.model_copy(update={"inject": Inject(fault="pod_kill", service="api")})
    broken_on_purpose = second.model_copy(update={"spec": experiment})
    found = past_changes(first, [first, broken_on_purpose])
    assert [change.of_experiment for change in found] == [False, True, False]
    assert all(change.of_experiment for change in past_changes(broken_on_purpose, [first]))
