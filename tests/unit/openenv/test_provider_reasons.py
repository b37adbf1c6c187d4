"""What a pod says of itself, from manifests as real clusters wrote them."""

from typing import Any

import pytest

from praetor.openenv.provider.reasons import Phase, state_of, warnings


def pod(status: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    container = {"name": "environment", "resources": {"limits": {"memory": "64Mi"}}}
    return {"metadata": {"name": "one"} | metadata, "spec": {"containers": [container]}, "status": status}


def container(**state: Any) -> dict[str, Any]:
    return {"phase": "Pending", "containerStatuses": [{"name": "environment", "state": state}]}


def waiting(reason: str, message: str = "") -> dict[str, Any]:
    return pod(container(waiting={"reason": reason, "message": message}))


def test_a_pod_that_runs_is_running() -> None:
    running = pod(container(running={"startedAt": "2026-01-01T00:00:00Z"}) | {"phase": "Running"})
    assert state_of(running).phase is Phase.RUNNING


@pytest.mark.parametrize("reason", ["ContainerCreating", "PodInitializing", "ErrImagePull"])
def test_what_may_pass_by_itself_is_waited_for(reason: str) -> None:
    assert state_of(waiting(reason)).phase is Phase.COMING


@pytest.mark.parametrize(
    "reason", ["ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName", "CreateContainerConfigError"]
)
def test_what_somebody_must_mend_is_not_waited_for(reason: str) -> None:
    state = state_of(waiting(reason, "the kubelet's own words"))
    assert state.phase is Phase.ENDED
    assert state.reason == f"{reason}: the kubelet's own words"


def test_a_container_killed_for_its_memory_names_the_limit_and_the_remedy() -> None:
    status = container(terminated={"reason": "OOMKilled", "exitCode": 137}) | {"phase": "Failed"}
    state = state_of(pod(status))
    assert state.phase is Phase.ENDED
    assert state.reason.startswith("OOMKilled: exit code 137, its memory limit is 64Mi")
    assert "memory_limit" in state.reason


def test_a_pod_past_its_deadline_says_so() -> None:
    status = {"phase": "Failed", "reason": "DeadlineExceeded", "message": "Pod was active longer than allowed"}
    assert state_of(pod(status)).reason == "DeadlineExceeded: Pod was active longer than allowed"


def test_an_environment_that_ended_well_has_ended_all_the_same() -> None:
    status = container(terminated={"reason": "Completed", "exitCode": 0}) | {"phase": "Succeeded"}
    assert state_of(pod(status)).phase is Phase.ENDED


def test_a_pod_without_a_node_tells_what_the_scheduler_said() -> None:
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "Insufficient cpu"}
    state = state_of(pod({"phase": "Pending", "conditions": [condition]}))
    assert (state.phase, state.reason) == (Phase.COMING, "Unschedulable: Insufficient cpu")


def test_a_pod_that_was_deleted_has_ended() -> None:
    assert state_of(None).phase is Phase.ENDED
    running = container(running={}) | {"phase": "Running"}
    assert state_of(pod(running, deletionTimestamp="2026-01-01T00:00:00Z")).phase is Phase.ENDED


def test_a_new_pod_without_any_status_is_coming() -> None:
    assert state_of(pod({})).phase is Phase.COMING


def test_warnings_are_the_newest_of_the_bad_events() -> None:
    events = [
        {"type": "Warning", "reason": "FailedMount", "message": str(n), "lastTimestamp": f"2026-01-01T00:00:0{n}Z"}
        for n in range(5)
    ]
    assert warnings([{"type": "Normal", "reason": "Pulled"}, *reversed(events)]) == [
        "FailedMount: 2", "FailedMount: 3", "FailedMount: 4"
    ]  # fmt: skip
