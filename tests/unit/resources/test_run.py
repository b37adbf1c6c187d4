"""The IncidentRun model: names on both sides of the wire, defaults, and what it skips."""

import pytest
from pydantic import ValidationError

from praetor.resources.run import IncidentRun, IncidentRunSpec, ScenarioRef
from praetor.resources.run_status import Breakdown, IncidentRunStatus
from tests.support.controlplane_objects import RUN_DEFAULTS, run


def test_python_builds_with_names_of_python_and_the_wire_has_its_own() -> None:
    spec = IncidentRunSpec(scenario_ref=ScenarioRef(name="oom-crash"), max_steps=9)
    written = spec.model_dump(by_alias=True, exclude_none=True)
    assert (written["scenarioRef"]["name"], written["maxSteps"]) == ("oom-crash", 9)


def test_defaults_are_those_that_the_api_server_fills_in() -> None:
    assert IncidentRun.model_validate(run()).spec.model_dump(by_alias=True, exclude_none=True) == RUN_DEFAULTS | {
        "scenarioRef": {"kind": "Library", "name": "oom-crash"},
        "seed": 0,
        "approvals": [],
    }


def test_metadata_of_the_api_server_that_praetor_does_not_use_is_skipped() -> None:
    manifest = run()
    manifest["metadata"] |= {"managedFields": [], "selfLink": "", "creationTimestamp": None}
    assert IncidentRun.model_validate(manifest).metadata.name == "a-run"


def test_a_status_field_of_a_newer_version_is_skipped() -> None:
    status = {"phase": "Running", "mood": "hopeful"}
    assert IncidentRun.model_validate(run() | {"status": status}).status.phase == "Running"


def test_a_status_that_cannot_be_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"status\.phase"):
        IncidentRun.model_validate(run() | {"status": {"phase": "Sleeping"}})


def test_a_run_that_nobody_has_seen_has_an_empty_status() -> None:
    assert IncidentRun.model_validate(run()).status == IncidentRunStatus()


def test_reward_components_keep_their_names_on_the_wire() -> None:
    written = Breakdown(r_format=0.04).model_dump(by_alias=True, exclude_none=True)
    assert written == {"r_format": 0.04}
    assert Breakdown.model_validate(written).r_format == 0.04


def test_a_model_cannot_be_changed_behind_the_back_of_who_holds_it() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        IncidentRun.model_validate(run()).spec.seed = 3
