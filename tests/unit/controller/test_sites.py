"""What a run on a TargetSite is about: where the site is, and who may enter."""

import json
from dataclasses import asdict
from typing import Any

import pytest
from pydantic import ValidationError

from praetor.controller.observed import Playable, Unplayable
from praetor.controller.subject import subject_of
from praetor.guard.targets import SiteRequest
from praetor.resources.site import TargetSite
from praetor.store.directory import DirectoryStore
from simcore.errors import DeniedError, NotFoundError
from tests.support.on_sites import HTTP, TOKEN, WORKLOADS, run_on_site, site_manifest


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
