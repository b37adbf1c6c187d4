"""What to do about an IncidentRun: a chain of named checks over the observed world. Pure.

The first check that has something to say decides; an empty list says that there is nothing to do. Whoever
applies the effects looks again afterwards, so each check takes one step only. Artifacts and Events come
before the status that speaks of them: a run that says Complete has its trace and its report.
"""

from collections.abc import Callable
from dataclasses import replace

from praetor.controller import experiment, healing, statuses, waiting
from praetor.controller.clearing import (
    asks_to_make_a_call,
    asks_to_make_a_change,
    decision_on,
    seconds_left_to_decide,
    too_late,
    waits_for_a_person,
)
from praetor.controller.effects import (
    DeleteRun,
    Effect,
    LookAgain,
    PutArtifact,
    RecordEvent,
    StartEpisode,
    StopEpisode,
    WriteStatus,
)
from praetor.controller.observed import POSTMORTEM, TRACE, Lost, Observed, Playable, Playing, Refused, Unplayable
from praetor.controller.parts import TURN_SECONDS, cut_off, fail, report, request_of, seconds_left
from praetor.controller.times import seconds_since
from praetor.resources import reasons
from praetor.resources.guardrails import Guardrails
from praetor.resources.run_status import IncidentRunStatus
from praetor.runner.pool import GRACE_SECONDS

LONGEST_PAUSE_SECONDS = 60.0
HOUR_SECONDS = 3600.0

Decision = list[Effect] | None
"""None leaves the decision to the next check."""


def reconcile(observed: Observed) -> list[Effect]:
    for check in CHECKS:
        effects = check(observed)
        if effects is not None:
            return healing.nothing_ends_broken(observed, effects)
    return []


def being_deleted(observed: Observed) -> Decision:
    return healing.before_it_goes(observed) if observed.run.metadata.deletion_timestamp else None


def finished_is_kept_for_its_ttl(observed: Observed) -> Decision:
    if not observed.is_finished:
        return None
    if observed.status.observed_generation != observed.run.metadata.generation:
        return [WriteStatus(statuses.observed_again(observed))]
    ttl, ended = observed.spec.ttl_seconds_after_finished, observed.status.completion_time
    if ttl is None or ended is None or observed.awaits_resolution:
        return []
    left_seconds = max(ttl - seconds_since(ended, observed.now), _counted_seconds(observed))
    return [LookAgain(left_seconds)] if left_seconds > 0 else [DeleteRun()]


def _counted_seconds(observed: Observed) -> float:
    """For so long its changes of a site still count for other runs there: a run that is gone counts for nothing."""
    if not observed.status.intents or not isinstance(observed.subject, Playable) or observed.subject.site is None:
        return 0.0
    rules = Guardrails.model_validate(observed.subject.site.guardrails)
    newest = max(intent.at for intent in observed.status.intents)
    return max(HOUR_SECONDS, rules.verification_window_seconds) - seconds_since(newest, observed.now)


def seen_for_the_first_time(observed: Observed) -> Decision:
    if observed.status.conditions:
        return None
    accepted = RecordEvent(reasons.RUN_ACCEPTED, "the run was seen and is going to be played")
    return [accepted, WriteStatus(statuses.first_seen(observed))]


def cancelled_now(observed: Observed) -> Decision:
    if observed.spec.cancel != "Now":
        return None
    return cut_off(observed, reasons.CANCELLED, "cancelled by spec.cancel")


def cancelled_before_an_episode_was_under_way(observed: Observed) -> Decision:
    if observed.spec.cancel != "Graceful":
        return None
    if observed.is_started and not isinstance(observed.episode, Lost) and not _is_parked(observed):
        return None
    return fail(observed, reasons.CANCELLED, "cancelled by spec.cancel; no episode was under way")


def suspended(observed: Observed) -> Decision:
    if not observed.spec.suspend:
        return None
    if observed.status.phase == "Suspended":
        return []
    event = RecordEvent(reasons.SUSPENDED, "suspended by spec.suspend")
    return [event, WriteStatus(statuses.suspended(observed)), StopEpisode()]


def replaced(observed: Observed) -> Decision:
    """Not one whose episode has ended: what it did is told to its end."""
    if observed.turn.kind != "Replaced" or observed.outcome is not None:
        return None
    return [StopEpisode(), *fail(observed, reasons.REPLACED, observed.turn.message)]


def another_run_is_at_work(observed: Observed) -> Decision:
    if observed.turn.kind != "GiveUp":
        return None
    return _left_to_a_person(observed, reasons.SITE_BUSY, observed.turn.message)


def waits_for_its_turn(observed: Observed) -> Decision:
    if observed.turn.kind != "Wait":
        return None
    told: list[Effect] = [LookAgain(TURN_SECONDS)]
    if observed.status.message != observed.turn.message:
        told.insert(0, WriteStatus(statuses.waiting(observed, observed.turn.message)))
    return told


def nothing_to_act_on(observed: Observed) -> Decision:
    subject = observed.subject
    if not isinstance(subject, Unplayable) or subject.reason != reasons.NOTHING_TO_ACT_ON:
        return None
    return _left_to_a_person(observed, subject.reason, subject.message)


def unplayable(observed: Observed) -> Decision:
    if observed.is_started or isinstance(observed.subject, Playable):
        return None
    return fail(observed, observed.subject.reason, observed.subject.message)


def not_yet_started(observed: Observed) -> Decision:
    if observed.is_started or not isinstance(observed.subject, Playable):
        return None
    resumed = [RecordEvent(reasons.RESUMED, "resumed by spec.suspend")] * (observed.status.phase == "Suspended")
    event = RecordEvent(reasons.EPISODE_STARTED, _announced(observed, observed.subject))
    begun = statuses.started(observed, observed.subject)
    # On a site it begins at once, so that a run which has begun and has no episode is one that was cut off.
    start = _start(observed, begun, observed.subject) if observed.subject.site else []
    return [*resumed, event, WriteStatus(begun), *start]


def _announced(observed: Observed, playable: Playable) -> str:
    name = observed.spec.policy.name
    if playable.site:
        return f"{name} plays {statuses.where(playable.site)}"
    return f"{name} plays {playable.name}: {statuses.REHEARSAL}"


def _start(observed: Observed, status: IncidentRunStatus, playable: Playable) -> list[Effect]:
    run = observed.run.model_copy(update={"status": status})
    return [StartEpisode(request_of(replace(observed, run=run), playable), status.attempts)]


def played_but_not_stored(observed: Observed) -> Decision:
    outcome = observed.outcome
    if outcome is None or POSTMORTEM in observed.stored:
        return None
    if TRACE not in observed.stored:
        return [PutArtifact(TRACE, outcome.trace)]
    return [report(observed, statuses.reported(observed, outcome), outcome.trace)]


def played_and_stored(observed: Observed) -> Decision:
    outcome = observed.outcome
    if outcome is None:
        return None
    ended = statuses.concluded(observed, outcome)
    stored = RecordEvent(reasons.REPORT_STORED, "the trace and the post-mortem are stored")
    if outcome.failure:
        told = RecordEvent(outcome.failure.reason, outcome.failure.message, warning=True)
    else:
        told = RecordEvent(reasons.EPISODE_ENDED, statuses.in_a_sentence(outcome))
    return [told, stored, WriteStatus(ended)]


def past_its_deadline(observed: Observed) -> Decision:
    """An episode under way ends by itself at its deadline; only one that hangs is killed."""
    grace_seconds = GRACE_SECONDS if isinstance(observed.episode, Playing) else 0.0
    left_seconds = seconds_left(observed)
    if left_seconds is None or left_seconds + grace_seconds > 0:
        return None
    limit = observed.spec.active_deadline_seconds
    return cut_off(observed, reasons.DEADLINE_EXCEEDED, f"not ended {limit} s after its start")


def refused(observed: Observed) -> Decision:
    if not isinstance(observed.episode, Refused):
        return None
    reason = reasons.SUBSTRATE_UNAVAILABLE if observed.is_live else reasons.SCENARIO_INVALID
    return fail(observed, reason, observed.episode.message)


def lost_too_often(observed: Observed) -> Decision:
    if not _is_newly_lost(observed) or observed.status.attempts <= observed.spec.backoff_limit:
        return None
    assert isinstance(observed.episode, Lost)
    message = f"attempt {observed.status.attempts} failed as those before: {observed.episode.message}"
    return cut_off(observed, reasons.BACKOFF_LIMIT_EXCEEDED, message)


def lost(observed: Observed) -> Decision:
    if not _is_newly_lost(observed):
        return None
    assert isinstance(observed.episode, Lost)
    event = RecordEvent(reasons.RETRYING, observed.episode.message, warning=True)
    return [event, WriteStatus(statuses.retrying(observed, observed.episode.message))]


def pausing_before_the_next_attempt(observed: Observed) -> Decision:
    if not isinstance(observed.episode, Lost):
        return None
    pause_seconds = min(2.0 ** (observed.episode.attempt - 1), LONGEST_PAUSE_SECONDS)
    left_seconds = pause_seconds - (observed.now - observed.episode.at).total_seconds()
    return [LookAgain(left_seconds)] if left_seconds > 0 else None


def decided_while_nobody_played(observed: Observed) -> Decision:
    """The policy looks anew: what was true when it asked need not be any more. If it comes to the same change, that is
    decided already."""
    awaiting = observed.status.awaiting
    if not _is_parked(observed) or awaiting is None or not isinstance(observed.subject, Playable):
        return None
    decided = decision_on(awaiting.request, observed)
    if decided is None:
        return None
    again = waiting.begun_anew(observed, decided)
    start = _start(observed, again, observed.subject) if observed.subject.site else []
    return [WriteStatus(again), *start]


def nobody_decided_in_time(observed: Observed) -> Decision:
    if not _is_parked(observed) or seconds_left_to_decide(observed) > 0:
        return None
    return _left_to_a_person(observed, reasons.APPROVAL_TIMED_OUT, too_late(observed))


def under_way(observed: Observed) -> Decision:
    if not isinstance(observed.episode, Playing):
        return None
    left_seconds, looks = seconds_left(observed), [TURN_SECONDS] * observed.turn.may_change
    if left_seconds is not None:
        looks.append(left_seconds + GRACE_SECONDS)
    asked = experiment.questions_under_way(observed)
    return [*asked, LookAgain(min(looks))] if looks else asked


def cut_off_on_a_site(observed: Observed) -> Decision:
    """The operator ended while a site was being worked on. Nothing is done twice there: the next attempt looks at
    the site as it is by now, under keys of its own."""
    if observed.episode is not None or not observed.is_live or isinstance(observed.subject, Unplayable):
        return None
    message = "the operator ended while the episode was under way"
    if observed.status.attempts > observed.spec.backoff_limit:
        return fail(observed, reasons.BACKOFF_LIMIT_EXCEEDED, f"attempt {observed.status.attempts}: {message}")
    again = statuses.retrying(observed, message)
    event = RecordEvent(reasons.RETRYING, message, warning=True)
    return [event, WriteStatus(again), *_start(observed, again, observed.subject)]


def to_be_played(observed: Observed) -> Decision:
    """Also after a restart of the operator: the simulator plays the same episode again, to the same bytes."""
    if isinstance(observed.subject, Unplayable):
        return fail(observed, observed.subject.reason, observed.subject.message)
    return [StartEpisode(request_of(observed, observed.subject), observed.status.attempts)]


CHECKS: tuple[Callable[[Observed], Decision], ...] = (
    being_deleted,
    finished_is_kept_for_its_ttl,
    seen_for_the_first_time,
    healing.healed,
    cancelled_now,
    cancelled_before_an_episode_was_under_way,
    suspended,
    replaced,
    another_run_is_at_work,
    waits_for_its_turn,
    nothing_to_act_on,
    unplayable,
    experiment.over,
    experiment.broke_elsewhere,
    experiment.prepared,
    not_yet_started,
    played_but_not_stored,
    played_and_stored,
    past_its_deadline,
    refused,
    lost_too_often,
    lost,
    pausing_before_the_next_attempt,
    asks_to_make_a_call,
    asks_to_make_a_change,
    decided_while_nobody_played,
    waits_for_a_person,
    nobody_decided_in_time,
    under_way,
    cut_off_on_a_site,
    to_be_played,
)


def _left_to_a_person(observed: Observed, reason: str, message: str) -> list[Effect]:
    ended = statuses.left_to_a_person(observed, reason, message)
    if POSTMORTEM not in observed.stored:
        return [report(observed, ended, b"")]
    return [RecordEvent(reason, message, warning=True), WriteStatus(ended)]


def _is_parked(observed: Observed) -> bool:
    """It waits for a person, and nobody plays it."""
    return observed.status.awaiting is not None and observed.episode is None


def _is_newly_lost(observed: Observed) -> bool:
    return isinstance(observed.episode, Lost) and observed.episode.attempt == observed.status.attempts
