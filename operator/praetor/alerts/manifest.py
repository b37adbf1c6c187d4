"""An IncidentRun of an alert, as manifest, and what an existing one says about its group."""

from collections.abc import Iterable
from datetime import UTC
from typing import Any

from praetor.alerts.deciding import FOREIGN, REHEARSAL, CreateRun, KnownRun
from praetor.alerts.ledger import Ledger
from praetor.alerts.naming import rehearsal_seed, run_name, run_number
from praetor.alerts.notification import Notification
from praetor.alerts.text import clean, clean_map
from praetor.resources.alert import (
    ANNOTATION_LIMIT,
    ANNOTATIONS_LIMIT,
    DESCRIPTION_LIMIT,
    GROUP_KEY_LIMIT,
    LABEL_LIMIT,
    LABELS_LIMIT,
    SERVICE_LIMIT,
    SEVERITY_LIMIT,
    TITLE_LIMIT,
)
from praetor.resources.conditions import COMPLETE, FAILED
from praetor.resources.meta import API_VERSION, GROUP
from simcore.protocols import Manifest

GROUP_LABEL = f"{GROUP}/alert-group"
LEDGER_ANNOTATION = f"{GROUP}/alerts"
"""What a run had seen when it was made, in the shape of `status.alerts`: a status cannot be created with its
object, and between two writes a delivery could be forgotten."""
LABELS_LIMIT_BYTES = 1200
ANNOTATIONS_LIMIT_BYTES = 1000
ALERT_LIMIT_BYTES = 6000
"""What `spec.alert` takes at most, as JSON: the limits of all its fields together."""


def alert_run(notification: Notification, digest: str, decision: CreateRun, namespace: str, target: str) -> Manifest:
    spec: dict[str, Any] = {"alert": alert_spec(notification)}
    if target == REHEARSAL:
        spec |= {"target": {"simulator": {}}, "seed": rehearsal_seed(digest), "split": "train"}
    else:
        spec |= {"target": {"siteRef": {"name": target}}}
    return {
        "apiVersion": API_VERSION,
        "kind": "IncidentRun",
        "metadata": {
            "name": run_name(notification.source, digest, decision.number),
            "namespace": namespace,
            "labels": {GROUP_LABEL: digest},
            "annotations": {LEDGER_ANNOTATION: decision.ledger.dumps()},
        },
        "spec": spec,
    }


def alert_spec(notification: Notification) -> dict[str, Any]:
    """`spec.alert`: bounded text; what is empty is left out."""
    first = (notification.firing or notification.alerts)[0]
    labels = notification.labels
    alert = {
        "source": notification.source,
        "groupKey": clean(notification.group_key, GROUP_KEY_LIMIT),
        "title": clean(notification.title, TITLE_LIMIT),
        "description": clean(notification.description, DESCRIPTION_LIMIT),
        "service": clean(notification.service, SERVICE_LIMIT),
        "severity": clean(labels.get("severity") or first.labels.get("severity", ""), SEVERITY_LIMIT),
        "status": "firing" if notification.firing else "resolved",
        "scenario": notification.scenario,
        "labels": clean_map(labels, entries=LABELS_LIMIT, value_bytes=LABEL_LIMIT, total_bytes=LABELS_LIMIT_BYTES),
        "annotations": clean_map(
            notification.annotations,
            entries=ANNOTATIONS_LIMIT,
            value_bytes=ANNOTATION_LIMIT,
            total_bytes=ANNOTATIONS_LIMIT_BYTES,
        ),
        "startsAt": first.starts_at.astimezone(UTC).isoformat().replace("+00:00", "Z") if first.starts_at else "",
    }
    return {name: value for name, value in alert.items() if value}


def known_run(manifest: Manifest, digest: str) -> KnownRun:
    metadata = manifest["metadata"]
    is_ours = metadata.get("labels", {}).get(GROUP_LABEL) == digest and source_of(manifest) is not None
    return KnownRun(
        name=metadata["name"],
        number=run_number(metadata["name"]),
        target=target_of(manifest) if is_ours else FOREIGN,
        finished=is_finished(manifest),
        ledger=ledger_of(manifest),
    )


def source_of(manifest: Manifest) -> str | None:
    """Two sources may call their groups alike, and are then still two groups. None for a run of no alert."""
    source: str | None = manifest.get("spec", {}).get("alert", {}).get("source")
    return source


def ledger_of(manifest: Manifest) -> Ledger:
    """What the run has seen: its status, or, before that was first written, what it was made with."""
    if alerts := manifest.get("status", {}).get("alerts"):
        return Ledger.from_json(alerts)
    return Ledger.loads(manifest["metadata"].get("annotations", {}).get(LEDGER_ANNOTATION, ""))


def is_finished(manifest: Manifest) -> bool:
    """Also of a run that is being deleted: it takes nothing in any more."""
    conditions = manifest.get("status", {}).get("conditions", ())
    ended = any(condition["type"] in (COMPLETE, FAILED) and condition["status"] == "True" for condition in conditions)
    return ended or bool(manifest["metadata"].get("deletionTimestamp"))


def target_of(manifest: Manifest) -> str:
    """The name of the run's site; REHEARSAL without one."""
    site: str = manifest["spec"].get("target", {}).get("siteRef", {}).get("name", REHEARSAL)
    return site


def runs_at(site: str, runs: Iterable[Manifest]) -> list[Manifest]:
    """`runs` are those of the site's namespace."""
    return [run for run in runs if target_of(run) == site]
