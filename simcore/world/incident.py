"""What is true of an episode from its first second to its last, read from the facts of its world."""

from dataclasses import dataclass
from typing import Literal

from simcore.kernel import layout as at
from simcore.kernel.layout import Floats
from simcore.mechanisms.model import Mechanism
from simcore.mechanisms.table import MECHANISMS
from simcore.results import CauseName
from simcore.scenarios.spec import ScenarioSpec, Variant
from simcore.topologies.topology import Topology

Kind = Literal["Fault", "SelfHealing", "NoFault"]
_KINDS: tuple[Kind, ...] = ("Fault", "SelfHealing", "NoFault")


@dataclass(frozen=True, slots=True)
class Cause:
    """One thing that is broken: what, where, whom it hurts first, and which services a declaration may name."""

    variant: Variant
    mechanism: Mechanism
    target: int
    victims: tuple[int, ...]
    caller: int
    callee: int
    named: frozenset[int]

    def name(self, topology: Topology) -> CauseName:
        """As it is declared; one of the whole namespace stands where it is felt first."""
        place = self.target if self.target in self.named else min(self.named)
        return CauseName(topology.names[place], self.mechanism.name, self.mechanism.mechanism_class)


@dataclass(frozen=True, slots=True)
class Incident:
    spec: ScenarioSpec
    topology: Topology
    kind: Kind
    causes: tuple[Cause, ...]
    paged: int
    relevant: frozenset[int]

    @property
    def truth(self) -> tuple[CauseName, ...]:
        """The causes; empty when nothing is broken for good."""
        return tuple(cause.name(self.topology) for cause in self.causes) if self.kind == "Fault" else ()


def read_incident(spec: ScenarioSpec, topology: Topology, variants: tuple[Variant, ...], facts: Floats) -> Incident:
    causes = tuple(_cause(variants, facts, number) for number in range(int(facts[at.CAUSES])))
    kind = _KINDS[int(facts[at.KIND])]
    return Incident(spec, topology, kind, causes, int(facts[at.PAGED]), members(facts[at.RELEVANT]))


def _cause(variants: tuple[Variant, ...], facts: Floats, number: int) -> Cause:
    row = facts[at.CAUSE_0 + number * at.CAUSE_COLUMNS :][: at.CAUSE_COLUMNS]
    variant = variants[int(row[at.VARIANT])]
    victims = tuple(int(row[k]) for k in (at.VICTIM_1, at.VICTIM_2) if row[k] >= 0)
    return Cause(
        variant, MECHANISMS[variant.mechanism], int(row[at.TARGET]), victims, int(row[at.CALLER]),
        int(row[at.CALLEE]), members(row[at.NAMED]),
    )  # fmt: skip


def members(mask: float) -> frozenset[int]:
    """The numbers of the bits that are set."""
    bits = int(mask)
    return frozenset(number for number in range(bits.bit_length()) if bits >> number & 1)
