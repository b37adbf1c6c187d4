"""From a request to a site's substrate: the guarded client, the pace, the objectives, the alert, the first look."""

from datetime import UTC, datetime
from typing import Any

from praetor.guard.addresses import rules_of
from praetor.guard.client import GuardedClient
from praetor.guard.errors import GuardError
from praetor.guard.targets import SiteRequest
from praetor.substrates.live.alerts import notice_of
from praetor.substrates.live.first_look import family_of
from praetor.substrates.live.samples import Objectives
from praetor.substrates.live.system import Pace
from praetor.substrates.site.errors import SiteError
from praetor.substrates.site.looking import look_at
from praetor.substrates.site.ops_client import OpsClient
from praetor.substrates.site.substrate import SiteSubstrate
from simcore.classifier.classify import classify

MAX_STEPS = 60


def guarded_client(asked: SiteRequest) -> GuardedClient:
    """Raises SiteError for what is no URL of a site, or no rule. Nothing is dialled yet."""
    headers = {"Authorization": f"Bearer {asked.token}"} if asked.token else {}
    try:
        return GuardedClient(asked.url, rules=rules_of(asked.allow), headers=headers)
    except ValueError as problem:
        raise SiteError(f"what may be dialled: {problem}") from None
    except GuardError as problem:
        raise SiteError(str(problem)) from None


def site_substrate(
    asked: SiteRequest, alert: dict[str, Any] | None, *, family: str, max_steps: int | None = None
) -> SiteSubstrate:
    """`alert` is an IncidentRun's. Raises SiteError, UnreachableError: on a site that says nothing nobody can play."""
    ops = OpsClient(guarded_client(asked))
    try:
        look = look_at(ops, datetime.now(UTC))
    except GuardError as problem:
        ops.close()
        raise SiteError(str(problem)) from None
    except Exception:
        ops.close()
        raise
    found = classify(look)
    return SiteSubstrate(
        ops,
        notice_of(alert or {}, [one.name for one in look.services], found),
        family=family_of(family, found),
        max_steps=max_steps or MAX_STEPS,
        pace=Pace(action_seconds=asked.action_seconds, stabilization_seconds=asked.stabilization_seconds),
        objectives=Objectives(asked.availability, asked.latency_p99_ms),
    )
