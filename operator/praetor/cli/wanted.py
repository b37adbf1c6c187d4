"""What `praetor run` was asked to play: runs with their subjects, all of them checked before the first is played."""

import asyncio
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from praetor.cli.documents import DEFAULT_NAMESPACE, read_manifests
from praetor.cli.errors import BadInput
from praetor.controller.observed import Playable, Unplayable
from praetor.controller.subject import subject_of
from praetor.controller.times import utc_now, wire_time
from praetor.resources.meta import API_VERSION
from praetor.resources.reasons import NOTHING_TO_ACT_ON
from praetor.resources.run import IncidentRun
from simcore.api import check_split
from simcore.scenarios.documents import dotted
from simcore.scenarios.library import library_scenario
from simcore.trace import canonical_json
from simcore.validation import problems


@dataclass(frozen=True, slots=True)
class Wanted:
    run: IncidentRun
    subject: Playable | Unplayable


def from_files(files: list[Path]) -> list[Wanted]:
    """The runs of manifests. Raises BadInput, also for one that names what does not exist."""
    manifests, found = read_manifests(files), []
    for run, document in manifests.runs:
        subject = asyncio.run(subject_of(run, manifests))
        if isinstance(subject, Unplayable) and subject.reason != NOTHING_TO_ACT_ON:
            raise BadInput(f"{document.file}:{document.line_of(('spec',))}: {subject.message}")
        found.append(Wanted(as_created(run), subject))
    return found


def from_library(scenario: str, seeds: range, spec: dict[str, Any]) -> list[Wanted]:
    """A run of a scenario for each seed; `spec` is the rest of it, in its wire form.

    Raises UnknownNameError for a scenario that does not exist, or has no episodes in the split."""
    document = library_scenario(scenario)
    check_split(document, spec.get("split"))
    subject = Playable(document.name, document.spec.family)
    ref = {"scenarioRef": {"name": document.name}}
    return [Wanted(as_created(_run(f"{document.name}-{seed}", spec | ref | {"seed": seed})), subject) for seed in seeds]


def _run(name: str, spec: dict[str, Any]) -> IncidentRun:
    metadata = {"name": name, "namespace": DEFAULT_NAMESPACE}
    manifest = {"apiVersion": API_VERSION, "kind": "IncidentRun", "metadata": metadata, "spec": spec}
    try:
        return IncidentRun.model_validate(manifest)
    except ValidationError as error:
        path, message = next(problems(error, manifest, IncidentRun))
        raise BadInput(f"{dotted(path)}: {message}") from None


def as_created(run: IncidentRun) -> IncidentRun:
    """As a store would give it back. Equal runs have equal uids, so that they leave equal traces."""
    metadata = run.metadata
    what = canonical_json([metadata.namespace, metadata.name, run.spec.model_dump(by_alias=True, mode="json")])
    created = {
        "uid": str(uuid.uuid5(uuid.NAMESPACE_URL, what)),
        "generation": 1,
        "creation_timestamp": wire_time(utc_now()),
    }
    return run.model_copy(update={"metadata": metadata.model_copy(update=created)})
