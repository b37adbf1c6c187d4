"""Which faults begin runs: any sequence of probes and of ends of runs, against the law said over the whole of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from hypothesis import example, given, settings
from hypothesis import strategies as st

from praetor.controller.care import Care
from praetor.controller.watching import watched
from praetor.resources.site import MOST_FAULT_NAMES, DetectedFault
from simcore.classifier.classify import HEALTHY, UNKNOWN, Classification

WELL, NAMELESS = "well", "nameless"
SUCCEEDED, ESCALATED = "the oldest run ends, Succeeded", "the oldest run ends, Escalated"
ENDS = (SUCCEEDED, ESCALATED)
A, B, C = NAMES = ("disk_full at api", "cert_expiry at web", "disk_full at web")
probes = st.sampled_from([WELL, NAMELESS, *NAMES])
repeated = st.tuples(st.one_of(probes, st.sampled_from(ENDS)), st.integers(1, 3)).map(lambda one: [one[0]] * one[1])
stories = st.lists(repeated, max_size=18).map(lambda parts: [event for part in parts for event in part])


@dataclass
class Site:
    """Told of probes as the prober is, and plays runs: by the events' numbers, when each began, and how it ended."""

    fault: DetectedFault | None = None
    begun: list[int] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    occurrences: list[tuple[str, str]] = field(default_factory=list)

    def care(self) -> Care:
        if len(self.ended) < len(self.begun):
            return "AtWork"
        if self.fault is None or (self.fault.first_family, self.fault.since) not in self.occurrences:
            return "None"
        return "Resolved" if self.ended[-1] == SUCCEEDED else "Unresolved"

    def happens(self, number: int, event: str) -> None:
        if event in ENDS:
            self.ended += [event] if len(self.ended) < len(self.begun) else []
            return
        seen = watched(self.fault, found(event), moment(number), self.care())
        self.fault = seen.fault
        if seen.fires and self.fault is not None:
            occurrence = (self.fault.first_family, self.fault.since)
            if occurrence not in self.occurrences:
                self.occurrences.append(occurrence)
                self.begun.append(number)


def found(probe: str) -> Classification:
    if probe == WELL:
        return Classification(HEALTHY, "", 0.9, (), ())
    family, _, service = (UNKNOWN, "", "") if probe == NAMELESS else probe.partition(" at ")
    return Classification(family, service, 0.9, (f"{probe} is seen",), ())


def moment(number: int) -> str:
    return f"2026-01-31T{number // 60:02}:{number % 60:02}:00Z"


def runs_begun(*story: str) -> list[int]:
    site = Site()
    for number, event in enumerate(story):
        site.happens(number, event)
    return site.begun


def runs_by_law(story: Sequence[str]) -> list[int]:
    """The sentences at the top of `watching`, which look back at each probe over all there was since the site was
    well: `trouble` has (number, probe, whether a run was at work then)."""
    begun: list[int] = []
    ended: list[tuple[int, str]] = []
    trouble: list[tuple[int, str, bool]] = []
    for number, event in enumerate(story):
        at_work = len(ended) < len(begun)
        if event in ENDS:
            ended += [(number, event)] if at_work else []
            continue
        own = [one for one in begun if trouble and one >= trouble[0][0]]
        last_end = ended[-1] if own and not at_work else None
        if is_over([one[1] for one in trouble], event, last_end is not None and last_end[1] == SUCCEEDED):
            trouble, own = [], []
        if event == WELL and not trouble:
            continue
        trouble.append((number, event, at_work))
        if event == WELL or not is_certain([one[1] for one in trouble]):
            continue
        if not own or (last_end is not None and is_another(trouble, own, last_end)):
            begun.append(number)
    return begun


def is_certain(seen: Sequence[str]) -> bool:
    return any(WELL not in pair for pair in pairwise(seen))


def is_over(seen: Sequence[str], now: str, succeeded: bool) -> bool:
    """With the probe that was made now. What was never certain is over at once."""
    if not is_certain(seen):
        return now == WELL
    return (seen[-1] == WELL and (succeeded or now == WELL)) or (succeeded and now == WELL)


def is_another(trouble: Sequence[tuple[int, str, bool]], own: Sequence[int], last_end: tuple[int, str]) -> bool:
    since = [event for number, event, _ in trouble if number > last_end[0]][-2:]
    if len(since) < 2 or since[0] != since[1] or WELL in since:
        return False
    old = {event for number, event, _ in trouble if number <= own[0] or number in own}
    left = {event for number, event, at_work in trouble if at_work} | {NAMELESS}
    return since[0] not in (old if last_end[1] == SUCCEEDED else old | left)


@settings(max_examples=300, deadline=None)
@given(stories)
@example([A, A, ESCALATED, B, A, B, B, B, B, ESCALATED, B, B])
@example([A, A, B, B, SUCCEEDED, B, B, SUCCEEDED, A, A, A])
@example([A, A, SUCCEEDED, WELL, A, A])
@example([A, A, SUCCEEDED, NAMELESS, NAMELESS, ESCALATED, NAMELESS, NAMELESS])
def test_runs_begin_as_the_law_says(story: list[str]) -> None:
    assert runs_begun(*story) == runs_by_law(story)


wavering = st.lists(st.sampled_from([A, B, NAMELESS]), max_size=20)


@settings(deadline=None)
@given(wavering, wavering)
def test_an_answer_that_wavers_while_a_fault_grows_begins_one_run(growing: list[str], after: list[str]) -> None:
    """By the end of the run, which leaves it to a person, it has had all its names."""
    assert runs_begun(A, B, *growing, ESCALATED, *after) == [1]


@settings(deadline=None)
@given(wavering, st.sampled_from(ENDS), st.integers(0, 10))
def test_another_fault_that_stays_has_one_run_however_that_ends(growing: list[str], end: str, longer: int) -> None:
    story = [A, A, *growing, end, C, C]
    assert runs_begun(*story, *[C] * longer) == [1, len(story) - 1]
    assert runs_begun(*story, end, *[C] * longer) == [1, len(story) - 1]


@settings(deadline=None)
@given(stories.map(lambda story: [event for event in story if event != WELL]))
def test_no_name_begins_two_runs_before_the_site_is_well(story: list[str]) -> None:
    begun = runs_begun(*story)
    names = [story[number] for number in begun]
    assert len(names) == len(set(names))


def test_what_is_called_everything_is_nothing_new() -> None:
    """A classifier that has lost its way pages nobody for ever."""
    names = [f"disk_full at service-{number}" for number in range(3 * MOST_FAULT_NAMES)]
    story = [event for name in names for event in (name, name, ESCALATED)]
    assert len(runs_begun(*story)) == MOST_FAULT_NAMES
