"""Requests, errors, latency and throttling of a service from a real Prometheus, by documented metrics and labels."""

import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from praetor.guard.addresses import AddressRules
from praetor.guard.client import GuardedClient
from praetor.resources.kubernetes_site import RequestQueries
from praetor.substrates.cluster.prometheus import PrometheusError, RequestSource, value_of
from praetor.substrates.cluster.sightings import Requests
from tests.controlplane.processes import free_port
from tests.support.prometheus import exporter, prometheus, prometheus_binary

needs_prometheus = pytest.mark.skipif(
    prometheus_binary() is None, reason="no Prometheus here: apt-get install prometheus"
)
WITH = 'namespace="shop",service="api"'


def page(requests: int) -> str:
    """So many requests of which a quarter fail, all of them answered in 0.1 to 0.5 s."""
    return "\n".join(
        [
            f'http_requests_total{{{WITH},code="200"}} {3 * requests // 4}',
            f'http_requests_total{{{WITH},code="500"}} {requests // 4}',
            f'http_request_duration_seconds_bucket{{{WITH},le="0.1"}} 0',
            f'http_request_duration_seconds_bucket{{{WITH},le="0.5"}} {requests}',
            f'http_request_duration_seconds_bucket{{{WITH},le="+Inf"}} {requests}',
            *(
                f'container_cpu_cfs_{what}_total{{namespace="shop",pod="{pod}",container="main"}} {count}'
                for pod, throttled in (("api-5d4f8-abcde", 4), ("api-0", 2), ("api-admin-5d4f8-abcde", 1))
                for what, count in (("periods", requests), ("throttled_periods", requests // throttled))
            ),
            "",
        ]
    )


@pytest.fixture
def source(tmp_path: Path) -> Iterator[RequestSource]:
    rules = tmp_path / "rules.yml"
    rules.write_text("groups: []\n")
    with exporter(page(0)) as served, prometheus(tmp_path / "prometheus", rules, served.port, free_port()) as url:
        port = int(url.rsplit(":", 1)[1])
        http = GuardedClient(url, rules=AddressRules(loopback_ports=frozenset({port})))
        queries = RequestQueries(window_seconds=30)
        source = RequestSource(lambda path, query: http.request("GET", path, query=query).json(), queries, "shop")
        requests, ends = 0, time.monotonic() + 240
        while not source.of("api").per_second:
            assert time.monotonic() < ends, "Prometheus never counted a request"
            requests += 100
            served.text = page(requests)
            time.sleep(1.0)
        yield source
        http.close()


@needs_prometheus
def test_a_service_is_known_by_its_labels_and_another_is_not(source: RequestSource) -> None:
    found = source.of("api")
    assert found.per_second is not None
    assert found.per_second > 1
    assert found.failing_share == pytest.approx(0.25, abs=0.02)
    assert found.latency_p99_ms == pytest.approx(496, abs=1)
    assert source.of("nobody") == Requests(None, None, None, None)


@needs_prometheus
def test_throttling_is_that_of_its_pods_and_not_of_those_whose_names_begin_alike(source: RequestSource) -> None:
    """A Deployment's pod waits in a quarter of its periods, a StatefulSet's in half, and `api-admin`'s in all."""
    assert source.of("api").throttled_share == pytest.approx(0.375, abs=0.02)
    assert source.of("api-admin").throttled_share == pytest.approx(1.0, abs=0.02)


@needs_prometheus
def test_a_query_that_is_none_is_an_error_in_prometheus_words(source: RequestSource) -> None:
    broken = RequestSource(source._get, RequestQueries(requests="sum(rate("), "shop")
    with pytest.raises(PrometheusError, match="parse error"):
        broken.of("api")


def test_what_is_compared_is_of_one_moment() -> None:
    """Between two questions there may be a scrape."""
    moments = count(1)

    def get(path: str, query: dict[str, str]) -> Any:
        at = float(query.get("time", next(moments)))
        figure = {"requests": 8.0, "errors": 2.0, "p99": 0.25, "throttled": 0.5}[query["query"]] * at
        return {"status": "success", "data": {"resultType": "vector", "result": [{"value": [at, str(figure)]}]}}

    queries = RequestQueries(requests="requests", errors="errors", latency_p99_seconds="p99", cpu_throttled="throttled")
    assert RequestSource(get, queries, "shop").of("api") == Requests(8.0, 0.25, 250.0, 0.5)


@pytest.mark.parametrize(
    "answer", [None, [], {"status": "success"}, {"status": "success", "data": {"resultType": "vector"}}]
)
def test_what_is_no_answer_of_prometheus_is_said(answer: Any) -> None:
    with pytest.raises(PrometheusError, match="another shape"):
        value_of(answer)


def test_what_is_not_a_number_is_not_known() -> None:
    vector = {"resultType": "vector", "result": [{"metric": {}, "value": [1.0, "NaN"]}]}
    assert value_of({"status": "success", "data": vector}) is None
