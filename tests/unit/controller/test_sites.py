"""Runs on TargetSites: what they are about, how they begin and go on, and what a probe says of a site."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

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
from praetor.controller.key import Key
from praetor.controller.observed import Lost, Observed, Playable, Playing, Refused, Unplayable
from praetor.controller.probing import SiteProber
from praetor.controller.reconcile import reconcile
from praetor.controller.subject import subject_of
from praetor.controller.times import utc_now
from praetor.guard.targets import SiteRequest
from praetor.policies.registry import make_policy
from praetor.resources.run import IncidentRun
from praetor.resources.site import TargetSite
from praetor.runner.changes import Clearance, WantedChange
from praetor.runner.loop import play
from praetor.runner.process import Clear
from praetor.runner.request import RunOutcome, RunRequest
from praetor.store.directory import DirectoryStore
from praetor.substrates.connect import connect
from praetor.substrates.live.survey import RightHeld, Survey
from simcore.errors import DeniedError, NotFoundError
from tests.support.observing import ALERT, NOW, accepted, manifest, with_status
from tests.support.small_site import SmallSite

SITE = SiteRequest("shop", "https://shop.example")
ON_SITE = Playable("unknown", "unknown", site=SITE)
TARGET = {"alert": ALERT, "target": {"siteRef": {"name": "shop"}}}
TOKEN = "a-token-that-nobody-may-see"


def site_manifest(**spec: Any) -> dict[str, Any]:
    metadata = {"name": "shop", "namespace": "default"}
    return {"apiVersion": "praetor.dev/v1alpha1", "kind": "TargetSite", "metadata": metadata, "spec": spec}


def run_on_site(**spec: Any) -> IncidentRun:
    return IncidentRun.model_validate(manifest(**(TARGET | spec)))


HTTP = {"http": {"url": "https://shop.example"}}


async def test_a_run_on_a_site_is_about_the_site_as_its_spec_says(store: DirectoryStore) -> None:
    slos = [{"sli": "availability", "objective": 0.95}]
    guardrails = {"allowedActions": ["restart_service"]}
    await store.create(
        site_manifest(**HTTP, slos=slos, stabilizationSeconds=30, actionSeconds=2, guardrails=guardrails)
    )
    found = await subject_of(run_on_site(), store)
    assert isinstance(found, Playable)
    assert found.site == SiteRequest(
        "shop", "https://shop.example", availability=0.95, action_seconds=2.0, stabilization_seconds=30.0,
        guardrails={
            "allowedActions": ["restart_service"], "protectedServices": [], "maintenanceWindows": [],
            "approval": "Never", "verificationWindowSeconds": 1800,
        },
    )  # fmt: skip


@pytest.mark.parametrize(
    ("site", "run", "words"),
    [
        (None, {}, "there is no TargetSite 'shop'"),
        ({}, {}, "has no spec.http"),
        (HTTP, {"policy": {"name": "keyword"}}, "reads the simulator's episode"),
        (HTTP | {"secretRef": {"name": "s"}}, {}, "set PRAETOR_SITE_TOKEN"),
    ],
)
async def test_what_cannot_be_acted_on_says_why(
    store: DirectoryStore, site: dict[str, Any] | None, run: dict[str, Any], words: str
) -> None:
    if site is not None:
        await store.create(site_manifest(**site))
    found = await subject_of(run_on_site(**run), store)
    assert isinstance(found, Unplayable)
    assert found.reason == "SubstrateUnavailable"
    assert words in found.message


class WithSecrets:
    """A store of one site and one Secret, or of a refusal."""

    def __init__(self, answer: dict[str, str] | Exception) -> None:
        self._answer = answer

    async def get(self, kind: str, namespace: str, name: str) -> dict[str, Any]:
        return site_manifest(**HTTP, secretRef={"name": "of-the-shop"})

    async def secret(self, namespace: str, name: str) -> dict[str, str]:
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


class WithServices:
    """A store of one site and one Service, or of a refusal."""

    def __init__(self, ref: dict[str, Any], answer: dict[str, Any] | Exception) -> None:
        self._ref, self._answer = ref, answer
        self.asked: list[tuple[str, str]] = []

    async def get(self, kind: str, namespace: str, name: str) -> dict[str, Any]:
        return site_manifest(http={"serviceRef": self._ref})

    async def service(self, namespace: str, name: str) -> dict[str, Any]:
        self.asked.append((namespace, name))
        if isinstance(self._answer, Exception):
            raise self._answer
        return {"spec": self._answer}


SERVICE = {"clusterIP": "10.96.7.7", "ports": [{"port": 80}, {"port": 8443}]}


@pytest.mark.parametrize(
    ("ref", "service", "url", "allow"),
    [
        ({"name": "web"}, SERVICE, "http://web.default.svc:80", ("10.96.7.7/32",)),
        (
            {"name": "web", "port": 8443, "scheme": "https", "path": "/shop/"},
            SERVICE,
            "https://web.default.svc:8443/shop",
            ("10.96.7.7/32",),
        ),
        ({"name": "web"}, SERVICE | {"clusterIP": "fd00::7"}, "http://web.default.svc:80", ("fd00::7/128",)),
    ],
)
async def test_a_service_of_the_cluster_is_dialled_at_the_address_that_the_api_server_has_and_at_no_other(
    ref: dict[str, Any], service: dict[str, Any], url: str, allow: tuple[str, ...]
) -> None:
    store = WithServices(ref, service)
    found = await subject_of(run_on_site(), store)
    assert isinstance(found, Playable)
    assert found.site is not None
    assert (found.site.url, found.site.allow) == (url, allow)
    assert store.asked == [("default", "web")]


@pytest.mark.parametrize(
    ("ref", "answer", "words"),
    [
        ({"name": "web"}, NotFoundError("no"), "there is none in 'default'"),
        ({"name": "web"}, DeniedError("403"), "the verb get on Services of 'default'"),
        ({"name": "web", "port": 81}, SERVICE, "has no port 81; it has 80, 8443"),
        ({"name": "web"}, SERVICE | {"clusterIP": "None"}, "has no cluster IP"),
        ({"name": "web", "namespace": "kube-system"}, SERVICE, "only TargetSites of the operator's namespace"),
    ],
)
async def test_a_service_that_cannot_be_used_says_why(
    ref: dict[str, Any], answer: dict[str, Any] | Exception, words: str
) -> None:
    found = await subject_of(run_on_site(), WithServices(ref, answer))
    assert isinstance(found, Unplayable)
    assert words in found.message


async def test_sites_of_the_operators_own_namespace_may_name_services_of_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PRAETOR_NAMESPACE", "default")
    store = WithServices({"name": "web", "namespace": "shop"}, SERVICE)
    found = await subject_of(run_on_site(), store)
    assert isinstance(found, Playable)
    assert found.site is not None
    assert found.site.url == "http://web.shop.svc:80"
    assert store.asked == [("shop", "web")]


async def test_the_token_is_the_secrets_and_in_no_repr() -> None:
    found = await subject_of(run_on_site(), WithSecrets({"token": f"{TOKEN}\n"}))
    assert isinstance(found, Playable)
    assert found.site is not None
    assert found.site.token == TOKEN
    assert TOKEN not in repr(found)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (NotFoundError("no"), "there is no Secret 'of-the-shop'"),
        (DeniedError("403"), "may not read Secret 'of-the-shop'"),
        ({"password": TOKEN}, "has no key 'token'"),
    ],
)
async def test_a_token_that_cannot_be_read_says_what_would_help(answer: Any, words: str) -> None:
    found = await subject_of(run_on_site(), WithSecrets(answer))
    assert isinstance(found, Unplayable)
    assert words in found.message
    assert TOKEN not in found.message


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
        async with asyncio.timeout(30), EmbeddedController(store, SitePool()):
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


async def probed(store: DirectoryStore, **spec: Any) -> tuple[dict[str, Any], float | None]:
    await store.create(site_manifest(**spec))
    again = await SiteProber(store, utc_now).look_at(Key("TargetSite", "default", "shop"))
    return (await store.get("TargetSite", "default", "shop"))["status"], again


async def test_a_probe_says_what_a_site_has_and_changes_nothing(
    store: DirectoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = SmallSite()
    try:
        monkeypatch.setenv("PRAETOR_GUARD_ALLOW_PORTS", str(site.port))
        site.health["api"] = "degraded"
        site.answers["/ops/scale"] = (404, {})
        status, again = await probed(store, http={"url": site.url}, probeSeconds=30)
    finally:
        site.close()
    reachable, fault = status["conditions"]
    assert (fault["type"], fault["status"]) in (("FaultDetected", "False"), ("FaultDetected", "Unknown"))
    assert (reachable["type"], reachable["status"], reachable["reason"]) == ("Reachable", "True", "SiteAnswers")
    assert {one["name"]: one["health"] for one in status["services"]}["api"] == "degraded"
    assert {one["endpoint"]: one["verdict"] for one in status["endpoints"]} == {
        "GET /ops/health": "Conformant", "GET /ops/services": "Conformant", "GET /ops/metrics": "Conformant",
        "GET /ops/logs": "Conformant", "POST /ops/restart": "Untried", "POST /ops/scale": "Missing",
        "POST /ops/config": "Untried", "POST /ops/rollback": "Untried", "POST /ops/break": "Untried",
        "POST /ops/heal": "Untried",
    }  # fmt: skip
    assert status["lastProbe"]
    assert again == 30.0
    assert site.changes == []


async def test_a_site_of_the_wrong_shape_says_which_endpoint(
    store: DirectoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = SmallSite()
    try:
        monkeypatch.setenv("PRAETOR_GUARD_ALLOW_PORTS", str(site.port))
        site.answers["/ops/metrics"] = (200, {"cpu_percent": "much"})
        status, _ = await probed(store, http={"url": site.url})
    finally:
        site.close()
    assert status["conditions"][0]["reason"] == "SiteDoesNotConform"
    assert "GET /ops/metrics: WrongShape" in status["conditions"][0]["message"]


@pytest.mark.parametrize(
    ("spec", "status", "reason", "words"),
    [
        ({}, "Unknown", "NothingToProbe", "spec.http"),
        ({"http": {"serviceRef": {"name": "web"}}}, "Unknown", "SiteUnavailable", "no Services outside a cluster"),
        ({"http": {"url": "http://127.0.0.1:9"}}, "False", "SiteDoesNotAnswer", "loopback"),
        ({"http": {"url": "http://169.254.169.254"}}, "False", "SiteDoesNotAnswer", "metadata"),
        (HTTP | {"secretRef": {"name": "s"}}, "Unknown", "SiteUnavailable", "PRAETOR_SITE_TOKEN"),
    ],
)
async def test_a_site_that_is_not_reached_says_why(
    store: DirectoryStore, spec: dict[str, Any], status: str, reason: str, words: str
) -> None:
    found, _ = await probed(store, **spec)
    (condition,) = found["conditions"]
    assert (condition["status"], condition["reason"]) == (status, reason)
    assert words in condition["message"]


async def test_a_site_is_not_probed_before_its_time(store: DirectoryStore) -> None:
    asked = []

    def ask(request: SiteRequest) -> Any:
        asked.append(request)
        raise NotFoundError("nobody is there")

    await store.create(site_manifest(**HTTP))
    prober, key = SiteProber(store, utc_now, ask), Key("TargetSite", "default", "shop")
    waits = [await prober.look_at(key) for _ in range(3)]
    assert len(asked) == 1
    assert all(wait is not None and 0 < wait <= 60 for wait in waits)


# workloads of a namespace ------------------------------------------------------------------------------------------
WORKLOADS = {"kubernetes": {"selector": {"matchLabels": {"app": "shop"}}}}


async def request_of_namespace(store: DirectoryStore, **spec: Any) -> SiteRequest | str:
    await store.create(site_manifest(**WORKLOADS | spec))
    found = await subject_of(run_on_site(), store)
    if isinstance(found, Unplayable):
        return found.message
    assert isinstance(found, Playable)
    assert found.site is not None
    return found.site


async def test_a_run_on_workloads_is_about_those_beside_the_site(store: DirectoryStore) -> None:
    asked = await request_of_namespace(store, slos=[{"sli": "readiness", "objective": 0.9}])
    assert isinstance(asked, SiteRequest)
    selector = {"matchLabels": {"app": "shop"}, "matchExpressions": []}
    assert (asked.url, asked.readiness) == ("", 0.9)
    assert asked.kubernetes == {"namespace": "default", "selector": selector, "config": []}
    assert SiteRequest.from_json(json.loads(json.dumps(asdict(asked)))) == asked


@pytest.mark.parametrize(("home", "may"), [("", True), ("default", True), ("praetor-system", False)])
async def test_only_the_operators_own_namespace_may_point_at_another(
    store: DirectoryStore, monkeypatch: pytest.MonkeyPatch, home: str, may: bool
) -> None:
    """Who may make a TargetSite in one namespace must not reach another one by the operator's rights."""
    monkeypatch.setenv("PRAETOR_NAMESPACE", home)
    asked = await request_of_namespace(store, kubernetes={"namespace": "billing"})
    if may:
        assert isinstance(asked, SiteRequest)
        assert (asked.kubernetes or {})["namespace"] == "billing"
    else:
        assert "only one in 'praetor-system', the operator's own namespace, may name another" in str(asked)


def test_a_run_on_workloads_is_no_rehearsal_and_is_not_repeated() -> None:
    subject = Playable("unknown", "unknown", site=replace(SITE, url="", kubernetes={"namespace": "shop"}))
    fresh = replace(accepted(**TARGET), subject=subject)
    (_, written, _) = reconcile(fresh)
    assert isinstance(written, WriteStatus)
    assert (written.status.substrate, written.status.grading) == ("Cluster", "Partial")
    again = reconcile(with_status(fresh, written.status))
    assert isinstance(again[0], RecordEvent)
    assert again[0].reason == "Retrying"


async def test_a_probe_of_workloads_says_what_the_operator_may_not_do(store: DirectoryStore) -> None:
    rights = (
        RightHeld("list pods", True),
        RightHeld("patch deployments.apps", False, "every change is refused for it"),
    )
    found = Survey((("web", "healthy"), ("api", "crashed")), rights)
    await store.create(site_manifest(**WORKLOADS))
    key = Key("TargetSite", "default", "shop")
    assert await SiteProber(store, utc_now, survey=lambda request: found).look_at(key) == 60.0
    status = (await store.get(*key))["status"]
    (reachable,) = status["conditions"]
    assert (reachable["status"], reachable["reason"]) == ("True", "RightsMissing")
    assert reachable["message"] == "may not patch deployments.apps"
    assert status["services"] == [{"name": "web", "health": "healthy"}, {"name": "api", "health": "crashed"}]
    assert status["endpoints"][1] == {
        "endpoint": "patch deployments.apps", "verdict": "Denied", "problem": "every change is refused for it",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (HTTP | WORKLOADS, "at most one of http and kubernetes"),
        (HTTP | {"slos": [{"sli": "readiness", "objective": 0.9}]}, "readiness is of the pods"),
        ({"kubernetes": {"config": [{"service": "api", "key": "k"}]}}, "exactly one of configMap and env"),
        ({"kubernetes": {"prometheus": {}}}, "exactly one of url and serviceRef"),
        (
            {"kubernetes": {"selector": {"matchExpressions": [{"key": "a", "operator": "In"}]}}},
            "In and NotIn want values",
        ),
    ],
)
def test_a_site_that_means_two_things_is_refused(spec: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        TargetSite.model_validate(site_manifest(**spec))
