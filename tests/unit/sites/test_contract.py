"""The /ops contract: the published document is current, and the models take what it says and nothing else."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from praetor.resources.conformance import Verdict, existence, fault_of, is_missing, shape_problem
from praetor.resources.ops import (
    ENDPOINTS,
    SCENARIOS,
    BreakBody,
    ChangeAnswer,
    ConfigBody,
    HealBody,
    LogsQuery,
    RestartBody,
    RollbackBody,
    ScaleBody,
    ServiceMetrics,
    SiteHealth,
    SiteServices,
    endpoint,
)
from praetor.resources.ops_openapi import document, main, render
from tests.support.fake_site import HEALTH, METRICS

REFUSED = {"ok": False, "error": "no"}
PUBLISHED = Path(__file__).parents[3] / "manifests/contract/ops.yaml"


def test_the_published_contract_is_current():
    assert PUBLISHED.read_text() == render(), "run `make contract`"


def test_the_command_writes_the_contract(tmp_path):
    assert main([str(tmp_path / "deep/ops.yaml")]) == 0
    assert (tmp_path / "deep/ops.yaml").read_text() == PUBLISHED.read_text()
    assert main([]) == 2


def test_every_endpoint_and_alias_is_in_the_document():
    paths = document()["paths"]
    assert {(path, *methods) for path, methods in paths.items()} == {
        *((one.path, one.method.lower()) for one in ENDPOINTS),
        ("/ops/configure", "post"),
    }


def test_every_reference_of_the_document_leads_somewhere():
    schemas = document()["components"]["schemas"]
    text = render()
    named = {part.split("'")[0].strip() for part in text.split("#/components/schemas/")[1:]}
    assert named == schemas.keys()


def test_a_site_needs_health_metrics_and_logs():
    assert [one.name for one in ENDPOINTS if one.needed] == ["health", "metrics", "logs"]
    assert len(SCENARIOS) == 8


@pytest.mark.parametrize(
    ("model", "body"),
    [
        (RestartBody, {"service": "api"}),
        (RestartBody, {"service": "api", "memory_limit_mb": 1024}),
        (ScaleBody, {"service": "api", "replicas": 0}),
        (ConfigBody, {"service": "postgres", "key": "db.pool.max_size", "value": 50}),
        (ConfigBody, {"service": "postgres", "key": "db.pool.max_size", "value": "50"}),
        (BreakBody, {"scenario": "oom_crash"}),
        (HealBody, {}),
        (LogsQuery, {"service": "api", "lines": "50"}),
    ],
)
def test_a_body_of_the_contract_is_taken(model, body):
    assert model.model_validate(body)


@pytest.mark.parametrize(
    ("model", "body"),
    [
        (RestartBody, {}),
        (RestartBody, {"service": ""}),
        (RestartBody, {"service": "api", "memory_limit_mb": "1024"}),
        (RestartBody, {"service": "api", "memory_limit_mb": 0}),
        (RestartBody, {"service": "api", "now": True}),
        (ScaleBody, {"service": "api", "replicas": 2.5}),
        (ScaleBody, {"service": "api", "replicas": True}),
        (ConfigBody, {"service": "api", "key": "a", "value": None}),
        (ConfigBody, {"service": "../etc", "key": "a", "value": 1}),
        (HealBody, {"scenario": "oom_crash"}),
    ],
)
def test_a_body_of_another_shape_is_refused(model, body):
    with pytest.raises(ValidationError):
        model.model_validate(body)


def test_answers_may_say_more_than_the_contract():
    assert ServiceMetrics.model_validate(METRICS | {"disk_percent": 40}).memory_mb == 100.0
    assert not SiteHealth.model_validate(HEALTH).idempotency_key


@pytest.mark.parametrize("version", ["v1.0", "1.2.3+b5", "2024-01-01_7"])
def test_a_version_may_have_what_semantic_versioning_calls_build_metadata(version):
    facts = {"name": "api", "version": version, "versions": [version], "previous_version": version}
    assert shape_problem(SiteServices, {"services": [facts]}) == ""
    assert RollbackBody(service="api", to_version=version)


@pytest.mark.parametrize("missing", METRICS)
def test_every_metric_must_be_there_but_may_be_unknown(missing):
    assert missing in shape_problem(ServiceMetrics, {name: value for name, value in METRICS.items() if name != missing})
    assert shape_problem(ServiceMetrics, METRICS | {missing: None}) == ""


@given(st.sampled_from(sorted(METRICS)), st.one_of(st.text(), st.floats(max_value=-1e-9), st.just(float("nan"))))
def test_a_metric_is_a_number_from_zero(name, value):
    assert name in shape_problem(ServiceMetrics, METRICS | {name: value})


def test_a_refusal_of_a_change_keeps_the_contract_and_of_a_read_does_not():
    refusal = ChangeAnswer(ok=False, error="no").model_dump()
    assert fault_of(endpoint("restart"), 422, refusal) == ""
    assert fault_of(endpoint("restart"), 200, refusal) == ""
    assert fault_of(endpoint("health"), 503, HEALTH) == "status 503, expected 200"


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (200, None, "no JSON"),
        (200, {"done": True}, "ok: Field required"),
        (200, {"ok": "yes"}, "ok: Input should be a valid boolean"),
        (500, {"ok": True}, "ok: true with status 500"),
        (422, {"ok": False}, "without an error"),
    ],
)
def test_what_is_wrong_with_a_change_is_told(status, body, told):
    assert told in fault_of(endpoint("scale"), status, body)


@pytest.mark.parametrize(
    ("status", "refused", "missing"),
    [
        (404, {}, True), (405, {}, True), (501, {}, True), (403, {}, False),
        (404, REFUSED, False), (405, REFUSED, False), (501, REFUSED, True), (403, REFUSED, False),
    ],
)  # fmt: skip
def test_what_a_site_does_not_have_is_told_from_what_it_refuses(status, refused, missing):
    assert is_missing(endpoint("scale"), status, refused) is missing


@pytest.mark.parametrize(
    ("answers", "verdict", "told"),
    [
        ([(405, "POST")], Verdict.UNTRIED, "there"),
        ([(404, ""), (200, "")], Verdict.UNTRIED, "there"),
        ([(501, "")], Verdict.MISSING, "OPTIONS: status 501"),
        ([(405, "GET"), (404, "")], Verdict.MISSING, "OPTIONS: status 404"),
        ([(503, "")], Verdict.UNTRIED, "OPTIONS: status 503, which does not say whether it is there"),
    ],
)
def test_whether_a_change_is_there_is_told_by_options(answers, verdict, told):
    assert existence(answers).verdict("there") == (verdict, told)
