"""From the flat form to an IncidentScenario that can be resolved: what cannot be is refused with the reason."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from simcore.conversion.drafting import draft, free_name
from simcore.conversion.flat import FlatScenario, flat_problems
from simcore.conversion.proof import DIFFICULTIES, SEEDS, Proposal, added, why_not
from simcore.conversion.ways import Way, ways_of
from simcore.errors import ScenarioError
from simcore.mechanisms.model import VICTIMS
from simcore.mechanisms.table import MECHANISMS
from simcore.scenarios.documents import Document, PathParts
from simcore.scenarios.load import API_VERSION, KIND
from simcore.scenarios.spec import ScenarioDocument
from simcore.topologies.roles import services_of
from simcore.topologies.shop import SHOP
from simcore.world.encode import SEVERITIES


@dataclass(frozen=True, slots=True)
class Converted:
    """An IncidentScenario as a manifest and as YAML text with a comment, and what changed on the way."""

    manifest: dict[str, Any]
    text: str
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Found:
    """The way that the correct action resolves, and the service that it befalls."""

    way: Way
    target: str
    scenario: ScenarioDocument


def convert(documents: list[Document]) -> tuple[list[Converted], list[ScenarioError]]:
    """The scenarios of documents in the flat form, and of those that cannot be converted where and why."""
    done, problems = [], []
    for document in documents:
        try:
            done.append(converted(document))
        except ScenarioError as problem:
            problems += flat_problems(document) or [problem]
    return done, problems


def converted(document: Document) -> Converted:
    """Raises ScenarioError for a document that has not the form, and for one that cannot be made resolvable."""
    for problem in flat_problems(document):
        raise problem
    flat = FlatScenario.model_validate(document.data)
    proposal = Proposal(flat.correct_action.action_type, flat.acted_on, flat.correct_action.parameters)
    found = _found(flat, proposal, document)
    spec = found.scenario.spec.model_dump(mode="json", by_alias=True, exclude_unset=True)
    metadata = {"name": found.scenario.name}
    return Converted(
        {"apiVersion": API_VERSION, "kind": KIND, "metadata": metadata, "spec": spec},
        _header(flat, proposal, found.scenario.name) + _as_yaml(spec),
        tuple(str(document.error(path, message)) for path, message in _warnings(flat, proposal, found)),
    )


def _found(flat: FlatScenario, proposal: Proposal, document: Document) -> _Found:
    """The first way that the correct action resolves. Raises ScenarioError that says of each why it is none."""
    reasons: dict[str, list[Way]] = {}
    for way in ways_of(flat.anomaly, proposal.action_type):
        outcome = _tried(flat, proposal, way)
        if isinstance(outcome, _Found):
            return outcome
        reasons.setdefault(outcome, []).append(way)
    told = "; ".join(f"as {' or '.join(map(str, ways))}: {reason}" for reason, ways in reasons.items())
    what = f"{proposal} does not resolve {flat.anomaly} of {flat.target_service}"
    raise document.error(("correct_action",), f"{what}: {told}")


def _tried(flat: FlatScenario, proposal: Proposal, way: Way) -> _Found | str:
    mechanism = MECHANISMS[way.mechanism]
    if mechanism.named == VICTIMS:
        return "the services that starve are drawn, none can be named"
    fit = [SHOP.names[s] for s in services_of(SHOP, mechanism.roles)]
    target = next((name for name in (flat.target_service, proposal.service) if name in fit), None)
    if target is None:
        return f"befalls only {', '.join(fit)}"
    scenario = draft(flat, way, target)
    return why_not(scenario, proposal) or _Found(way, target, scenario)


def _warnings(flat: FlatScenario, proposal: Proposal, found: _Found) -> Iterator[tuple[PathParts, str]]:
    if flat.root_cause_keywords:
        yield ("root_cause_keywords",), "dropped; a diagnosis is judged by service and mechanism, not by words"
    if (name := free_name(flat)) != flat.name:
        yield ("task_id",), f"called {name}, because the library has a scenario {flat.name}"
    yield from _warnings_of_the_way(flat, found)
    if "to_version" in flat.correct_action.parameters:
        yield ("correct_action", "parameters", "to_version"), "the release before is meant; each episode draws versions"
    if more := added(found.scenario, proposal):
        yield ("correct_action",), f"resolves it only with {', '.join(more)}, which was played and is not given"
    for number, line in enumerate(flat.log_lines):
        if not line.startswith(tuple(f"[{severity}]" for severity in SEVERITIES)):
            yield ("log_lines", number), f"written as INFO; a line may begin with [{'], ['.join(SEVERITIES)}]"


def _warnings_of_the_way(flat: FlatScenario, found: _Found) -> Iterator[tuple[PathParts, str]]:
    if found.target != flat.target_service:
        yield ("target_service",), f"{found.way.mechanism} befalls {found.target}, which the correct action is taken on"
    if found.way != ways_of(flat.anomaly, flat.correct_action.action_type)[0]:
        yield ("anomaly",), f"played as {found.way}, which the correct action resolves"


def _header(flat: FlatScenario, proposal: Proposal, name: str) -> str:
    *others, last = map(str, DIFFICULTIES)
    return (
        f"# Task {flat.task_id}, converted from the flat form by `praetor scenario convert`.\n"
        f"# {proposal} resolves it: played on the train seeds\n"
        f"# {SEEDS.start} to {SEEDS.stop - 1} at the difficulties {', '.join(others)} and {last}.\n"
        f"apiVersion: {API_VERSION}\nkind: {KIND}\nmetadata:\n  name: {name}\n"
    )


class _Dumper(yaml.SafeDumper):
    """Items of a list stand deeper than its name, as in the library."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _as_yaml(spec: dict[str, Any]) -> str:
    text: str = yaml.dump(
        {"spec": spec}, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110, default_flow_style=None
    )
    return text
