"""What is wrong with scenario files: their form, and whether every seed can be drawn."""

from collections.abc import Iterator
from pathlib import Path

from simcore.errors import ScenarioError
from simcore.mechanisms.table import MECHANISMS
from simcore.scenarios.documents import Document, load_documents
from simcore.scenarios.load import scenario_problems
from simcore.scenarios.spec import ScenarioSpec, Variant
from simcore.topologies.pools import all_topologies
from simcore.topologies.roles import services_of
from simcore.topologies.topology import Topology


def lint(file: Path) -> list[ScenarioError]:
    """Every problem of a file with one or several scenarios; empty for a good one."""
    found = scenario_problems(file)
    return found or [problem for document in load_documents(file) for problem in _undrawable(document)]


def _undrawable(document: Document) -> Iterator[ScenarioError]:
    """Variants that can befall nobody in some system; the shop was looked at with the form."""
    spec = ScenarioSpec.model_validate(document.data["spec"])
    for number, variant in enumerate(spec.variants if spec.topology == "Any" else ()):
        systems = all_topologies()
        lacking = [topology.name for topology in systems if not _befallen(variant, topology)]
        if lacking:
            what = f"in {len(lacking)} of {len(systems)} systems {variant.mechanism} can befall none of these"
            yield document.error(
                ("spec", "variants", number, "targets"), f"{what}, for example in {lacking[0]}; add a role"
            )


def _befallen(variant: Variant, topology: Topology) -> set[int]:
    fit = set(services_of(topology, MECHANISMS[variant.mechanism].roles))
    return fit & set(services_of(topology, tuple(variant.targets))) if variant.targets else fit
