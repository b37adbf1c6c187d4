"""Logs of a service: one that is empty is not one that cannot be read."""

import pytest

from praetor.substrates.cluster.logs import log_lines
from simcore.errors import DeniedError, InvalidObjectError, NotFoundError, UnavailableError
from tests.support.cluster_objects import deployment, looked_at, pod, replica_set
from tests.support.pod_logs import Logs

UNREACHABLE = UnavailableError("GET /api/v1/.../log: 500 dial tcp 10.0.0.7:10250: connect: connection refused")
WAITS = InvalidObjectError('GET /api/v1/.../log: 400 container "main" in pod "api-1" is waiting to start')
GONE = NotFoundError('GET /api/v1/.../log: 404 pods "api-1" not found')
WORDS = "2026-01-31T11:59:50Z INFO serving\n"


def read(logs, *pods):
    found = looked_at(deployments=[deployment(replicas=2)], replica_sets=[replica_set(1)], pods=pods or [pod()])
    return [line.message for line in logs.run(lambda client: log_lines(client, "shop", found.workloads["api"], 50))]


@pytest.mark.parametrize("answer", [WAITS, GONE])
def test_a_container_that_has_not_begun_has_an_empty_log(answer):
    assert read(Logs(problem=answer)) == []


@pytest.mark.parametrize("problem", [UNREACHABLE, DeniedError("403 pods/log is forbidden")])
def test_a_log_that_cannot_be_read_is_no_empty_log(problem):
    with pytest.raises(type(problem)):
        read(Logs(problem=problem))


def test_one_node_that_does_not_answer_keeps_nobody_from_reading_what_others_have():
    told = read(Logs(WORDS, but={"api-2": UNREACHABLE}), pod(), pod("api-2"), pod("api-3"))
    assert sorted(told) == [
        "api-1: INFO serving",
        "api-3: INFO serving",
        "kubelet: the log of pod api-2 cannot be read now",
    ]


def test_a_right_that_is_missing_for_one_is_missing_for_all():
    with pytest.raises(DeniedError):
        read(Logs(WORDS, but={"api-2": DeniedError("403")}), pod(), pod("api-2"))
