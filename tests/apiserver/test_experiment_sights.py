"""What is seen of a namespace under experiment: the requests of every service, and who calls whom by its ConfigMaps."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from praetor.kube.blocking import BlockingKube
from praetor.kube.client import KubeClient
from praetor.kube.credentials import load_credentials
from praetor.kube.paths import CONFIG_MAPS
from praetor.resources.kubernetes_site import KubernetesSite, RequestQueries
from praetor.substrates.chaos.judging import Objectives as Promised
from praetor.substrates.chaos.judging import elsewhere, unsteady
from praetor.substrates.chaos.workloads import WorkloadEyes
from praetor.substrates.cluster.prometheus import RequestSource
from praetor.substrates.cluster.system import NamespaceSystem, Promises
from praetor.substrates.live.samples import Objectives
from simcore.errors import UnavailableError
from tests.support.small_shop import Shop
from tests.support.workloads import config_map, deployment

QUERIES = RequestQueries(
    requests="requests $service", errors="errors $service", latency_p99_seconds="p99 $service", cpu_throttled="cpu"
)
Watching = Callable[..., WorkloadEyes]


class Prometheus:
    """Answers by query; of what it does not have an empty vector. For the service `away` it does not answer."""

    def __init__(self, figures: dict[str, float], away: str = "nobody") -> None:
        self.figures, self.away = figures, away
        self.asked: list[str] = []

    def __call__(self, path: str, query: dict[str, str]) -> Any:
        asked = query["query"]
        self.asked.append(asked)
        if self.away in asked:
            raise UnavailableError("away")
        found = [{"value": [0, str(self.figures[asked])]}] if asked in self.figures else []
        return {"status": "success", "data": {"resultType": "vector", "result": found}}


@pytest.fixture
def watching(shop: Shop) -> Iterator[Watching]:
    """A site whose users reach `store`, and whose other service is `web`."""
    begun: list[WorkloadEyes] = []

    def begin(prometheus: Prometheus) -> WorkloadEyes:
        site = KubernetesSite.model_validate({"namespace": shop.name, "entry": "store"})
        source = RequestSource(prometheus, QUERIES, shop.name)
        kube = BlockingKube(load_credentials())
        promises = Promises(Objectives(), readiness=None)  # nobody makes pods here
        begun.append(WorkloadEyes(NamespaceSystem(kube, shop.name, site, promises, source=source)))
        return begun[-1]

    yield begin
    for eyes in begun:
        eyes.close()


@pytest.mark.parametrize(
    ("figures", "broken"),
    [
        ({}, ""),
        ({"requests web": 10.0, "errors web": 0.05, "p99 web": 0.4}, ""),
        ({"requests web": 10.0, "errors web": 3.0}, "web fails 30.0 % of its requests"),
        ({"requests web": 10.0, "p99 web": 0.9}, "p99 of web is 900 ms"),
        ({"requests store": 10.0, "errors store": 3.0, "p99 store": 0.9}, ""),
    ],
)
def test_requests_of_every_service_are_watched(watching: Watching, figures: dict[str, float], broken: str) -> None:
    """Of `store` it is what users are meant to notice."""
    eyes = watching(Prometheus(figures))
    sights = [eyes.look() for _ in range(3)]
    assert elsewhere(sights, "nothing", (), Promised()) == broken
    assert ("store" in unsteady(sights, Promised())) == ("requests store" in figures)


def test_who_does_not_answer_for_one_service_is_not_asked_for_the_next(watching: Watching) -> None:
    prometheus = Prometheus({}, away="store")
    watching(prometheus).look()
    assert prometheus.asked == ["requests store"]


def test_a_caller_whose_settings_are_in_a_config_map_is_known(
    shop: Shop, watching: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each such ConfigMap is read once; one that is not there is not asked for again."""
    read: list[str] = []
    get = KubeClient.get

    async def noted(client: KubeClient, resource: Any, namespace: str | None, name: str) -> Any:
        read.extend([name] if resource == CONFIG_MAPS else [])
        return await get(client, resource, namespace, name)

    monkeypatch.setattr(KubeClient, "get", noted)
    sources = [{"configMapRef": {"name": name, "optional": True}} for name in ("upstreams", "no-such-map")]
    shop.make(config_map("upstreams", API_URL="http://web:8080"), deployment("caller", envFrom=sources))
    eyes = watching(Prometheus({"requests caller": 10.0, "errors caller": 3.0}))
    sights = [eyes.look() for _ in range(12)]
    assert sights[-1].calls["caller"] == ["web"]
    assert elsewhere(sights, "web", (), Promised()) == ""
    assert elsewhere(sights, "store", (), Promised()) == "caller fails 30.0 % of its requests"
    assert sorted(read) == ["no-such-map", "upstreams"]
