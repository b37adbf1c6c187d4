"""What a run is about: its scenario, its alert, its policy, its target, looked up."""

from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from praetor.alerts.classify import classify
from praetor.controller.models import model_of
from praetor.controller.observed import Playable, Unplayable
from praetor.controller.references import Lookup, UnusableError
from praetor.controller.sites import site_subject
from praetor.policies.registry import policy_names
from praetor.resources import reasons
from praetor.resources.alert import Alert
from praetor.resources.run import IncidentRun, ScenarioRef
from simcore.api import check_split
from simcore.errors import NotFoundError, ScenarioError, UnknownNameError
from simcore.scenarios.library import library_scenario
from simcore.scenarios.spec import ScenarioDocument, ScenarioSpec
from simcore.validation import problems

Subject = Playable | Unplayable


async def subject_of(run: IncidentRun, store: Lookup) -> Subject:
    """Raises StoreError when the store cannot say."""
    spec = run.spec
    if spec.policy.name not in policy_names():
        known = ", ".join(policy_names())
        return Unplayable(
            reasons.POLICY_NOT_FOUND,
            f"spec.policy.name: there is no policy {spec.policy.name!r}; there are {known}",
        )
    try:
        model = await model_of(spec.policy, run.metadata.namespace or "", store)
    except UnusableError as problem:
        return Unplayable(reasons.MODEL_UNAVAILABLE, str(problem))
    found = await _played_on(run, store)
    return replace(found, language_model=model) if isinstance(found, Playable) and model else found


async def _played_on(run: IncidentRun, store: Lookup) -> Subject:
    spec = run.spec
    if spec.target.site_ref:
        return await site_subject(run, spec.target.site_ref.name, store)
    if spec.alert:
        return _of_alert(spec.alert, spec.split)
    assert spec.scenario_ref is not None
    found = await _of_scenario(spec.scenario_ref, run.metadata.namespace or "", store)
    return _in_split(found, spec.split) if isinstance(found, Playable) else found


def _of_alert(alert: Alert, split: str | None) -> Subject:
    if alert.scenario:
        return _named(alert.scenario, split)
    found = classify(alert.model_dump(by_alias=True, exclude_none=True))
    if found.family is None:
        return Unplayable(
            reasons.NOTHING_TO_ACT_ON,
            "no family of incidents fits the alert and no TargetSite matches it: a person has to look",
        )
    subject = _of_library(found.family)
    if not isinstance(subject, Playable):
        return subject
    if isinstance(_in_split(subject, split), Unplayable):
        return _not_rehearsed(f"speaks of {found.family} ({found.evidence[0]})", split)
    return _in_the_shop(subject)


def _named(scenario: str, split: str | None) -> Subject:
    """The sender names what to rehearse: nothing is guessed, and it is played in its own topology."""
    subject = _of_library(scenario)
    if isinstance(subject, Playable) and isinstance(_in_split(subject, split), Unplayable):
        return _not_rehearsed(f"names the scenario {scenario}", split)
    return subject


def _not_rehearsed(what: str, split: str | None) -> Unplayable:
    return Unplayable(
        reasons.NOTHING_TO_ACT_ON,
        f"the alert {what}, which split {split!r} does not rehearse, and no TargetSite matches it: "
        "a person has to look",
    )


def _in_the_shop(found: Playable) -> Playable:
    """A rehearsal is played among the services that alerts speak of, not in a system that nobody has heard of."""
    spec = library_scenario(found.name).spec.model_copy(update={"topology": "Shop"})
    return replace(found, spec=spec.model_dump(mode="json", by_alias=True, exclude_none=True))


async def _of_scenario(ref: ScenarioRef, namespace: str, store: Lookup) -> Subject:
    if ref.kind == "Library":
        return _of_library(ref.name)
    try:
        manifest = await store.get("IncidentScenario", namespace, ref.name)
    except NotFoundError:
        return Unplayable(
            reasons.SCENARIO_NOT_FOUND,
            f"spec.scenarioRef.name: there is no IncidentScenario {ref.name!r} in namespace {namespace!r}",
        )
    if complaint := scenario_complaint(manifest["spec"]):
        return Unplayable(reasons.SCENARIO_INVALID, f"IncidentScenario {ref.name!r}: {complaint}")
    return Playable(ref.name, manifest["spec"]["family"], manifest["spec"])


def _in_split(found: Playable, split: str | None) -> Subject:
    """A held-out scenario is not played in a split that is for training or tuning."""
    document = library_scenario(found.name) if found.spec is None else _document(found.name, found.spec)
    try:
        check_split(document, split)
    except UnknownNameError as problem:
        return Unplayable(reasons.SCENARIO_NOT_FOUND, f"spec.split: {problem}")
    return found


def _document(name: str, spec: dict[str, Any]) -> ScenarioDocument:
    return ScenarioDocument(name=name, spec=ScenarioSpec.model_validate(spec))


def _of_library(name: str) -> Subject:
    try:
        document = library_scenario(name)
    except UnknownNameError as problem:
        return Unplayable(reasons.SCENARIO_NOT_FOUND, f"spec.scenarioRef.name: {problem}")
    except ScenarioError as problem:
        return Unplayable(reasons.SCENARIO_INVALID, str(problem))
    return Playable(document.name, document.spec.family)


def scenario_complaint(spec: object) -> str:
    """The first thing that is wrong with a scenario's spec, with its path; "" for a good one."""
    try:
        ScenarioSpec.model_validate(spec)
    except ValidationError as error:
        path, message = next(problems(error, spec, ScenarioSpec))
        return f"spec.{'.'.join(str(part) for part in path)}: {message}".replace("spec.:", "spec:")
    return ""
