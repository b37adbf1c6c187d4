"""What is known about a run's experiment: its target, its plan, its dead-man, the answers to what was asked."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from praetor.substrates.chaos.lab import Armed
from praetor.substrates.chaos.looking import Looked
from praetor.substrates.chaos.plan import Order, Plan

PLAN = "experiment.json"
ARM, INJECT, HEAL = "Arm", "Inject", "Heal"
"""What was asked of a dead-man, and of a target: beside the questions, `asked` has these. An answer is a refusal."""
NO_LAB = "nobody makes experiments here: that is for `praetor dev`, and for an operator with chaos.enabled"

WAITING = Armed("Waiting")


@dataclass(frozen=True, slots=True)
class Asked:
    """`answer` is None while nobody knows. `refused`: it is no answer about the target, but why there is none."""

    answer: Looked | None = None
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Trial:
    """`refusal` says why nothing may be begun, "" if it may. Once something was planned, `plan` has it."""

    refusal: str = ""
    order: Order | None = None
    plan: Plan | None = None
    token: str = field(default="", repr=False)
    armed: Armed = WAITING
    asked: Mapping[str, Asked] = field(default_factory=dict)
