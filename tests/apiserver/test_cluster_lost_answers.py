"""Changes whose way to the API server is troubled: each record of what was there before is kept, and words are true."""

from collections.abc import Callable, Iterable
from itertools import repeat
from typing import Any

import pytest

from praetor.guard.targets import SiteRequest
from praetor.kube.client import KubeClient
from praetor.kube.paths import CONFIG_MAPS, DEPLOYMENTS
from praetor.substrates.cluster import system as system_module
from praetor.substrates.cluster.connecting import cluster_substrate
from praetor.substrates.cluster.errors import RefusedChangeError
from praetor.substrates.cluster.system import NamespaceSystem
from praetor.substrates.live.system import OutcomeUnknownError
from simcore.errors import UnavailableError
from tests.support.playing import do
from tests.support.small_shop import CONFIG, Shop, change

Fate = str | Callable[[], Any]
"""Of one patch: it arrives, its request or its answer is lost, or somebody was quicker, and did this."""


@pytest.fixture
def fated(monkeypatch: pytest.MonkeyPatch) -> Callable[[Iterable[Fate]], None]:
    """What becomes of the patches that are really sent, one after another; what comes after those arrives."""
    sent = KubeClient.patch

    def begin(fates: Iterable[Fate]) -> None:
        left = iter(fates)

        async def patch(*args: Any, dry_run: bool = False, **settings: Any) -> Any:
            fate = "arrives" if dry_run else next(left, "arrives")
            if callable(fate):
                fate()
            done = None if fate == "request" else await sent(*args, dry_run=dry_run, **settings)
            if fate in ("request", "answer"):
                raise UnavailableError("the connection broke")
            return done

        monkeypatch.setattr(KubeClient, "patch", patch)

    monkeypatch.setattr(system_module.time, "sleep", lambda seconds: None)
    return begin


def what_is_set(shop: Shop) -> Any:
    return shop.spec(CONFIG_MAPS, "settings"), shop.spec(DEPLOYMENTS, "web")["template"]


def scaled(shop: Shop, replicas: int) -> Callable[[], Any]:
    return lambda: shop.kubectl("scale", "deployment/web", f"--replicas={replicas}")


FATES: dict[str, Callable[[Shop], list[Fate]]] = {
    "nothing": lambda shop: [],
    "the answer of the ConfigMap": lambda shop: ["answer"],
    "the request for the ConfigMap": lambda shop: ["request"],
    "the answer of the Deployment": lambda shop: ["arrives", "answer"],
    "the request for the Deployment": lambda shop: ["arrives", "request"],
    "both answers": lambda shop: ["answer", "answer"],
    "all of it": lambda shop: ["request", "answer", "request", "answer"],
    "a conflict": lambda shop: ["arrives", scaled(shop, 4)],
    "a conflict between lost answers": lambda shop: ["answer", scaled(shop, 4), "answer"],
    "a conflict first": lambda shop: [lambda: shop.kubectl("label", "configmap/settings", "by=somebody"), "answer"],
}


@pytest.mark.parametrize("fates", FATES.values(), ids=FATES)
def test_whatever_is_lost_on_the_way_the_records_put_everything_back(
    shop: Shop, system: NamespaceSystem, fated: Any, fates: Callable[[Shop], list[Fate]]
) -> None:
    before = what_is_set(shop)
    fated(fates(shop))
    made = change(system, "update_config", "web", key="mode", value="better")
    assert shop.spec(CONFIG_MAPS, "settings") == {"MODE": "better"}
    assert made.message == "mode of web becomes 'better' (it was 'good'), and its pods are replaced"
    assert [(one["kind"], one["name"]) for one in made.undo] == [("ConfigMap", "settings"), ("Deployment", "web")]
    shop.put_back(made.undo)
    assert what_is_set(shop) == before


@pytest.mark.parametrize("fates", [["answer"], ["request", "answer"]])
def test_a_restart_whose_answer_is_lost_is_made_once_and_recorded(
    shop: Shop, system: NamespaceSystem, fated: Any, fates: list[Fate]
) -> None:
    before, generation = what_is_set(shop), shop.get(DEPLOYMENTS, "web")["metadata"]["generation"]
    fated(fates)
    made = change(system, "restart_service", "web", memory_limit="128Mi")
    assert shop.get(DEPLOYMENTS, "web")["metadata"]["generation"] == generation + 1
    assert "a memory limit of 128Mi (it was 64Mi)" in made.message
    shop.put_back(made.undo)
    assert what_is_set(shop) == before


def test_what_kept_changing_before_anything_was_done_says_so(shop: Shop, system: NamespaceSystem, fated: Any) -> None:
    fated(scaled(shop, replicas) for replicas in range(10, 99))
    with pytest.raises(RefusedChangeError, match="web kept changing while it was to be changed: nothing was done"):
        change(system, "scale_service", "web", replicas=5)


def test_a_change_that_was_made_in_part_says_which_and_has_its_record(
    shop: Shop, system: NamespaceSystem, fated: Any
) -> None:
    before = what_is_set(shop)
    fated(["arrives", *(scaled(shop, replicas) for replicas in range(10, 99))])
    with pytest.raises(OutcomeUnknownError, match="sent to ConfigMap settings; then web kept changing") as caught:
        change(system, "update_config", "web", key="mode", value="better")
    assert "nothing was done" not in str(caught.value)
    assert what_is_set(shop) != before
    shop.put_back(caught.value.undo)
    assert what_is_set(shop) == before


def test_a_refusal_after_a_part_was_made_is_no_plain_refusal(shop: Shop, system: NamespaceSystem, fated: Any) -> None:
    fated(["arrives", lambda: shop.kubectl("delete", "deployment/web")])
    with pytest.raises(OutcomeUnknownError, match=r"sent to ConfigMap settings; then .*not found") as caught:
        change(system, "update_config", "web", key="mode", value="better")
    assert [one["name"] for one in caught.value.undo] == ["settings"]


def test_a_trace_has_the_records_of_what_may_have_been_made(shop: Shop, fated: Any) -> None:
    place = {"namespace": shop.name, "config": CONFIG}
    site = SiteRequest("shop", kubernetes=place, action_seconds=0.0, stabilization_seconds=0.1)
    substrate = cluster_substrate(site, None, family="unknown")
    try:
        substrate.reset()
        fated(["arrives", *repeat("request", 50)])
        asked = do("update_config", "web", key="mode", value="better")
        result = substrate.step(asked, idempotency_key="uid/1/1")
        assert "nobody knows whether it was done" in (result.observation.error or "")
        assert [one["name"] for one in result.info["undo"]] == ["settings", "web"]
        assert "undo" not in substrate.step(do("list_services"), idempotency_key="uid/1/2").info
    finally:
        substrate.close()
