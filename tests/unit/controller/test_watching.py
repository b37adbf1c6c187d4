"""What probes of a site add up to: when a fault is one, when it is over, and what its run is called."""

from typing import Any

import pytest

from praetor.controller.watching import CONSECUTIVE, Watched, notification_of, watched
from praetor.resources.site import DetectedFault, TargetSite
from simcore.classifier.classify import HEALTHY, UNKNOWN, Classification

NOW, LATER = "2026-01-31T12:00:00Z", "2026-01-31T12:01:00Z"
SITE = {
    "apiVersion": "praetor.dev/v1alpha1",
    "kind": "TargetSite",
    "metadata": {"name": "shop", "namespace": "default"},
}


def found(family: str, service: str = "api", *evidence: str) -> Classification:
    if family == HEALTHY:
        return Classification(family, "", 0.9, (), ())
    return Classification(family, service, 0.9, evidence or (f"{service} is degraded",), ())


def seen(*families: str) -> list[Watched]:
    """Of probes one after another."""
    told: list[Watched] = []
    for number, family in enumerate(families):
        before = told[-1].fault if told else None
        told.append(watched(before, found(family), NOW if number == 0 else LATER))
    return told


def statuses(*families: str) -> list[str]:
    return [one.said.status for one in seen(*families)]


def test_one_probe_is_a_suspicion_and_two_in_a_row_are_a_fault() -> None:
    assert CONSECUTIVE == 2
    assert statuses("disk_full", "disk_full", "disk_full") == ["Unknown", "True", "True"]
    assert [one.fires for one in seen("disk_full", "disk_full")] == [False, True]


def test_what_nobody_has_seen_a_sign_of_is_no_fault() -> None:
    nothing_seen = Classification(UNKNOWN, "", 0.98, (), ())
    told = watched(None, nothing_seen, NOW)
    assert (told.said.status, told.fault, told.over, told.fires) == ("False", None, None, False)


def test_a_site_that_flaps_is_never_paged_for() -> None:
    told = seen(*["disk_full", HEALTHY] * 10)
    assert {(one.over, one.fires) for one in told} == {(None, False)}
    assert {one.said.status for one in told} == {"Unknown", "False"}


def test_a_fault_is_over_when_two_probes_in_a_row_do_not_see_it() -> None:
    told = seen("disk_full", "disk_full", HEALTHY, "disk_full", HEALTHY, HEALTHY, HEALTHY)
    assert [one.said.status for one in told] == ["Unknown", "True", "True", "True", "True", "False", "False"]
    assert [one.fires for one in told] == [False, True, False, True, False, False, False]
    assert [number for number, one in enumerate(told) if one.over] == [5]
    assert [one.fault is None for one in told[-2:]] == [True, True]


def test_what_it_is_called_may_change_and_its_name_stays() -> None:
    told = seen(UNKNOWN, "oom_crash", "slow_leak", HEALTHY, "oom_crash")
    faults = [one.fault for one in told if one.fault is not None]
    assert [fault.family for fault in faults] == [UNKNOWN, "oom_crash", "slow_leak", "slow_leak", "oom_crash"]
    assert [fault.first_family for fault in faults[1:]] == ["oom_crash"] * 4
    assert {fault.since for fault in faults} == {NOW}


def test_a_fault_is_told_as_the_same_occurrence_of_the_same_group() -> None:
    site = TargetSite.model_validate(SITE)
    first, second = (one.fault for one in seen("oom_crash", "oom_crash", "slow_leak")[1:])
    assert first is not None
    assert second is not None
    one, other = (notification_of(site, fault, firing=True) for fault in (first, second))
    assert (one.source, one.group_parts) == ("probe", ("shop", "oom_crash")) == (other.source, other.group_parts)
    assert [a.key for a in one.occurrences] == [a.key for a in other.occurrences]


@pytest.mark.parametrize(("family", "scenario"), [("oom_crash", "oom-crash"), (UNKNOWN, "")])
def test_the_run_starts_from_what_the_classifier_shows(family: str, scenario: str) -> None:
    fault = DetectedFault(
        family=family, service="api", confidence=0.93, evidence=["api uses 506 of 512 MiB"], since=NOW,
        first_family=family, seen_probes=2,
    )  # fmt: skip
    told = notification_of(TargetSite.model_validate(SITE), fault, firing=True)
    assert (told.title, told.service, told.scenario) == ("api uses 506 of 512 MiB", "api", scenario)
    assert f"{family} at api, 93 % sure: api uses 506 of 512 MiB" in told.description


def test_a_status_with_a_fault_can_be_read_again() -> None:
    fault = seen("oom_crash")[0].fault
    assert fault is not None
    status: dict[str, Any] = {"detectedFault": fault.model_dump(by_alias=True)}
    assert TargetSite.model_validate(SITE | {"status": status}).status.detected_fault == fault
