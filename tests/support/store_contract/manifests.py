"""Objects that are stored, and ways to change them."""

import asyncio
import copy
import random
from typing import Any

from simcore.errors import ConflictError
from simcore.protocols import Manifest, Store

WRITERS = 20


def run_manifest(namespace: str, name: str = "oom-1", **spec: Any) -> Manifest:
    return {
        "apiVersion": "praetor.dev/v1alpha1",
        "kind": "IncidentRun",
        "metadata": {"namespace": namespace, "name": name},
        "spec": {"scenarioRef": {"name": "oom-crash"}} | spec,
    }


def site_manifest(namespace: str, name: str = "shop") -> Manifest:
    return {
        "apiVersion": "praetor.dev/v1alpha1",
        "kind": "TargetSite",
        "metadata": {"namespace": namespace, "name": name},
        "spec": {"match": {"labels": {"team": "shop"}}},
    }


def changed(manifest: Manifest, part: str, **fields: Any) -> Manifest:
    return copy.deepcopy(manifest) | {part: copy.deepcopy(manifest.get(part, {})) | fields}


async def increment_attempts(store: Store, namespace: str, name: str) -> None:
    """One reader and writer that tries until nobody came between."""
    while True:
        run = await store.get("IncidentRun", namespace, name)
        attempts = run.get("status", {}).get("attempts", 0)
        try:
            await store.update_status(changed(run, "status", attempts=attempts + 1))
            return
        except ConflictError:
            await asyncio.sleep(random.uniform(0, 0.02))


def condition(type: str) -> Manifest:
    return {
        "type": type,
        "status": "True",
        "reason": "Because",
        "message": "it is so",
        "lastTransitionTime": "2026-01-31T12:00:00Z",
        "observedGeneration": 1,
    }
