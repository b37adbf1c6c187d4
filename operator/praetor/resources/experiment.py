"""Experiments: what a run may break on purpose, what of a site allows it, and how far one has come."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from praetor.resources.wire import StatusWire, Time, Wire

FINALIZER = "praetor.dev/experiment"
"""On a run whose fault may still be there: it cannot go before its target is healed."""
ExperimentState = Literal[
    "Checking", "Arming", "Injecting", "Injected", "Healing", "Healed", "Restored", "NotRestored", "Withdrawn"
]
_Name = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]


class Inject(Wire):
    """A fault to bring about before the policy is paged, and to heal after the verdict."""

    fault: _Name = Field(
        description="Of a site with `/ops/*` what its `/ops/break` takes, such as `oom_crash`; of a namespace one of "
        "pod_kill, scale_to_zero, memory_limit, cpu_limit, bad_image, bad_config, network_deny."
    )
    service: _Name | None = Field(
        None,
        description="The one service that is hit. Of a site with `/ops/*` only where the contract does not tell: for a "
        "fault of its own, or services of other names.",
    )
    duration_seconds: int = Field(
        900, ge=10, le=14_400, description="After so many seconds the fault is healed, whatever has become of the run."
    )
    pods: int | None = Field(
        None, ge=1, le=1000, description="Of pod_kill: how many are deleted; default: all of the service."
    )
    memory_limit: str | None = Field(
        None, max_length=20, pattern=r"^[0-9]+(Ki|Mi|Gi|k|M|G)?$", description="Of memory_limit, such as `32Mi`."
    )
    cpu_limit: str | None = Field(
        None, max_length=20, pattern=r"^[0-9]+m?$", description="Of cpu_limit, such as `20m`."
    )
    version: str | None = Field(
        None, max_length=128, pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]*$",
        description="Of bad_image: the tag; default one that does not exist.",
    )  # fmt: skip
    key: str | None = Field(
        None, max_length=253, pattern=r"^[A-Za-z_][A-Za-z0-9_.-]*$",
        description="Of bad_config: the environment variable.",
    )  # fmt: skip
    value: str | None = Field(None, max_length=1000, description="Of bad_config: what it is set to.")


class ChaosRules(Wire):
    """Whether and how far experiments may break this system."""

    allowed: Literal["Never", "Always"] = Field("Never", description="When a run with `inject` may break something.")
    max_pods: int = Field(10, ge=1, le=1000, description="An experiment that would hit more pods is refused.")
    max_percent: int = Field(
        100, ge=1, le=100, description="An experiment that would hit a larger share of a service's pods is refused."
    )
    service_account_name: str = Field(
        "praetor-deadman",
        min_length=1,
        max_length=63,
        pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
        description="Of `kubernetes`: the ServiceAccount of its namespace that heals when nobody else does.",
    )


class ExperimentStatus(StatusWire):
    """The fault of an experiment, and whether it is still there."""

    fault: str = Field(max_length=100, description="What is broken on purpose.")
    service: str | None = Field(None, max_length=100, description="Where.")
    state: ExperimentState = Field(
        description="`Checking` whether all is well, `Arming` the dead-man's switch, `Injecting`, `Injected`, `Healing`"
        ", `Healed`; at last `Restored`, `NotRestored` (healed, and the objectives do not hold; without `healedAt` "
        "not even healed), or `Withdrawn`: nothing was broken."
    )
    since: Time | None = Field(None, description="When it came into this state.")
    injected_at: Time | None = Field(None, description="When the fault was brought about.")
    expires_at: Time | None = Field(None, description="When the dead-man's switch heals it.")
    healed_at: Time | None = Field(None, description="When it was healed.")
    reason: str | None = Field(None, max_length=63, description="Why it ended, in one word for programs.")
    message: str = Field("", max_length=1024, description="Why it ended, for people.")


BROKEN: frozenset[ExperimentState] = frozenset({"Injecting", "Injected", "Healing"})
"""The fault is there, or may be."""
CLOSED: frozenset[ExperimentState] = frozenset({"Restored", "NotRestored", "Withdrawn"})
"""Nothing more is done about it; only the run has to end."""
