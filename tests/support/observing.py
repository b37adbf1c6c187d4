"""Observed worlds for tests of decisions: a run, and what is different about this one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from praetor.controller import statuses
from praetor.controller.observed import Observed, Playable
from praetor.resources.run import IncidentRun
from praetor.resources.run_status import IncidentRunStatus
from praetor.runner.loop import play
from praetor.runner.request import Failure, RunOutcome, RunRequest
from tests.support.tiny_stage import TinyStage, make_policy

NOW = datetime(2026, 1, 31, 12, 0, 0, tzinfo=UTC)
SUBJECT = Playable("tiny", "tiny")
ALERT = {"source": "generic", "groupKey": "g", "title": "api is down"}


class NoEpisodes:
    """Of a process that plays none, as praetor.controller.episodes.Episodes."""

    def state(self, uid: str) -> None:
        return None

    def stored(self, uid: str) -> dict[str, str]:
        return {}

    def told(self, uid: str) -> tuple[str, ...]:
        return ()


def manifest(name: str = "one", **spec: Any) -> dict[str, Any]:
    origin = {} if "alert" in spec else {"scenarioRef": {"name": "tiny"}}
    return {
        "apiVersion": "praetor.dev/v1alpha1",
        "kind": "IncidentRun",
        "metadata": {"name": name, "namespace": "default", "uid": "uid-1", "generation": 1},
        "spec": origin | spec,
    }


def unseen(**spec: Any) -> Observed:
    """A run that nobody has looked at."""
    return Observed(IncidentRun.model_validate(manifest(**spec)), NOW, SUBJECT)


def accepted(**spec: Any) -> Observed:
    """Seen once, not begun."""
    observed = unseen(**spec)
    return with_status(observed, statuses.first_seen(observed))


def begun(**spec: Any) -> Observed:
    """Begun; this process knows of no episode."""
    observed = accepted(**spec)
    return with_status(observed, statuses.started(observed, SUBJECT))


def played(failure: Failure | None = None, **spec: Any) -> Observed:
    """The episode has ended, and its artifacts are stored."""
    stored = {"trace.jsonl": "one-trace-0", "postmortem.md": "one-postmortem"}
    return replace(begun(**spec), episode=outcome(failure), stored=stored)


def finished(**spec: Any) -> Observed:
    observed = played(**spec)
    assert observed.outcome is not None
    ended = with_status(observed, statuses.concluded(observed, observed.outcome))
    return replace(ended, episode=None, stored={})


def outcome(failure: Failure | None = None) -> RunOutcome:
    request = RunRequest("uid-1", "default", "one", "tiny")
    return replace(play(request, TinyStage(), make_policy("playbook")), failure=failure)


def with_status(observed: Observed, status: IncidentRunStatus) -> Observed:
    return replace(observed, run=observed.run.model_copy(update={"status": status}))


def with_metadata(observed: Observed, **changes: Any) -> Observed:
    metadata = observed.run.metadata.model_copy(update=changes)
    return replace(observed, run=observed.run.model_copy(update={"metadata": metadata}))


def later(observed: Observed, seconds: float) -> Observed:
    return replace(observed, now=observed.now + timedelta(seconds=seconds))
