"""What a policy says: an action, what it believes, what it saw, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from simcore.actions import Action, action_json
from simcore.observation import Observation
from simcore.results import StepResult


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A cause that a policy considers; `ruled_out_by` is the evidence against it, "" while it stands."""

    service: str
    mechanism: str
    ruled_out_by: str = ""

    def to_json(self) -> dict[str, str]:
        return {"service": self.service, "mechanism": self.mechanism, "ruled_out_by": self.ruled_out_by}


@dataclass(frozen=True, slots=True)
class Decision:
    """`ruled_out` is what evidence has spoken against since the decision before."""

    action: Action
    hypothesis: Hypothesis | None = None
    evidence: tuple[str, ...] = ()
    reason: str = ""
    ruled_out: tuple[Hypothesis, ...] = ()
    transcript: dict[str, Any] | None = None
    """What a language model said, for the trace; None for policies that are none."""

    def to_json(self) -> dict[str, Any]:
        return ({} if self.transcript is None else {"transcript": self.transcript}) | {
            "action": action_json(self.action),
            "hypothesis": self.hypothesis.to_json() if self.hypothesis else None,
            "evidence": list(self.evidence),
            "reason": self.reason,
            "ruled_out": [hypothesis.to_json() for hypothesis in self.ruled_out],
        }


History = Sequence[tuple[Decision, StepResult]]
"""What was decided and what came of it. While a policy is judged the results tell no rewards (`without_reward`)."""


class Policy(Protocol):
    """Anything that decides. It is made anew for every episode and may keep state; it sees observations only."""

    name: str

    def decide(self, observation: Observation, history: History) -> Decision: ...
