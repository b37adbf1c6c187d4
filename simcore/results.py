"""What a step gives back: the snapshot that grading saw, the six reward components and the result."""

from dataclasses import asdict, dataclass, field
from typing import Any

from simcore.observation import Observation


@dataclass(frozen=True, slots=True)
class RewardBreakdown:
    """The six components of one step or, summed, of an episode. None: it needs a truth that nobody knows."""

    r_diagnostic: float | None = 0.0
    r_correct_op: float | None = 0.0
    r_resolution: float | None = 0.0
    r_format: float | None = 0.0
    r_efficiency: float | None = 0.0
    r_penalty: float | None = 0.0

    @property
    def total(self) -> float:
        return (
            (self.r_diagnostic or 0.0)
            + (self.r_correct_op or 0.0)
            + (self.r_resolution or 0.0)
            + (self.r_format or 0.0)
            + (self.r_efficiency or 0.0)
            + (self.r_penalty or 0.0)
        )

    def plus(self, other: "RewardBreakdown") -> "RewardBreakdown":
        """Component by component, of two whose components are all known."""
        return RewardBreakdown(
            (self.r_diagnostic or 0.0) + (other.r_diagnostic or 0.0),
            (self.r_correct_op or 0.0) + (other.r_correct_op or 0.0),
            (self.r_resolution or 0.0) + (other.r_resolution or 0.0),
            (self.r_format or 0.0) + (other.r_format or 0.0),
            (self.r_efficiency or 0.0) + (other.r_efficiency or 0.0),
            (self.r_penalty or 0.0) + (other.r_penalty or 0.0),
        )

    def to_json(self) -> dict[str, float | None]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class ServiceSnapshot:
    """What grading sees of one service: true values, neither lagged nor noisy."""

    name: str
    health: str
    replicas_ready: int
    replicas_desired: int
    version: str
    error_ratio: float
    latency_p99_ms: float
    memory_mb: float
    memory_limit_mb: float
    requests_per_second: float


@dataclass(frozen=True, slots=True)
class SloSnapshot:
    service: str
    sli: str
    objective: float
    value: float
    met: bool


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The system at one moment, as grading sees it."""

    sim_seconds: float
    services: tuple[ServiceSnapshot, ...]
    slos: tuple[SloSnapshot, ...]
    user_minutes_lost: float

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(slots=True)
class StepResult:
    """`terminated`: the policy declared. `truncated`: the budget ran out. `info` is for people, never for policies."""

    observation: Observation
    reward: float
    reward_breakdown: RewardBreakdown
    terminated: bool = False
    truncated: bool = False
    info: dict[str, Any] = field(default_factory=dict)

    @property
    def done(self) -> bool:
        return self.terminated or self.truncated


UNTOLD = RewardBreakdown(None, None, None, None, None, None)


def without_reward(result: StepResult) -> StepResult:
    """What a policy that is being judged gets to see: rewards would tell it where the cause is."""
    return StepResult(result.observation, 0.0, UNTOLD, result.terminated, result.truncated)


@dataclass(frozen=True, slots=True)
class CauseName:
    """A cause as declared or as it truly is: where, what, and the class of what."""

    service: str
    mechanism: str
    mechanism_class: str

    def to_json(self) -> dict[str, str]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class RubricMark:
    """One item of a scenario's rubric, and whether it was done; None: only a person can tell. It is no part of the
    score."""

    description: str
    weight: float
    done: bool | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """How an episode ended. None means unknown, because the truth is not known (sites, clusters)."""

    resolved: bool
    mitigated: bool
    diagnosed: bool | None
    declared: tuple[CauseName, ...] | None
    truth: tuple[CauseName, ...] | None
    steps: int
    score: float
    breakdown: RewardBreakdown
    user_minutes_lost: float
    sim_seconds: float
    notes: tuple[str, ...] = ()
    rubric: tuple[RubricMark, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return asdict(self)
