"""The ledger on the wire: what a run remembers is read back as it was written, and never trusted blindly."""

import pytest

from praetor.alerts import alertmanager
from praetor.alerts.ledger import LIMIT, Ledger
from praetor.resources.run_status import SeenAlerts
from tests.support.alert_bodies import alert, body


def crowd(size):
    return alertmanager.parse(body(*(alert(f"Alert{number}", started=number) for number in range(size))))


@pytest.mark.parametrize("size", [0, 3, LIMIT, LIMIT + 1])
def test_a_ledger_is_read_back_as_it_was_written(size):
    ledger = Ledger().joined(crowd(size).occurrences)
    assert Ledger.loads(ledger.dumps()) == ledger


@pytest.mark.parametrize("size", [3, LIMIT + 1])
def test_a_ledger_is_what_the_status_of_a_run_takes(size):
    ledger = Ledger().joined(crowd(size).occurrences)
    assert SeenAlerts.model_validate(ledger.to_json()).firing == size


@pytest.mark.parametrize("text", ["", "no json", "[]", "7", '{"firing": "many"}', '{"seen": 7}'])
def test_an_annotation_that_somebody_edited_is_an_empty_ledger(text):
    assert Ledger.loads(text) == Ledger()
