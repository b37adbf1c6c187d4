"""How runs on TargetSites begin and go on."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from praetor.controller import statuses, waiting
from praetor.controller.effects import (
    AnswerEpisode,
    LookAgain,
    PutArtifact,
    RecordEvent,
    StartEpisode,
    WriteStatus,
)
from praetor.controller.embedded import EmbeddedController
from praetor.controller.observed import Lost, Observed, Playable, Playing, Refused
from praetor.controller.reconcile import reconcile
from praetor.policies.registry import make_policy
from praetor.runner.changes import Clearance, WantedChange
from praetor.runner.loop import play
from praetor.runner.process import Clear
from praetor.runner.request import RunOutcome, RunRequest
from praetor.store.directory import DirectoryStore
from praetor.substrates.connect import connect
from tests.support.observing import NOW, accepted, manifest, with_status
from tests.support.on_sites import ON_SITE, SITE, TARGET, TOKEN, site_manifest
from tests.support.small_site import SmallSite


def on_site(**changes: Any) -> Observed:
    return replace(accepted(**TARGET), subject=ON_SITE, **changes)


def test_a_run_on_a_site_begins_in_one_step_and_is_no_rehearsal() -> None:
    told, written, started = reconcile(on_site())
    assert isinstance(told, RecordEvent)
    assert isinstance(written, WriteStatus)
    assert isinstance(started, StartEpisode)
    assert "site shop" in told.message
    assert "rehearsal" not in told.message
    status = written.status
    assert (status.substrate, status.grading, status.scenario) == ("Site", "Partial", None)
    assert (started.request.site, started.request.attempt, started.attempt) == (SITE, 1, 1)


def begun_on_site() -> Observed:
    observed = on_site()
    return with_status(observed, statuses.started(observed, ON_SITE))


def test_an_operator_that_comes_back_does_not_repeat_an_attempt() -> None:
    told, written, started = reconcile(begun_on_site())
    assert isinstance(told, RecordEvent)
    assert told.reason == "Retrying"
    assert isinstance(written, WriteStatus)
    assert isinstance(started, StartEpisode)
    assert written.status.attempts == started.request.attempt == started.attempt == 2


def test_after_a_suspension_another_attempt_begins_whose_changes_have_keys_of_their_own() -> None:
    suspended = with_status(begun_on_site(), statuses.suspended(begun_on_site()))
    (*_, started) = reconcile(suspended)
    assert isinstance(started, StartEpisode)
    assert started.request.attempt == started.attempt == 2


RESTART = {"action_type": "restart_service", "target_service": "api", "parameters": {}}
WANTED = WantedChange("0" * 16, 1, 3, RESTART, "it crashed", (), needs_approval=False, is_recorded=True)


def test_a_change_is_written_down_before_its_episode_goes_on_and_once() -> None:
    asking = replace(begun_on_site(), episode=Playing(WANTED))
    written, answered = reconcile(asking)
    assert isinstance(written, WriteStatus)
    assert answered == AnswerEpisode(Clearance("Go"))
    (intent,) = written.status.intents
    assert (intent.attempt, intent.step, intent.action, intent.service) == (1, 3, "restart_service", "api")
    assert reconcile(with_status(asking, written.status)) == [answered]


def test_without_a_guard_an_approval_that_is_there_is_not_honoured() -> None:
    approvals = [{"request": "0" * 16, "decision": "Approve", "by": "alice"}]
    observed = replace(accepted(**TARGET, approvals=approvals), subject=ON_SITE)
    asking = replace(
        with_status(observed, statuses.started(observed, ON_SITE)),
        episode=Playing(replace(WANTED, needs_approval=True)),
        approvals_complaint="nobody guards",
    )
    (told, written) = reconcile(asking)
    assert isinstance(told, RecordEvent)
    assert isinstance(written, WriteStatus)
    assert written.status.intents == []
    assert "no approval is honoured: nobody guards" in written.status.message
    (_, honoured, answered) = reconcile(replace(asking, approvals_complaint=""))
    assert isinstance(honoured, WriteStatus)
    assert [intent.approved_by for intent in honoured.status.intents] == ["alice"]
    assert answered == AnswerEpisode(Clearance("Go", by="alice"))


def test_a_run_that_waits_while_nobody_plays_is_looked_at_again_at_its_time_limit() -> None:
    observed = replace(accepted(**TARGET, approvalTimeoutSeconds=100), subject=ON_SITE)
    begun = with_status(observed, statuses.started(observed, ON_SITE))
    parked = with_status(begun, waiting.awaiting(begun, replace(WANTED, needs_approval=True)))
    assert reconcile(parked) == [LookAgain(100.0)]
    (reported,) = reconcile(replace(parked, now=NOW + timedelta(seconds=100)))
    assert isinstance(reported, PutArtifact)
    late = replace(parked, now=NOW + timedelta(seconds=100), stored={"postmortem.md": "report"})
    (told, written) = reconcile(late)
    assert isinstance(told, RecordEvent)
    assert isinstance(written, WriteStatus)
    assert (told.reason, written.status.phase, written.status.awaiting) == ("ApprovalTimedOut", "Complete", None)


def test_it_gives_up_when_it_was_cut_off_too_often() -> None:
    observed = begun_on_site()
    worn = with_status(observed, observed.status.model_copy(update={"attempts": 4}))
    (_, written) = reconcile(worn)
    assert isinstance(written, WriteStatus)
    assert written.status.phase == "Failed"


def test_an_attempt_that_was_lost_is_followed_by_one_with_another_number() -> None:
    lost = replace(begun_on_site(), episode=Lost(1, "the worker died", NOW))
    (_, written) = reconcile(lost)
    assert isinstance(written, WriteStatus)
    later = replace(with_status(lost, written.status), now=NOW.replace(minute=5))
    (started,) = reconcile(later)
    assert isinstance(started, StartEpisode)
    assert started.request.attempt == 2


def test_while_it_is_played_nothing_is_done() -> None:
    assert reconcile(replace(begun_on_site(), episode=Playing())) == []


def test_a_site_that_refuses_is_unavailable_and_no_bad_scenario() -> None:
    (_, written) = reconcile(replace(begun_on_site(), episode=Refused("the site does not know the token")))
    assert isinstance(written, WriteStatus)
    assert {one.reason for one in written.status.conditions if one.type == "Failed"} == {"SubstrateUnavailable"}


class SitePool:
    """Plays here and now, where the request says."""

    async def play(self, request: RunRequest, on_event: Callable[[dict[str, Any]], None], clear: Clear) -> RunOutcome:
        stage, policy = connect(request), make_policy("random", seed=1)
        return await asyncio.to_thread(play, request, stage, policy, on_event=on_event)


async def test_embedded_a_run_on_a_site_is_played_there_and_its_token_is_stored_nowhere(
    store: DirectoryStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = SmallSite()
    monkeypatch.setenv("PRAETOR_GUARD_ALLOW_PORTS", str(site.port))
    monkeypatch.setenv("PRAETOR_SITE_TOKEN", TOKEN)
    spec = {"http": {"url": site.url}, "secretRef": {"name": "s"}, "actionSeconds": 0, "stabilizationSeconds": 1}
    run = manifest(**TARGET, maxSteps=4)
    run["metadata"] = {"name": "one", "namespace": "default"}
    try:
        await store.create(site_manifest(**spec))
        async with asyncio.timeout(240), EmbeddedController(store, SitePool()):
            await store.create(run)
            while "completionTime" not in (status := await status_of_run(store)):  # noqa: ASYNC110 (no event to wait for)
                await asyncio.sleep(0.02)
    finally:
        site.close()
    assert (status["phase"], status["substrate"], status["grading"]) == ("Complete", "Site", "Partial")
    assert {headers.get("Authorization") for headers in site.headers} == {f"Bearer {TOKEN}"}
    trace = await store.get_artifact("default", "one", "trace.jsonl")
    assert TOKEN.encode() not in trace
    assert holding(tmp_path, TOKEN) == []


def holding(folder: Path, text: str) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and text.encode() in path.read_bytes()]


async def status_of_run(store: DirectoryStore) -> dict[str, Any]:
    status: dict[str, Any] = (await store.get("IncidentRun", "default", "one")).get("status", {})
    return status


def test_a_run_on_workloads_is_no_rehearsal_and_is_not_repeated() -> None:
    subject = Playable("unknown", "unknown", site=replace(SITE, url="", kubernetes={"namespace": "shop"}))
    fresh = replace(accepted(**TARGET), subject=subject)
    (_, written, _) = reconcile(fresh)
    assert isinstance(written, WriteStatus)
    assert (written.status.substrate, written.status.grading) == ("Cluster", "Partial")
    again = reconcile(with_status(fresh, written.status))
    assert isinstance(again[0], RecordEvent)
    assert again[0].reason == "Retrying"
