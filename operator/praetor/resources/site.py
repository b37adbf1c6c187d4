"""TargetSite: a system outside the simulator, which alerts are its own, and what may be done to it."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, model_validator

from praetor.resources.conditions import ConditionedStatus
from praetor.resources.experiment import ChaosRules
from praetor.resources.guardrails import Guardrails
from praetor.resources.kubernetes_site import KubernetesSite
from praetor.resources.meta import API_VERSION, LONGEST_OBJECT_NAME, ObjectMeta, name_within
from praetor.resources.rules import all_of, at_most_one, exactly_one, must_hold
from praetor.resources.wire import StatusWire, Time, Wire

_Key = Annotated[str, StringConstraints(min_length=1, max_length=100)]
_Label = Annotated[str, StringConstraints(max_length=200)]
_FaultName = Annotated[str, StringConstraints(max_length=200)]
MOST_FAULT_NAMES = 8
"""Whose trouble was called so many things, of that a further one says nothing new."""


class AlertMatch(Wire):
    """Which alerts are the site's own."""

    labels: dict[_Key, _Label] = Field(
        min_length=1, max_length=16, description="An alert is the site's own if it has all these labels."
    )


class SiteServiceRef(Wire):
    """A Service of this cluster: asked of the API server, so that it needs no exemption to be dialled."""

    name: str = Field(min_length=1, max_length=63, description="The Service's name.")
    namespace: str | None = Field(
        None, min_length=1, max_length=63, pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
        description="Where it is; default: with the TargetSite. Only TargetSites of the operator's own namespace may "
        "name another.",
    )  # fmt: skip
    port: int = Field(80, ge=1, le=65_535, description="The Service's port.")
    scheme: Literal["http", "https"] = Field(
        "http", description="How it speaks; over TLS its certificate is for `name.namespace.svc`."
    )
    path: str = Field(
        "", max_length=200, pattern=r"^(/[A-Za-z0-9._~-]+)*/?$", description="Below which its `/ops/*` is."
    )


class HttpSite(Wire):
    """A site that implements `/ops/*`: exactly one of `url` and `serviceRef`."""

    model_config = ConfigDict(json_schema_extra=exactly_one("url", "serviceRef"))

    url: str | None = Field(
        None, min_length=8, max_length=2000, pattern=r"^https?://[^\s@?#]+$",
        description="Where its `/ops/*` is, without credentials, query or fragment.",
    )  # fmt: skip
    service_ref: SiteServiceRef | None = Field(None, description="Its Service in this cluster.")

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.url is None) == (self.service_ref is None):
            raise ValueError("exactly one of url and serviceRef must be set")
        return self


class SecretRef(Wire):
    """A key of a Secret of the same namespace."""

    name: str = Field(min_length=1, max_length=253, description="The Secret's name.")
    key: str = Field("token", min_length=1, max_length=253, description="The key whose value is the site's token.")


class SiteSlo(Wire):
    """What users of the site's first service were promised."""

    sli: Literal["availability", "latency_p99_ms", "readiness"] = Field(
        description="What is measured; `readiness` is the share of the wanted pods that are ready, of a namespace."
    )
    objective: float = Field(
        gt=0, le=600_000, description="A share for availability and readiness, milliseconds for latency."
    )

    @model_validator(mode="after")
    def _share(self) -> Self:
        if self.sli != "latency_p99_ms" and self.objective > 1:
            raise ValueError(f"objective {self.objective} of sli {self.sli} is a share, at most 1")
        return self


class TargetSiteSpec(Wire):
    """A system that incidents happen in."""

    model_config = ConfigDict(
        json_schema_extra=all_of(
            at_most_one("http", "kubernetes"),
            must_hold(
                "!has(self.http) || !has(self.slos) || self.slos.all(slo, slo.sli != 'readiness')",
                "readiness is of the pods of spec.kubernetes; of spec.http nobody knows it",
            ),
        )
    )

    description: str = Field("", max_length=1000, description="What this system is, for people.")
    match: AlertMatch | None = Field(None, description="Which alerts are the site's own; default: none.")
    http: HttpSite | None = Field(None, description="It is read and acted on by its `/ops/*`.")
    kubernetes: KubernetesSite | None = Field(
        None, description="It is workloads of a namespace, read and acted on through the API server."
    )
    secret_ref: SecretRef | None = Field(
        None, description="The token that the site, or a namespace's Prometheus, wants, if it wants one."
    )
    slos: list[SiteSlo] = Field(
        default_factory=list,
        max_length=3,
        description="Default: 99 % availability, 500 ms latency; of a namespace 99 % of the wanted pods ready.",
    )
    stabilization_seconds: int = Field(
        60, ge=1, le=3600, description="How long the objectives must hold before a run counts as verified."
    )
    action_seconds: int = Field(
        5, ge=0, le=300, description="Real seconds that an action takes at least, so that there is something to see."
    )
    probe_seconds: int = Field(60, ge=5, le=86_400, description="Seconds between two probes of the site.")
    on_fault: Literal["Report", "Run"] = Field(
        "Report", description="What a detected fault does: `Report` says so in the status, `Run` begins a run on it."
    )
    guardrails: Guardrails = Field(Guardrails(), description="What a run may do to it, whatever its policy says.")
    chaos: ChaosRules = Field(ChaosRules(), description="Whether experiments may break it; default: never.")
    concurrency: Literal["Forbid", "Queue", "Replace"] = Field(
        "Queue",
        description="When a run comes while another is at work here: `Queue` has it wait, `Forbid` leaves it to a "
        "person, `Replace` ends the other.",
    )

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.http is not None and self.kubernetes is not None:
            raise ValueError("at most one of http and kubernetes may be set")
        if self.http is not None and any(slo.sli == "readiness" for slo in self.slos):
            raise ValueError("slos: readiness is of the pods of spec.kubernetes; of spec.http nobody knows it")
        return self


class SiteService(StatusWire):
    """A service of the site, as it was at the last probe."""

    name: str = Field(max_length=100, description="What the site calls it.")
    health: str = Field(max_length=20, description="How it was; `unknown` where the site could not be seen.")


class SiteEndpoint(StatusWire):
    """One endpoint of the contract, or one right in a namespace, as it was at the last probe."""

    endpoint: str = Field(max_length=100, description="Such as `GET /ops/health`, or `patch deployments.apps`.")
    verdict: Literal["Conformant", "Missing", "WrongShape", "Untried", "Permitted", "Denied"] = Field(
        description="Whether it keeps the contract; a change is `Untried`, since to see its answer it would be made. "
        "Of a namespace: whether the operator may do it."
    )
    problem: str = Field("", max_length=1000, description="What was wrong with it.")


class DetectedFault(StatusWire):
    """What probes saw; whether it is more than a suspicion is what the condition `FaultDetected` says."""

    family: str = Field(max_length=63, description="What it looks like; `unknown` when it looks like nothing known.")
    service: str = Field("", max_length=100, description="Where the cause seems to be.")
    confidence: float = Field(ge=0, le=1, description="The chance that this is so.")
    evidence: list[Annotated[str, StringConstraints(max_length=300)]] = Field(
        default_factory=list, max_length=8, description="What speaks for it, the strongest first."
    )
    since: Time = Field(description="When it was seen first.")
    first_family: str = Field(max_length=63, description="What it looked like when it was detected; names its run.")
    seen_probes: int = Field(1, ge=0, description="How many probes in a row have seen a fault, at most 1000.")
    missed_probes: int = Field(0, ge=0, description="How many probes in a row have seen none.")
    called_before: list[_FaultName] = Field(
        default_factory=list, max_length=MOST_FAULT_NAMES,
        description="What it, and others since the site was well last, were called until their runs began.",
    )  # fmt: skip
    called_meanwhile: list[_FaultName] = Field(
        default_factory=list, max_length=MOST_FAULT_NAMES,
        description="What probes called them while a run was at work.",
    )  # fmt: skip
    another_since: Time | None = Field(
        None,
        description="When the last probe, after the run's end, gave it a new name; one more makes it another fault.",
    )


class TargetSiteStatus(ConditionedStatus):
    """What is known about the site; its conditions are `Reachable`, `FaultDetected` and `RequestsMeasured`."""

    services: list[SiteService] = Field(
        default_factory=list, max_length=100, description="Its services; the first is what users reach."
    )
    endpoints: list[SiteEndpoint] = Field(
        default_factory=list, max_length=20, description="Which endpoint keeps the contract."
    )
    detected_fault: DetectedFault | None = Field(None, description="What probes saw that is not as it should be.")
    last_probe: Time | None = Field(None, description="When it was probed last.")


class TargetSite(Wire):
    """A system outside the simulator."""

    api_version: Literal["praetor.dev/v1alpha1"] = API_VERSION
    kind: Literal["TargetSite"] = "TargetSite"
    metadata: Annotated[ObjectMeta, AfterValidator(name_within(LONGEST_OBJECT_NAME))]
    spec: TargetSiteSpec = Field(TargetSiteSpec(), description="What is wanted.")
    status: TargetSiteStatus = Field(TargetSiteStatus(), description="What is known; written by the operator.")
