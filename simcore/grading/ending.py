"""How an episode stands at its end: did it hold, is the cause gone, was nothing else broken, was it named right."""

from dataclasses import dataclass

from simcore.actions import DeclaredCause
from simcore.grading.predicates import fixed
from simcore.results import CauseName
from simcore.world import layout as at
from simcore.world.incident import Incident
from simcore.world.mechanisms import mechanism_class
from simcore.world.world import World


@dataclass(frozen=True, slots=True)
class Proof:
    """What the stabilisation window showed."""

    slos_held: bool
    cause_gone: bool
    broken_services: tuple[str, ...]

    @property
    def mitigated(self) -> bool:
        return self.slos_held and self.cause_gone and not self.broken_services


def prove(world: World) -> Proof:
    """Lets the world run through its stabilisation window and looks at what it did."""
    clock = world.state.clock
    clock[at.WORST_FAIL] = clock[at.WORST_P99] = 0.0
    world.advance(float(world.incident.spec.stabilization_seconds))
    held = bool(clock[at.WORST_FAIL] <= 1.0 - world.slo[0] and clock[at.WORST_P99] <= world.slo[1])
    return Proof(held, fixed(world), broken_services(world))


def broken_services(world: World) -> tuple[str, ...]:
    """Services that are not well, or that were left with less than half of their replicas."""
    names = world.incident.topology.names
    return tuple(
        name for s, name in enumerate(names) if world.state.services[s, at.HEALTH] != at.HEALTHY or _shrunk(world, s)
    )


def _shrunk(world: World, s: int) -> bool:
    return bool(2 * world.state.services[s, at.DESIRED] < world.incident.topology.replicas[s])


def named(causes: tuple[DeclaredCause, ...]) -> tuple[CauseName, ...]:
    """Declared causes with their class; a class may be declared in place of a mechanism."""
    return tuple(CauseName(c.service, c.mechanism, mechanism_class(c.mechanism) or "unknown") for c in causes)


def diagnosed(incident: Incident, declared: tuple[CauseName, ...]) -> bool:
    """Whether the set of services with classes matches. What healed by itself may be named or left out."""
    if incident.kind == "NoFault" or not declared:
        return not declared and incident.kind != "Fault"
    named_classes = {one.mechanism_class for one in declared}
    named_services = {one.service for one in declared}
    return named_classes == {incident.cause.mechanism_class} and named_services <= incident.cause_services
