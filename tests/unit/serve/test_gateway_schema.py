"""Requests made from the OpenAPI document, right and wrong ones: no 5xx, and every answer is one that is documented."""

import warnings
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable

from praetor.alerts.sources import sources_of
from praetor.serve.gateway_http import gateway_app
from praetor.store.scope import Scope
from praetor.web.callers import SharedToken
from tests.support.gateway import TOKEN
from tests.support.memory_store import MemoryStore

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    schemathesis = pytest.importorskip("schemathesis")
    from schemathesis.checks import not_a_server_error
    from schemathesis.generation import GenerationMode
    from schemathesis.specs.openapi.checks import (
        content_type_conformance,
        response_schema_conformance,
        status_code_conformance,
    )

HEADERS = {"X-Praetor-Token": TOKEN}
SOURCES = sources_of({})
APP = gateway_app(MemoryStore(), [SharedToken(TOKEN)], Scope("praetor"), sources=SOURCES)  # type: ignore[arg-type]
SCHEMA = schemathesis.openapi.from_asgi("/openapi.json", APP, headers=HEADERS)
OPERATIONS = {found.ok().label: found.ok() for found in SCHEMA.get_all_operations()}
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


ALL = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize("label", sorted(OPERATIONS))
def test_every_answer_is_a_documented_one(label: str, mode: GenerationMode) -> None:
    @ALL
    @given(case=OPERATIONS[label].as_strategy(generation_mode=mode))
    def play(case: Any) -> None:
        case.call_and_validate(headers=HEADERS, checks=CHECKS)

    try:
        play()
    except Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE, "there is nothing in such a request that could be wrong"


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_every_source_answers_as_documented(mode: GenerationMode) -> None:
    posts = OPERATIONS["POST /incidents/webhook/{source}"].as_strategy(generation_mode=mode)

    @ALL
    @given(case=posts, source=st.sampled_from(sorted(SOURCES)))
    def play(case: Any, source: str) -> None:
        case.path_parameters = {"source": source}
        case.call_and_validate(headers=HEADERS, checks=CHECKS)

    play()
