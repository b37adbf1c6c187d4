"""How an episode stands at its end: did it hold, is the cause gone, was nothing else broken, was it named right."""

from simcore.kernel import layout as at
from simcore.results import CauseName, RewardBreakdown, RubricMark, Verdict
from simcore.world.incident import members
from simcore.world.world import World

_KIND_NOTES = {"Fault": (), "SelfHealing": ("self-healing",), "NoFault": ("self-healing", "no fault")}


def verdict_of(
    world: World, declared: tuple[CauseName, ...] | None, score: float, rubric: tuple[RubricMark, ...]
) -> Verdict:
    """Read from the ledger that the kernel wrote when the episode ended."""
    ledger, incident = world.state.ledger, world.incident
    ended = ledger[at.ENDED] != at.NOT_ENDED
    mitigated = bool(ended and ledger[at.SLOS_HELD] and ledger[at.CAUSES_GONE] and ledger[at.LEFT_BROKEN] == 0)
    diagnosed = bool(ended and ledger[at.IS_DIAGNOSED])
    sums = [round(amount, 10) + 0.0 for amount in ledger[at.SUM_DIAGNOSTIC : at.SUM_PENALTY + 1].tolist()]
    broken = members(ledger[at.LEFT_BROKEN]) if ended else frozenset()
    return Verdict(
        resolved=mitigated and diagnosed,
        mitigated=mitigated,
        diagnosed=diagnosed,
        declared=declared,
        truth=incident.truth,
        steps=int(ledger[at.STEPS]),
        score=score,
        breakdown=RewardBreakdown(*sums),
        user_minutes_lost=round(world.user_minutes_lost, 3),
        sim_seconds=world.sim_seconds,
        notes=(*_KIND_NOTES[incident.kind], *(f"left broken: {world.topology.names[s]}" for s in sorted(broken))),
        rubric=rubric,
    )
