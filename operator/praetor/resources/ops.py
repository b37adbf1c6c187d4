"""The `/ops/*` contract of a target site: every endpoint, and the shape of what goes in and comes out.

A site reads requests strictly and may put more into its answers than the contract says: readers skip it.
`manifests/contract/ops.yaml` is generated from this file (`make contract`).
"""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from simcore.actions import ServiceName

Name = ServiceName
"""Of a service, a scenario or a key: what a site may call its services, the ten actions can name."""
Version = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]*$")]
"""`+` begins what Semantic Versioning calls build metadata."""
ServiceHealth = Literal["healthy", "degraded", "unhealthy", "crashed", "restarting"]
SiteStatus = Literal["ok", "degraded", "down"]
DEFAULT_SERVICES = ("frontend", "api", "postgres")
SCENARIOS = (
    "oom_crash",
    "db_pool_exhaustion",
    "bad_deployment_cascade",
    "disk_full",
    "slow_query",
    "cert_expiry",
    "dns_failure",
    "rate_limit_exhaustion",
)
MOST_LOG_LINES = 1000
IDEMPOTENCY_HEADER = "Idempotency-Key"


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True, frozen=True, allow_inf_nan=False)


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class ServiceState(_Answer):
    """How one service is."""

    name: Name = Field(description="What the other endpoints call it.")
    health: ServiceHealth = Field(description="How it is now.")


class SiteHealth(_Answer):
    """How the site is. Its first service is the one that users reach."""

    status: SiteStatus = Field(description="The site as its users see it.")
    services: list[ServiceState] = Field(min_length=1, max_length=100, description="The services that can be named.")
    idempotency_key: bool = Field(
        False, description="A change that comes again with the same Idempotency-Key is answered again, not done again."
    )


class ServiceFacts(_Answer):
    """What runs: a reader puts things back to these."""

    name: Name = Field(description="What the other endpoints call it.")
    version: Version | None = Field(None, description="The version that runs.")
    versions: list[Version] = Field(default=[], max_length=100, description="Those that a rollback may name.")
    replicas: int | None = Field(None, ge=0, description="How many of it are wanted.")
    calls: list[Name] = Field(default=[], max_length=100, description="The services that it needs.")
    runtime: Name | None = Field(None, description="What it is, of a database its product: postgres, mysql, mongodb.")
    previous_version: Version | None = Field(None, description="The version that ran before this one.")
    version_seconds: float | None = Field(
        None, ge=0, description="For how many seconds this version has run; null where no rollout is known."
    )


class SiteServices(_Answer):
    """The services and what runs of them."""

    services: list[ServiceFacts] = Field(min_length=1, max_length=100, description="In the order of /ops/health.")


_Measured = Annotated[float, Field(ge=0)] | None


class ServiceMetrics(_Answer):
    """What a service does now, over the last seconds. Null is for what the site cannot know."""

    cpu_percent: _Measured = Field(description="Of one core, all replicas together.")
    memory_mb: _Measured = Field(description="MiB in use by the replica that uses most.")
    memory_limit_mb: _Measured = Field(description="MiB that a replica may use.")
    error_rate_percent: Annotated[float, Field(ge=0, le=100)] | None = Field(
        description="Requests that were not served, 429 included."
    )
    request_latency_p99_ms: _Measured = Field(description="Milliseconds that the slowest hundredth took.")
    active_connections: _Measured = Field(description="Of a database: connections open. Otherwise: requests under way.")
    requests_per_second: _Measured = Field(description="Requests that came, refused ones included.")
    connection_limit: _Measured = Field(None, description="Of a database: connections that its users may open.")


class ServiceLogs(_Answer):
    """The newest lines, oldest first."""

    logs: list[str] = Field(max_length=MOST_LOG_LINES, description="Lines as `... [SEVERITY] service - text`.")


class ChangeAnswer(_Answer):
    """What became of a change. It may be accepted now and take effect later: look again."""

    ok: bool = Field(description="The change was accepted.")
    message: str = Field("", description="What is being done, for people.")
    error: str | None = Field(None, description="Why it was not accepted, and what would be.")


class ServiceQuery(_Request):
    """Which service is meant."""

    service: Name = Field(description="A service of /ops/health.")


class LogsQuery(ServiceQuery):
    """Which lines are meant."""

    lines: int = Field(100, ge=1, le=MOST_LOG_LINES, strict=False, description="At most so many, the newest.")


class RestartBody(ServiceQuery):
    """Start the service anew, if wanted with another memory limit."""

    memory_limit_mb: int | None = Field(None, ge=1, le=1_048_576, description="MiB that a replica may use from now on.")


class ScaleBody(ServiceQuery):
    """Run so many replicas."""

    replicas: int = Field(ge=0, le=1000, description="How many are wanted.")


class ConfigBody(ServiceQuery):
    """Set a value."""

    key: Name = Field(description="Such as db.pool.max_size.")
    value: str | int | float | bool = Field(description="What it is to be.")


class RollbackBody(ServiceQuery):
    """Run another version."""

    to_version: Version = Field(description="Such as v1.0.")


class BreakBody(_Request):
    """Bring a fault about, for an experiment."""

    scenario: Name = Field(description="Which; the site knows those of the reference: " + ", ".join(SCENARIOS) + ".")


class HealBody(_Request):
    """Undo every experiment, and put everything back."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One row of the contract. `needed`: nobody can work on a site without it."""

    name: str
    method: Literal["GET", "POST"]
    request: type[_Request] | None
    answer: type[_Answer]
    summary: str
    needed: bool = False
    optional: bool = False
    alias: str | None = None

    @property
    def path(self) -> str:
        return f"/ops/{self.name}"

    @property
    def paths(self) -> tuple[str, ...]:
        """Where it may be, the usual one first."""
        return (self.path, self.alias) if self.alias else (self.path,)


ENDPOINTS = (
    Endpoint("health", "GET", None, SiteHealth, "How the site and each of its services is.", needed=True),
    Endpoint("services", "GET", None, SiteServices, "What runs of each service.", optional=True),
    Endpoint("metrics", "GET", ServiceQuery, ServiceMetrics, "What a service does now.", needed=True),
    Endpoint("logs", "GET", LogsQuery, ServiceLogs, "The newest log lines of a service.", needed=True),
    Endpoint("restart", "POST", RestartBody, ChangeAnswer, "Start a service anew."),
    Endpoint("scale", "POST", ScaleBody, ChangeAnswer, "Change how many replicas run."),
    Endpoint("config", "POST", ConfigBody, ChangeAnswer, "Set a value.", alias="/ops/configure"),
    Endpoint("rollback", "POST", RollbackBody, ChangeAnswer, "Run another version."),
    Endpoint("break", "POST", BreakBody, ChangeAnswer, "Bring a fault about, for an experiment."),
    Endpoint("heal", "POST", HealBody, ChangeAnswer, "Undo every experiment."),
)


def endpoint(name: str) -> Endpoint:
    return next(one for one in ENDPOINTS if one.name == name)
