"""Runs that want the same TargetSite: whose turn it is, and what is done about it."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from praetor.alerts import alertmanager
from praetor.alerts.intake import accept
from praetor.controller.effects import LookAgain, PutArtifact, StopEpisode, WriteStatus
from praetor.controller.gather import gather
from praetor.controller.observed import Playing, Turn
from praetor.controller.reconcile import reconcile
from praetor.controller.turns import turn_of
from praetor.resources.conditions import find_condition
from praetor.resources.run import IncidentRun
from praetor.store.scope import Scope
from tests.support.alert_bodies import alert, body
from tests.support.memory_store import MemoryStore
from tests.support.observing import ALERT, NOW, NoEpisodes, accepted, begun, manifest, played

STARTED = {"type": "Started", "status": "True", "reason": "EpisodeStarted", "message": "",
           "lastTransitionTime": "2026-01-31T12:00:00Z"}  # fmt: skip
COMPLETE = STARTED | {"type": "Complete", "reason": "EpisodeEnded"}
WAITS = Turn("Wait", "waits for run one of the same site", may_change=True)


def run(number: int, *conditions: dict[str, Any], site: str | None = "shop", **spec: Any) -> IncidentRun:
    target = {"siteRef": {"name": site}} if site else {"simulator": {}}
    made = manifest(f"run-{number}", alert=ALERT, target=target, **spec)
    made["metadata"] |= {"creationTimestamp": f"2026-01-31T12:00:0{number}Z", "uid": f"uid-{number}"}
    return IncidentRun.model_validate(made | {"status": {"conditions": list(conditions)}})


FIRST, SECOND, THIRD = run(1), run(2), run(3)
AT_WORK, OVER = run(1, STARTED), run(1, STARTED, COMPLETE)


@pytest.mark.parametrize("concurrency", ["Forbid", "Queue", "Replace"])
@pytest.mark.parametrize("others", [[], [SECOND], [OVER], [run(1, site="another")], [run(1, site=None)],
                                    [run(1, suspend=True)]])  # fmt: skip
def test_a_run_goes_when_nobody_is_ahead_of_it_on_its_site(concurrency, others):
    assert turn_of(SECOND, [SECOND, *others], concurrency).kind == "Go"


@pytest.mark.parametrize(("concurrency", "kind"), [("Forbid", "GiveUp"), ("Queue", "Wait"), ("Replace", "Wait")])
@pytest.mark.parametrize("ahead", [FIRST, AT_WORK, run(3, STARTED)])
def test_whoever_comes_to_a_site_that_is_taken_does_as_the_site_says(concurrency, kind, ahead):
    if concurrency == "Replace" and ahead.metadata.name == "run-3":
        kind = "Replaced"
    turn = turn_of(SECOND, [ahead, SECOND], concurrency)
    assert turn.kind == kind
    assert ahead.metadata.name in turn.message


@pytest.mark.parametrize("older", [FIRST, AT_WORK])
def test_a_newer_run_takes_the_place_of_an_older_one_only_where_the_site_says_replace(older):
    kinds = [turn_of(older, [older, SECOND, THIRD], concurrency).kind for concurrency in ("Forbid", "Queue", "Replace")]
    assert kinds == ["Go", "Go", "Replaced"]


@given(
    started=st.sets(st.integers(1, 6), max_size=1),
    order=st.permutations(list(range(1, 7))),
    concurrency=st.sampled_from(["Forbid", "Queue", "Replace"]),
)
def test_at_most_one_run_may_go_and_somebody_always_can_in_the_end(started, order, concurrency):
    runs = [run(number, *([STARTED] if number in started else [])) for number in order]
    kinds = {one.metadata.name: turn_of(one, runs, concurrency).kind for one in runs}
    going = [name for name, kind in kinds.items() if kind == "Go"]
    assert len(going) <= 1
    if not going:
        assert "Replaced" in kinds.values(), "those leave, and then somebody goes"


def test_a_run_that_waits_says_for_whom_and_looks_again():
    waiting = replace(accepted(), turn=WAITS)
    status, again = reconcile(waiting)
    assert isinstance(status, WriteStatus)
    assert (status.status.phase, status.status.message) == ("Pending", WAITS.message)
    assert again == LookAgain(5.0)
    told = replace(waiting, run=waiting.run.model_copy(update={"status": status.status}))
    assert reconcile(told) == [LookAgain(5.0)], "it says so once"
    (start,) = [one for one in reconcile(replace(told, turn=Turn())) if isinstance(one, WriteStatus)]
    assert start.status.phase == "Running"


def test_a_run_that_gives_up_is_complete_and_left_to_a_person_with_a_report():
    gives_up = replace(accepted(alert=ALERT), turn=Turn("GiveUp", "run-1 is at work"))
    (report,) = reconcile(gives_up)
    assert isinstance(report, PutArtifact)
    (status,) = [one.status for one in reconcile(replace(gives_up, stored={"postmortem.md": "x"}))
                 if isinstance(one, WriteStatus)]  # fmt: skip
    said = {type: find_condition(status.conditions, type) for type in ("Complete", "Escalated", "Succeeded")}
    assert {type: (one.status, one.reason) for type, one in said.items() if one} == {
        "Complete": ("True", "SiteBusy"),
        "Escalated": ("True", "SiteBusy"),
        "Succeeded": ("False", "SiteBusy"),
    }


def test_a_replaced_run_stops_and_says_by_whom():
    effects = reconcile(replace(begun(), episode=Playing(), turn=Turn("Replaced", "the newer run two")))
    assert effects[0] == StopEpisode()
    (status,) = [one.status for one in effects if isinstance(one, WriteStatus)]
    failed = find_condition(status.conditions, "Failed")
    assert failed is not None
    assert (status.phase, failed.reason, status.message) == ("Failed", "Replaced", "the newer run two")


def test_an_episode_that_has_ended_is_told_to_its_end_although_its_run_was_replaced():
    effects = reconcile(replace(played(), turn=Turn("Replaced", "the newer run two")))
    (status,) = [one.status for one in effects if isinstance(one, WriteStatus)]
    assert status.phase == "Complete"


def test_a_run_at_work_looks_whether_a_newer_one_has_come_where_that_matters():
    at_work = replace(begun(), episode=Playing())
    assert reconcile(at_work) == []
    assert reconcile(replace(at_work, turn=Turn(may_change=True))) == [LookAgain(5.0)]


@pytest.mark.parametrize(("concurrency", "kind"), [(None, "Wait"), ("Forbid", "GiveUp")])
async def test_the_world_says_whose_turn_it_is_as_the_site_has_it(concurrency, kind):
    store = MemoryStore()
    spec = {"concurrency": concurrency} if concurrency else {}
    site = {"apiVersion": "praetor.dev/v1alpha1", "kind": "TargetSite", "spec": spec}
    await store.create(site | {"metadata": {"name": "shop", "namespace": "default"}})
    made = []
    for number in (1, 2):
        wire = manifest(f"run-{number}", alert=ALERT, target={"siteRef": {"name": "shop"}})
        made.append(await store.create(wire))
    kinds = [(await gather(one, store, NoEpisodes(), lambda: NOW)).turn.kind for one in made]  # type: ignore[arg-type]
    assert kinds == ["Go", kind]


async def test_the_world_says_what_a_run_of_an_alert_was_made_with_until_its_status_does():
    store = MemoryStore()
    notification = alertmanager.parse(body(alert("A"), group_key="g"))
    (made,) = await accept(store, notification, Scope("default"))  # type: ignore[arg-type]
    stored = await store.get("IncidentRun", "default", made.name)
    killed_before = stored | {"status": {}}
    for manifest_, firing in ((killed_before, 1), (stored, None)):
        alerts = (await gather(manifest_, store, NoEpisodes(), lambda: NOW)).alerts  # type: ignore[arg-type]
        assert (alerts.firing if alerts else None) == firing
