"""The models refuse what the API server refuses, or the same manifest would mean two things in two stores."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel, ValidationError

from praetor.resources.kinds import KINDS
from tests.support.controlplane_objects import REFUSALS, Refusal, alert_run, run, scenario, site

ROOT = Path(__file__).parents[3]
MODELS: dict[str, type[BaseModel]] = {kind.name: kind.model for kind in KINDS}
SHIPPED = [
    *sorted((ROOT / "manifests" / "samples").rglob("*.yaml")),
    *sorted((ROOT / "simcore" / "scenarios" / "library").glob("*.yaml")),
]


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.title)
def test_what_the_api_server_refuses_the_models_refuse(refusal: Refusal) -> None:
    with pytest.raises(ValidationError) as refused:
        MODELS[refusal.manifest["kind"]].model_validate(refusal.manifest)
    places = {str(problem["loc"][0]) for problem in refused.value.errors()}
    assert places <= {"spec", "metadata"}


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_a_shipped_file_is_read_and_written_back(path: Path) -> None:
    for manifest in yaml.safe_load_all(path.read_text()):
        model = MODELS[manifest["kind"]].model_validate(manifest)
        written = json.loads(model.model_dump_json(by_alias=True, exclude_none=True))
        assert _is_part_of(manifest["spec"], written["spec"])


@pytest.mark.parametrize("manifest", [run(), alert_run(), scenario(), site()], ids=lambda each: each["kind"])
def test_a_good_object_is_read(manifest: dict[str, Any]) -> None:
    model = MODELS[manifest["kind"]].model_validate(manifest)
    assert model.model_dump(by_alias=True)["metadata"]["name"] == manifest["metadata"]["name"]


@pytest.mark.parametrize("time", ["2026-01-31", "2026-01-31T12:00:00", "2026-13-31T12:00:00Z", "20260131T120000Z"])
def test_a_time_needs_day_second_and_zone(time: str) -> None:
    with pytest.raises(ValidationError, match="RFC 3339"):
        MODELS["IncidentRun"].model_validate(alert_run(startsAt=time))


def _is_part_of(small: Any, large: Any) -> bool:
    if isinstance(small, dict):
        return all(name in large and _is_part_of(value, large[name]) for name, value in small.items())
    if isinstance(small, list):
        return len(small) == len(large) and all(map(_is_part_of, small, large))
    return bool(small == large)
