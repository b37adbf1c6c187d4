"""What `praetor run` was asked to play: runs with their subjects, all of them checked before the first is played."""

import asyncio
import os
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from praetor.cli.documents import DEFAULT_NAMESPACE, Manifests, read_manifests
from praetor.cli.errors import BadInput
from praetor.controller.observed import Playable, Unplayable
from praetor.controller.sites import TOKEN_VARIABLE
from praetor.controller.subject import subject_of
from praetor.controller.times import utc_now, wire_time
from praetor.resources.alert import GROUP_KEY_LIMIT
from praetor.resources.meta import API_VERSION
from praetor.resources.reasons import NOTHING_TO_ACT_ON
from praetor.resources.run import IncidentRun
from praetor.resources.site import TargetSite
from simcore.api import check_split
from simcore.scenarios.documents import dotted
from simcore.scenarios.library import library_scenario
from simcore.trace import canonical_json
from simcore.validation import problems

SITE_NAME = "site"
M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Wanted:
    run: IncidentRun
    subject: Playable | Unplayable


def from_files(files: list[Path], allow: Sequence[str] = ()) -> list[Wanted]:
    """The runs of manifests; `allow` is what of this machine and its network may be dialled. Raises BadInput, also
    for one that names what does not exist."""
    manifests, found = read_manifests(files), []
    for run, document in manifests.runs:
        subject = asyncio.run(subject_of(run, manifests))
        if isinstance(subject, Unplayable) and subject.reason != NOTHING_TO_ACT_ON:
            raise BadInput(f"{document.file}:{document.line_of(('spec',))}: {subject.message}")
        found.append(Wanted(as_created(run), with_allowed(subject, allow)))
    return found


def on_site(
    option: str, site_spec: dict[str, Any], alert: str, service: str | None, policy: str, allow: Sequence[str]
) -> Wanted:
    """A run on a site that no TargetSite describes: `option` stands for one with this spec. Raises BadInput."""
    manifest: dict[str, Any] = {
        "apiVersion": API_VERSION,
        "kind": "TargetSite",
        "metadata": {"name": SITE_NAME, "namespace": DEFAULT_NAMESPACE},
        "spec": site_spec,
    }
    if "http" in site_spec and os.environ.get(TOKEN_VARIABLE):
        manifest["spec"] |= {"secretRef": {"name": "environment"}}
    _checked(TargetSite, manifest, option)
    said = {"source": "cli", "groupKey": alert[:GROUP_KEY_LIMIT], "title": alert}
    spec: dict[str, Any] = {"alert": said | ({"service": service} if service else {}), "policy": {"name": policy}}
    run = _run(f"{SITE_NAME}-{uuid.uuid4().hex[:12]}", spec | {"target": {"siteRef": {"name": SITE_NAME}}})
    found = asyncio.run(subject_of(run, Manifests(others={("TargetSite", DEFAULT_NAMESPACE, SITE_NAME): manifest})))
    if isinstance(found, Unplayable):
        raise BadInput(found.message)
    return Wanted(as_created(run), with_allowed(found, allow))


def with_allowed(subject: Playable | Unplayable, allow: Sequence[str]) -> Playable | Unplayable:
    """Whom the run dials: its site, and the language model that it names."""
    if isinstance(subject, Unplayable):
        return subject
    site, model = subject.site, subject.language_model
    return replace(
        subject,
        site=site and replace(site, allow=(*site.allow, *allow)),
        language_model=model and replace(model, allow=(*model.allow, *allow)),
    )


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
    return _checked(IncidentRun, manifest)


def _checked(model: type[M], manifest: dict[str, Any], option: str = "") -> M:
    try:
        return model.model_validate(manifest)
    except ValidationError as error:
        path, message = next(problems(error, manifest, model))
        raise BadInput(f"{option + ': ' if option else ''}{dotted(path)}: {message}") from None


def as_created(run: IncidentRun) -> IncidentRun:
    """As a store would give it back. Equal rehearsals have equal uids, so that they leave equal traces; on a site
    nothing happens twice, and a uid is part of each change's idempotency key."""
    metadata = run.metadata
    what = canonical_json([metadata.namespace, metadata.name, run.spec.model_dump(by_alias=True, mode="json")])
    created = {
        "uid": str(uuid.uuid4() if run.spec.target.site_ref else uuid.uuid5(uuid.NAMESPACE_URL, what)),
        "generation": 1,
        "creation_timestamp": wire_time(utc_now()),
    }
    return run.model_copy(update={"metadata": metadata.model_copy(update=created)})
