"""TRL's environment against a running server plays as the one in process does. Needs no torch."""

from collections.abc import Iterator

import pytest

pytest.importorskip("openenv", reason="the openenv library is not installed: pip install 'praetor[openenv]'")

from praetor.openenv.trl.served import END, ServedIncident, served
from praetor.openenv.trl.simulated import SimulatedIncident
from simcore.errors import ActionError
from tests.support.openenv_service import openenv_service

ROW = {"task_id": "oom-crash", "seed": 3, "difficulty": "easy", "prompt": []}


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    with openenv_service() as url:
        yield url


def test_it_shows_and_pays_what_the_simulator_does(service: str) -> None:
    far, near = served(service)(), SimulatedIncident()
    assert far.reset(**ROW) == near.reset(**ROW)
    for act in (
        lambda incident: incident.list_services(),
        lambda incident: incident.describe_service("public-api"),
        lambda incident: incident.read_logs("public-api", lines=5),
        lambda incident: incident.restart_service("public-api"),
        lambda incident: incident.resolve_incident(causes=[{"service": "public-api", "mechanism": "memory"}]),
    ):
        assert act(far) == act(near)
        assert far.get_reward() == pytest.approx(near.get_reward(), abs=1e-6)
    assert far.list_services() == END


def test_sessions_of_instances_do_not_meet(service: str) -> None:
    one, another = served(service)(), served(service)()
    page = one.reset(**ROW)
    assert another.reset(**ROW | {"seed": 4}) != page
    another.resolve_incident(causes=[])
    assert one.list_services() != END


def test_a_malformed_action_is_told_and_is_no_step(service: str) -> None:
    incident = served(service)()
    incident.reset(**ROW)
    with pytest.raises(ActionError, match="replicas"):
        incident.scale_service("public-api", 1000)
    assert "[step 1/" in incident.list_services()


def test_a_reset_survives_a_session_that_was_lost(service: str) -> None:
    incident = served(service)()
    page = incident.reset(**ROW)
    incident._client.disconnect()
    assert incident.reset(**ROW) == page


def test_before_the_first_reset_nothing_can_be_done() -> None:
    assert ServedIncident("http://127.0.0.1:9").list_services() == END
