"""Experiments from their run to its end, over a directory and a small site: nothing is ever left broken."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from praetor.controller.embedded import EmbeddedController
from praetor.controller.times import utc_now
from praetor.store.directory import DirectoryStore
from praetor.substrates.chaos.errors import ChaosRefusedError
from praetor.substrates.chaos.lab import Armed
from praetor.substrates.chaos.plan import Plan
from simcore.errors import DeniedError
from tests.support.breakable_site import BreakableSite
from tests.support.experiment_lives import SiteExperiment
from tests.support.experiments import (
    RESTART,
    NotedDeadmen,
    ScriptedPool,
    declare,
    experiment_manifest,
    quick_lab,
    site_manifest,
)
from tests.support.operators import conditions, reason
from tests.support.small_site import reachable
from tests.support.tiny_stage import decision


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[BreakableSite]:
    yield from reachable(BreakableSite(), monkeypatch)


class Desk:
    """One run in a store with a controller at work."""

    def __init__(self, store: DirectoryStore, deadmen: NotedDeadmen, pool: ScriptedPool) -> None:
        self.store, self.deadmen, self.pool = store, deadmen, pool

    async def run(self) -> dict[str, Any]:
        return await self.store.get("IncidentRun", "default", "one")

    async def until(self, met: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
        while not met(run := await self.run()):  # noqa: ASYNC110 (no event to wait for)
            await asyncio.sleep(0.01)
        return run

    async def ended(self) -> dict[str, Any]:
        return await self.until(lambda run: "completionTime" in run.get("status", {}))

    async def change(self, **spec: Any) -> None:
        run = await self.run()
        await self.store.update(run | {"spec": run["spec"] | spec})

    async def reasons(self) -> set[str]:
        return {event["reason"] for event in await self.store.events("default", "one")}


@asynccontextmanager
async def desk(
    store: DirectoryStore,
    site: BreakableSite,
    *words: Any,
    deadmen: NotedDeadmen | None = None,
    held: asyncio.Event | None = None,
    of_site: dict[str, Any] | None = None,
    **spec: Any,
) -> AsyncIterator[Desk]:
    deadmen, pool = deadmen or NotedDeadmen(), ScriptedPool(*words, held=held)
    await store.create(site_manifest(site.url, **(of_site or {})))
    async with asyncio.timeout(240), EmbeddedController(store, pool, lab=quick_lab(deadmen)):
        await store.create(experiment_manifest(**spec))
        yield Desk(store, deadmen, pool)


def state_of(run: dict[str, Any]) -> str | None:
    state: str | None = run.get("status", {}).get("experiment", {}).get("state")
    return state


async def test_an_experiment_breaks_plays_judges_heals_and_looks_after(
    store: DirectoryStore, site: BreakableSite
) -> None:
    async with desk(store, site) as at:
        run = await at.ended()
        reasons = await at.reasons()
    status = run["status"]
    assert status["phase"] == "Complete"
    assert [name for name, _, _ in site.changes] == ["break", "restart", "heal"]
    assert site.is_as_it_was
    assert status["experiment"]["state"] == "Restored"
    assert {"injectedAt", "expiresAt", "healedAt"} <= status["experiment"].keys()
    assert (status["grading"], status["result"]["diagnosed"], status["result"]["resolved"]) == ("Full", True, True)
    assert conditions(run)["Diagnosed"] == conditions(run)["Succeeded"] == "True"
    assert status["result"]["truth"] == [{"service": "api", "mechanism": "heap_oom", "mechanismClass": "memory"}]
    assert "finalizers" not in run["metadata"]
    assert at.deadmen.armed_for == {}
    assert {"ExperimentBegun", "FaultInjected", "FaultHealed"} <= reasons


async def test_the_policy_is_told_that_users_notice_and_nothing_of_why(
    store: DirectoryStore, site: BreakableSite
) -> None:
    async with desk(store, site) as at:
        await at.ended()
        trace = (await store.get_artifact("default", "one", "trace.jsonl")).decode()
    before_the_verdict = "\n".join(line for line in trace.splitlines() if '"kind":"verdict"' not in line)
    declared = before_the_verdict.replace(decision(declare()).reason, "")
    assert at.pool.requests[0].alert == {
        "source": "experiment",
        "groupKey": "one",
        "title": "Users of shop are not served as promised",
        "description": "frontend fails 40.0 % of its requests",
    }
    assert "oom_crash" not in declared


async def test_a_wrong_declaration_is_judged_and_the_fault_healed(store: DirectoryStore, site: BreakableSite) -> None:
    async with desk(store, site, decision(RESTART), decision(declare("dns_failure"))) as at:
        run = await at.ended()
    assert reason(run, "Diagnosed") == "CausesWrong"
    assert (run["status"]["result"]["mitigated"], run["status"]["result"]["resolved"]) == (True, False)
    assert site.is_as_it_was


async def test_a_fault_that_nobody_can_name_is_graded_in_part(store: DirectoryStore, site: BreakableSite) -> None:
    async with desk(store, site, fault="gremlins", inject={"service": "api"}) as at:
        run = await at.ended()
    assert (run["status"]["grading"], reason(run, "Diagnosed")) == ("Partial", "TruthUnknown")
    assert site.is_as_it_was


@pytest.mark.parametrize(
    ("of_site", "spec", "why", "words"),
    [
        ({"chaos": {"allowed": "Never"}}, {}, "ExperimentRefused", "allows no experiments"),
        ({"chaos": {}}, {}, "ExperimentRefused", "allowed is Never"),
        ({"chaos": {"allowed": "Always", "maxPercent": 50}}, {}, "ExperimentRefused", "maxPercent of the TargetSite"),
        ({}, {"inject": {"service": "cart"}}, "ExperimentRefused", "there is no 'cart'"),
        ({"guardrails": {"protectedServices": ["api"]}}, {}, "ExperimentRefused", "protectedServices"),
        (
            {"guardrails": {"protectedServices": ["api"]}},
            {"inject": {"service": "frontend"}},
            "ExperimentRefused",
            "hits 'api', not 'frontend'",
        ),
        ({}, {"inject": {"pods": 2}}, "ExperimentRefused", "spec.inject.pods"),
    ],
)
async def test_what_must_not_be_broken_is_refused_and_not_touched(
    store: DirectoryStore, site: BreakableSite, of_site: Any, spec: Any, why: str, words: str
) -> None:
    async with desk(store, site, of_site=of_site, **spec) as at:
        run = await at.ended()
    assert (run["status"]["phase"], reason(run, "Failed")) == ("Failed", why)
    assert words in run["status"]["message"]
    assert site.changes == []
    assert "finalizers" not in run["metadata"]


async def test_more_replicas_than_the_blast_radius_are_left_alone(store: DirectoryStore, site: BreakableSite) -> None:
    site.facts["api"] = {"replicas": 4}
    async with desk(store, site, of_site={"chaos": {"allowed": "Always", "maxPods": 3}}) as at:
        run = await at.ended()
    assert "maxPods of the TargetSite is 3" in run["status"]["message"]
    assert site.changes == []


async def test_a_site_that_is_not_well_is_not_broken_further(store: DirectoryStore, site: BreakableSite) -> None:
    site.breaks("postgres")
    async with desk(store, site) as at:
        run = await at.ended()
    assert (reason(run, "Failed"), run["status"]["experiment"]["state"]) == ("NotSteady", "Withdrawn")
    assert site.changes == []
    assert "finalizers" not in run["metadata"]


async def test_without_a_dead_man_nothing_is_broken(store: DirectoryStore, site: BreakableSite) -> None:
    deadmen = NotedDeadmen(Armed("Refused", "its undo was not accepted"))
    async with desk(store, site, deadmen=deadmen) as at:
        run = await at.ended()
    assert reason(run, "Failed") == "DeadmanNotArmed"
    assert site.changes == []
    assert deadmen.armed_for == {}


async def test_a_dead_man_that_is_refused_ends_it_at_once(store: DirectoryStore, site: BreakableSite) -> None:
    class Refusing(NotedDeadmen):
        async def arm(self, plan: Plan, token: str) -> None:
            raise ChaosRefusedError("Job one-deadman is of somebody else")

    async with desk(store, site, deadmen=Refusing()) as at:
        run = await at.ended()
    assert (reason(run, "Failed"), state_of(run)) == ("DeadmanNotArmed", "Withdrawn")
    assert "of somebody else" in run["status"]["message"]
    assert site.changes == []


async def test_a_site_that_takes_its_word_back_while_somebody_is_armed_is_not_broken(
    store: DirectoryStore, site: BreakableSite
) -> None:
    async with desk(store, site, deadmen=NotedDeadmen(Armed("Waiting"))) as at:
        await at.until(lambda run: state_of(run) == "Arming" and at.deadmen.armed_for)
        shop = await store.get("TargetSite", "default", "shop")
        await store.update(shop | {"spec": shop["spec"] | {"chaos": {"allowed": "Never"}}})
        at.deadmen.answer = Armed("Armed")
        run = await at.ended()
    assert (reason(run, "Failed"), state_of(run)) == ("ExperimentRefused", "Withdrawn")
    assert "allowed is Never" in run["status"]["message"]
    assert (site.changes, at.deadmen.armed_for) == ([], {})


async def test_a_site_that_refuses_to_heal_is_told_again_and_a_person_meanwhile(
    store: DirectoryStore, site: BreakableSite
) -> None:
    site.busy = 2
    async with desk(store, site) as at:
        run = await at.ended()
        reasons = await at.reasons()
    assert (run["status"]["phase"], state_of(run), site.is_as_it_was) == ("Complete", "Restored", True)
    assert "NotHealed" in reasons
    assert conditions(run)["Escalated"] == "False"
    assert "finalizers" not in run["metadata"]


async def test_a_dead_man_that_cannot_be_disarmed_is_told_of_too(store: DirectoryStore, site: BreakableSite) -> None:
    class Stubborn(NotedDeadmen):
        asked = 0

        async def disarm(self, plan: Plan) -> None:
            self.asked += 1
            if self.asked <= 2:
                raise DeniedError("jobs is forbidden")
            await super().disarm(plan)

    async with desk(store, site, deadmen=Stubborn()) as at:
        run = await at.ended()
        reasons = await at.reasons()
    assert (state_of(run), at.deadmen.armed_for, site.is_as_it_was) == ("Restored", {}, True)
    assert "NotHealed" in reasons


async def test_a_site_that_does_not_take_the_fault_ends_the_run(store: DirectoryStore, site: BreakableSite) -> None:
    site.refuses = "scenario: unknown"
    async with desk(store, site) as at:
        run = await at.ended()
    assert reason(run, "Failed") == "FaultNotInjected"
    assert site.is_as_it_was


@pytest.mark.parametrize("verb", [{"cancel": "Now"}, {"suspend": True}])
async def test_a_person_ends_it_at_once_and_it_is_healed(
    store: DirectoryStore, site: BreakableSite, verb: dict[str, Any]
) -> None:
    async with desk(store, site, held=asyncio.Event()) as at:
        await at.until(lambda run: at.pool.requests)
        assert site.fault == "oom_crash"
        await at.change(**verb)
        run = await at.ended()
    assert run["status"]["phase"] == "Failed"
    assert run["status"]["experiment"]["state"] == "Restored"
    assert site.is_as_it_was


async def test_a_run_that_is_deleted_heals_before_it_goes(store: DirectoryStore, site: BreakableSite) -> None:
    async with desk(store, site, held=asyncio.Event()) as at:
        await at.until(lambda run: at.pool.requests)
        await store.delete("IncidentRun", "default", "one")
        while await store.find("IncidentRun"):  # noqa: ASYNC110 (no event to wait for)
            await asyncio.sleep(0.01)
    assert site.is_as_it_was
    assert at.deadmen.armed_for == {}


async def test_what_breaks_elsewhere_ends_it(store: DirectoryStore, site: BreakableSite) -> None:
    async with desk(store, site, held=asyncio.Event()) as at:
        await at.until(lambda run: at.pool.requests)
        site.metrics["postgres"] |= {"error_rate_percent": 30.0}
        run = await at.ended()
    assert reason(run, "Failed") == "BrokeElsewhere"
    assert "postgres fails 30.0 %" in run["status"]["message"]
    assert site.is_as_it_was


async def test_a_fault_ends_before_its_dead_man_has_to_act(store: DirectoryStore, site: BreakableSite) -> None:
    async with desk(store, site, inject={"durationSeconds": 90}) as at:
        await at.until(lambda run: at.pool.requests)
        assert 0 < (at.pool.requests[0].deadline_seconds or 99) <= 90
        await at.ended()


@pytest.mark.parametrize(("left_seconds", "breaks"), [(5, 1), (4, 0)])
async def test_a_fault_whose_announcement_took_too_long_is_not_brought_about(
    tmp_path: Path, site: BreakableSite, left_seconds: int, breaks: int
) -> None:
    """The clock stands at so many seconds before the dead-man's heal once the status says that it is injected now."""
    now: list[datetime] = []

    class SlowStore(DirectoryStore):
        async def update_status(self, manifest: dict[str, Any]) -> dict[str, Any]:
            told = manifest["status"].get("experiment", {})
            if told.get("state") == "Injecting" and not now:
                now.append(datetime.fromisoformat(told["expiresAt"]) - timedelta(seconds=left_seconds))
            return await super().update_status(manifest)

    store = SlowStore(tmp_path)
    await store.create(site_manifest(site.url))
    await store.create(experiment_manifest())
    experiment = SiteExperiment(store, site, "default", clock=lambda: now[0] if now else utc_now())
    await experiment.life(None)
    await experiment.check_nothing_is_left()
    run = await store.get("IncidentRun", "default", "one")
    store.close()
    assert (site.told("break"), site.told("heal")) == (breaks, 1)
    assert breaks or reason(run, "Failed") == "FaultNotInjected"


async def test_an_alert_of_the_same_site_waits_until_the_experiment_is_over(
    store: DirectoryStore, site: BreakableSite
) -> None:
    alert = {"source": "generic", "groupKey": "g", "title": "users complain"}
    async with desk(store, site, held=(held := asyncio.Event())) as at:
        await at.until(lambda run: state_of(run) == "Injected")
        other = experiment_manifest("two")
        other["spec"] = {"alert": alert, "target": other["spec"]["target"]}
        await store.create(other)
        await at.until(lambda run: at.pool.requests)
        await asyncio.sleep(0.3)
        waiting = await store.get("IncidentRun", "default", "two")
        assert waiting["status"]["phase"] == "Pending"
        assert "waits for run one" in waiting["status"]["message"]
        held.set()
        await at.ended()
        assert site.told("heal") == 1
