"""What the operator knows about an IncidentRun. Short by design: the whole story is in the trace."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from praetor.resources.conditions import ConditionedStatus
from praetor.resources.experiment import ExperimentStatus
from praetor.resources.wire import StatusWire, Time

Phase = Literal["Pending", "Running", "Suspended", "Complete", "Failed"]
SUMMARY_LIMIT = 300
MESSAGE_LIMIT = 1024
SHOWN_STEPS = 10
SHOWN_CHANGES = 8
SEEN_LIMIT = 200
MOST_CHANGES = 24
"""What one run may change on a real system, so that all of it can be kept in its status."""
MOST_SUGGESTIONS = 3

_Name = Annotated[str, StringConstraints(max_length=253)]
_Hash16 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$", max_length=16)]


class PlayedScenario(StatusWire):
    """The episode that is played."""

    name: _Name = Field(description="The scenario's name.")
    family: _Name = Field(description="The family of incidents it belongs to.")
    seed: int = Field(ge=0, description="The absolute seed: of the whole range, whatever `spec.split` says.")
    difficulty: float = Field(description="0 is easy, 1 is hard.")


class Cause(StatusWire):
    """A service, and what was wrong with it."""

    service: _Name = Field(description="Where.")
    mechanism: _Name = Field(description="What was wrong.")
    mechanism_class: _Name = Field("", description="The class of what was wrong, for example `memory`.")


class Breakdown(StatusWire):
    """The six reward components, summed over the episode; one that needs an unknown truth is missing."""

    r_diagnostic: float | None = Field(None, alias="r_diagnostic", description="For looking in the right places.")
    r_correct_op: float | None = Field(None, alias="r_correct_op", description="For changes towards a lasting fix.")
    r_resolution: float | None = Field(
        None, alias="r_resolution", description="For an incident that is fixed and rightly explained."
    )
    r_format: float | None = Field(None, alias="r_format", description="For well-formed actions.")
    r_efficiency: float | None = Field(None, alias="r_efficiency", description="For a fix within half the budget.")
    r_penalty: float | None = Field(None, alias="r_penalty", description="For harm, repetition and wrong claims.")


class RunResult(StatusWire):
    """How the episode ended."""

    resolved: bool = Field(description="Mitigated, and the declared causes are right.")
    mitigated: bool = Field(description="The objectives hold again and the cause is gone.")
    diagnosed: bool | None = Field(None, description="The declared causes are right; missing when unknown.")
    score: float = Field(description="The sum of the reward components, between 0 and 1.")
    breakdown: Breakdown = Field(Breakdown(), description="The reward components that make the score.")
    causes: list[Cause] = Field(default_factory=list, max_length=3, description="The causes as declared.")
    truth: list[Cause] | None = Field(None, max_length=8, description="The true causes; missing when unknown.")
    steps: int = Field(ge=0, description="How many steps the episode took.")
    user_minutes_lost: float = Field(ge=0, description="Minutes of users that the incident cost.")
    sim_seconds: float = Field(ge=0, description="Simulated seconds from the first alert to the end.")


class StepSummary(StatusWire):
    """One step in short."""

    seq: int = Field(ge=0, description="The step's number, counted from 1.")
    action: str = Field(max_length=63, description="The action's type; `invalid` for a malformed one.")
    service: str | None = Field(None, max_length=253, description="The service acted on.")
    reward: float = Field(description="What the step earned.")
    summary: str = Field("", max_length=SUMMARY_LIMIT, description="What came of it.")


class Awaited(StatusWire):
    """A change that waits for a person."""

    request: _Hash16 = Field(description="What an approval names; of the change and of how often it was made.")
    step: int = Field(ge=0, description="The step's number.")
    action: str = Field(max_length=63, description="The change's type.")
    service: str = Field(max_length=253, description="The service to be changed.")
    parameters: str = Field("", max_length=SUMMARY_LIMIT, description="Its parameters, as JSON.")
    reason: str = Field("", max_length=SUMMARY_LIMIT, description="Why the policy wants it.")
    evidence: list[Annotated[str, StringConstraints(max_length=SUMMARY_LIMIT)]] = Field(
        default_factory=list, max_length=3, description="What it saw."
    )
    since: Time = Field(description="Since when it waits.")
    until: Time = Field(description="When the run escalates instead.")


class Intent(StatusWire):
    """A change of a real system, written down before it was made; whether it was is in the trace."""

    attempt: int = Field(ge=1, description="The attempt that made it.")
    step: int = Field(ge=0, description="The step's number in that attempt.")
    action: str = Field(max_length=63, description="The change's type.")
    service: str = Field(max_length=253, description="The service that was changed.")
    key: str = Field("", max_length=128, description="The setting that was changed.")
    at: Time = Field(description="When.")
    approved_by: str = Field("", max_length=253, description="Who approved it, if somebody did.")


class Suggestion(StatusWire):
    """A change that was not made, because `spec.mode` says so."""

    step: int = Field(ge=0, description="The step's number.")
    action: str = Field(max_length=63, description="The change's type.")
    service: str = Field(max_length=253, description="The service to be changed.")
    parameters: str = Field("", max_length=SUMMARY_LIMIT, description="Its parameters, as JSON.")
    reason: str = Field("", max_length=SUMMARY_LIMIT, description="Why the policy wants it.")
    check: str = Field("", max_length=SUMMARY_LIMIT, description="What a dry run said of it, if there was one.")


class ModelSpending(StatusWire):
    """What a run has cost at its language model, all its attempts together."""

    prompt_tokens: int = Field(0, ge=0, description="Tokens that were sent.")
    completion_tokens: int = Field(0, ge=0, description="Tokens that came back.")


class TraceRef(StatusWire):
    """Where the trace is stored."""

    name: _Name = Field(description="The trace's ConfigMap; of several chunks the first.")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$", max_length=64, description="SHA-256 of the trace's JSON lines.")
    events: int = Field(ge=0, description="How many events it holds.")
    chunks: int = Field(ge=1, description="In how many ConfigMaps it is stored.")


class ReportRef(StatusWire):
    """Where the post-mortem is stored."""

    name: _Name = Field(description="The post-mortem's ConfigMap.")


class SeenAlerts(StatusWire):
    """Which alerts of the group this run has taken in."""

    seen: list[_Hash16] = Field(
        default_factory=list,
        max_length=SEEN_LIMIT,
        description="Hashes of the alerts seen, oldest first, each of its fingerprint and start.",
    )
    firing: int = Field(0, ge=0, description="How many alerts of the group were firing when last heard of.")
    newest_starts_at: Time | None = Field(
        None,
        description="Set once more alerts fire than `seen` can hold: what started no later was seen.",
    )


class IncidentRunStatus(ConditionedStatus):
    """What is known about the run."""

    phase: Phase | None = Field(None, description="The conditions in one word, for people.")
    message: str = Field("", max_length=MESSAGE_LIMIT, description="The state of things in a sentence.")
    substrate: Literal["Simulator", "Site", "Cluster"] | None = Field(
        None, description="What the actions work on; `Simulator`: nothing outside is touched."
    )
    grading: Literal["Full", "Partial"] | None = Field(
        None, description="`Partial`: the truth is unknown, so the diagnosis is not judged."
    )
    scenario: PlayedScenario | None = Field(None, description="The episode that is played.")
    experiment: ExperimentStatus | None = Field(
        None, description="Of a run with `inject`: the fault that was brought about, and whether it is still there."
    )
    policy: str | None = Field(None, max_length=63, description="Who decides.")
    start_time: Time | None = Field(None, description="When the operator took the run up.")
    completion_time: Time | None = Field(None, description="When the run ended.")
    attempts: int = Field(0, ge=0, description="How often the episode was begun.")
    result: RunResult | None = Field(None, description="How the episode ended.")
    cause: str | None = Field(None, max_length=253, description="The declared causes in short: service/mechanism.")
    steps: list[StepSummary] = Field(
        default_factory=list,
        max_length=SHOWN_STEPS,
        description="The last steps in short; the trace has all.",
    )
    changes: list[Annotated[str, StringConstraints(max_length=SUMMARY_LIMIT)]] = Field(
        default_factory=list,
        max_length=SHOWN_CHANGES,
        description="What was changed, in short and in order; the trace has all.",
    )
    awaiting: Awaited | None = Field(None, description="The change that waits for a person, if one does.")
    intents: list[Intent] = Field(
        default_factory=list,
        max_length=MOST_CHANGES,
        description="The changes of a real system, in order; budgets and later runs count by these.",
    )
    suggestions: list[Suggestion] = Field(
        default_factory=list, max_length=MOST_SUGGESTIONS, description="The first changes that `spec.mode` kept back."
    )
    spent: ModelSpending | None = Field(
        None,
        description="Of the policy `llm`: what counts against its budget, written before each call; a call that was "
        "cut off counts by a guess.",
    )
    trace_ref: TraceRef | None = Field(None, description="Where the trace is stored.")
    report_ref: ReportRef | None = Field(None, description="Where the post-mortem is stored.")
    alerts: SeenAlerts | None = Field(None, description="Which alerts of the group this run has taken in.")
    runner_version: str | None = Field(None, max_length=63, description="The version of Praetor that played it.")
