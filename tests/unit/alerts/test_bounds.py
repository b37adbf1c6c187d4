"""The largest run that an alert can make: it fits into the store, whatever characters the text is made of."""

import json

import pytest

from praetor.alerts import alertmanager
from praetor.alerts.intake import accept
from praetor.alerts.manifest import ALERT_LIMIT_BYTES
from praetor.alerts.text import clean
from praetor.controller.fitting import STATUS_LIMIT_BYTES, fitted
from praetor.resources.conditions import RUN_CONDITIONS
from praetor.store.directory import DirectoryStore
from praetor.store.limits import RUN_LIMIT_BYTES
from praetor.store.scope import Scope
from simcore.protocols import Manifest
from tests.support.alert_bodies import alert, body

CHARACTERS = ['"', "\\", "\n", "x", "ü", "🚨", "\x00", "\x7f"]


def size(value: object) -> int:
    return len(json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode())


def largest_body(character: str) -> bytes:
    labels = {f"label_{number:02}{character}": character * 300 for number in range(40)}
    alerts = [alert(f"Alert{number}", started=number, **labels) for number in range(201)]
    annotations = {f"annotation_{number}{character}": character * 900 for number in range(20)}
    texts = {"summary": character * 900, "description": character * 9000} | annotations
    for one in alerts:
        one["annotations"] = texts
        one["labels"] |= {"service": character * 900, "severity": character * 900}
    return body(*alerts, group_key=character * 3000)


def largest_status(character: str) -> Manifest:
    conditions = [
        {
            "type": type,
            "status": "Unknown",
            "reason": "R" * 40,
            "message": character * 1024,
            "lastTransitionTime": "2026-11-23T12:00:00.123456Z",
            "observedGeneration": 99,
        }
        for type in RUN_CONDITIONS
    ]
    step = {"action": "declare_root_cause", "service": "s" * 63, "reward": -0.123456, "summary": character * 300}
    return {
        "phase": "Failed",
        "message": character * 5000,
        "conditions": conditions,
        "steps": [step | {"seq": seq} for seq in range(191, 201)],
        "traceRef": {"name": "n" * 100, "sha256": "0" * 64, "events": 9999, "chunks": 9},
    }


@pytest.mark.parametrize("character", CHARACTERS, ids=repr)
async def test_the_largest_alert_with_the_largest_status_is_kept(store: DirectoryStore, character: str) -> None:
    (accepted,) = await accept(store, alertmanager.parse(largest_body(character)), Scope("praetor"))
    run = await store.get("IncidentRun", "praetor", accepted.name)
    assert size(run["spec"]["alert"]) <= ALERT_LIMIT_BYTES
    assert len(run["status"]["alerts"]["seen"]) == 200
    fields = fitted(run["status"] | largest_status(character))
    written = await store.update_status(run | {"status": fields})
    assert [step["seq"] for step in written["status"]["steps"]][-1:] == [200]
    assert size(written) <= RUN_LIMIT_BYTES


@pytest.mark.parametrize("character", CHARACTERS, ids=repr)
def test_text_is_bounded_by_what_it_takes_as_json(character: str) -> None:
    cut = clean(character * 500, 100)
    assert 90 < size(cut) - 2 <= 100
    assert cut.endswith("…")
    assert clean(cut, 100) == cut


def test_a_status_that_fits_is_left_as_it_is() -> None:
    status = largest_status("x") | {"conditions": [], "message": "m" * 600}
    assert size(status) < STATUS_LIMIT_BYTES
    assert fitted(status) == status
