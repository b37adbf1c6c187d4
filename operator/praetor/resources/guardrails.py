"""What a TargetSite's owner allows runs to do there. The runner's tool layer holds every policy to it."""

from datetime import datetime, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, StringConstraints

from praetor.resources.cron import parse_cron
from praetor.resources.wire import Wire

ChangeName = Literal["restart_service", "scale_service", "rollback_deployment", "update_config"]
ApprovalLevel = Literal["Never", "RiskyActions", "Always"]
APPROVAL_LEVELS: tuple[ApprovalLevel, ...] = ("Never", "RiskyActions", "Always")
"""From the loosest to the strictest."""
WEEK_SECONDS = 7 * 24 * 3600
_Service = Annotated[str, StringConstraints(min_length=1, max_length=253)]


def stricter(one: ApprovalLevel, other: ApprovalLevel) -> ApprovalLevel:
    return max(one, other, key=APPROVAL_LEVELS.index)


def _is_cron(text: str) -> str:
    parse_cron(text)
    return text


def _is_zone(name: str) -> str:
    zone_of(name)
    return name


def zone_of(name: str) -> ZoneInfo:
    """Raises ValueError for what is no time zone."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{name!r} is no time zone of the IANA database, such as Europe/Berlin") from None


class BlastRadius(Wire):
    """How much of a site one run may change."""

    services: int | None = Field(None, ge=1, le=100, description="How many services; default: any number.")
    pods_percent: int | None = Field(
        None,
        ge=0,
        le=100,
        description="The share of a service's pods, of those that the run found, that it may scale away.",
    )


class ChangeWindow(Wire):
    """A time that comes again and again: it opens as cron says, and is open for so long."""

    kind: Literal["Allow", "Freeze"] = Field(
        "Allow",
        description="`Allow`: with such windows, changes are made in one of them only. `Freeze`: none is made in it.",
    )
    schedule: Annotated[str, AfterValidator(_is_cron)] = Field(
        min_length=1, max_length=100, pattern=r"^(@[a-z]+|\S+\s+\S+\s+\S+\s+\S+\s+\S+)$",
        description="When it opens, as in crontab: minute, hour, day of month, month, day of week.",
    )  # fmt: skip
    duration_seconds: int = Field(ge=60, le=366 * 24 * 3600, description="How long it is open.")
    time_zone: Annotated[str, AfterValidator(_is_zone)] = Field(
        "UTC", min_length=1, max_length=64, description="Of the schedule, as the IANA database calls it."
    )

    def is_open(self, now: datetime) -> bool:
        """`now` knows its time zone."""
        duration = timedelta(seconds=self.duration_seconds)
        start = parse_cron(self.schedule).last_start(now, zone_of(self.time_zone), duration)
        return start is not None and now < start + duration

    @property
    def in_words(self) -> str:
        return f"{self.schedule!r} ({self.time_zone}) for {self.duration_seconds} s"


class Guardrails(Wire):
    """What a run may do to the site, whatever its policy says."""

    allowed_actions: list[ChangeName] | None = Field(
        None, max_length=4, description="The changes that may be made; default: all. Looking is always allowed."
    )
    protected_services: list[_Service] = Field(
        default_factory=list, max_length=100, description="Services that are never changed."
    )
    restarts_per_hour: int | None = Field(
        None,
        ge=0,
        le=1000,
        description="Restarts at the site within any hour, by all of its runs together; default: any number.",
    )
    blast_radius: BlastRadius | None = Field(None, description="How much of the site one run may change.")
    maintenance_windows: list[ChangeWindow] = Field(
        default_factory=list, max_length=20, description="When changes are made, and when not; default: always."
    )
    approval: ApprovalLevel = Field(
        "Never",
        description="Which changes wait for a person; the stricter of this and the run's own `spec.approval` holds.",
    )
    verification_window_seconds: int = Field(
        1800,
        ge=0,
        le=WEEK_SECONDS,
        description="For so long after a run's change no other run makes the same one again: the fault has come back, "
        "so a person has to look. 0: never mind.",
    )
