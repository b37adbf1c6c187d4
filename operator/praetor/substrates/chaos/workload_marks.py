"""How a workload under experiment is marked, and by its mark put back. Pure.

The patch that breaks it also notes the experiment, its end, and what was there before. The undo is applied only where
that mark still is, by the API server itself (a `test` of the patch), and puts the whole pod template and the replicas
back. What was there is kept at the workload, which has it anyway: a template may hold secrets, and who may read a plan,
in another namespace perhaps, may not read them.
"""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from praetor.substrates.chaos.plan import Step
from praetor.substrates.cluster.templates import annotations_of
from praetor.substrates.cluster.workloads import Workload
from simcore.errors import UnavailableError
from simcore.protocols import Manifest

MARK, EXPIRES, BEFORE = "praetor.dev/experiment", "praetor.dev/expires-at", "praetor.dev/before"
Ops = list[dict[str, Any]]


class Mark(NamedTuple):
    """Of which experiment a workload is, and until when. `pods` has the uids of pods by name."""

    uid: str
    run: str
    expires_at: str
    pods: Mapping[str, str] = {}


def marking(workload: Workload, mark: Mark) -> Ops:
    there = bool(annotations_of(workload.manifest))
    return [
        *([] if there else [put("/metadata/annotations", {})]),
        put(_annotation(MARK), mark.uid),
        put(_annotation(EXPIRES), mark.expires_at),
    ]


def breaking_patch(step: Step, found: Manifest) -> Ops:
    """Of the workload as it is: the server takes it only if that is what the plan was made of."""
    return [*step["body"], _remembering(found)]


def undoing_patch(step: Step, found: Manifest) -> Ops | None:
    """None for a workload that is not of this experiment: it is healed, or somebody else's. Raises UnavailableError for
    one that has lost what was there before."""
    known = annotations_of(found)
    if known.get(MARK) != step["mark"]:
        return None
    try:
        before = json.loads(known[BEFORE])
        return _back(step, before["template"], before["replicas"])
    except (KeyError, TypeError, ValueError):
        raise UnavailableError(
            f"{step['of']} {step['namespace']}/{step['name']} has lost its annotation {BEFORE}: put back by hand what "
            f"was there, and remove its annotation {MARK}"
        ) from None


def rehearsal(step: Step, found: Manifest) -> Ops:
    """The undo, with the mark that it wants where that is not there yet."""
    marked = undoing_patch(step, found)
    return marked or [*step["marking"], _remembering(found), *_back(step, *_wanted(found))]


def _remembering(found: Manifest) -> dict[str, Any]:
    template, replicas = _wanted(found)
    before = {"template": template, "replicas": replicas}
    return put(_annotation(BEFORE), json.dumps(before, sort_keys=True, separators=(",", ":")))


def _wanted(found: Manifest) -> tuple[Manifest, int]:
    return found["spec"]["template"], found["spec"].get("replicas", 1)


def _back(step: Step, template: Manifest, replicas: int) -> Ops:
    return [
        {"op": "test", "path": _annotation(MARK), "value": step["mark"]},
        put("/spec/template", template),
        put("/spec/replicas", replicas),
        *({"op": "remove", "path": _annotation(name)} for name in (MARK, EXPIRES, BEFORE)),
    ]


def put(path: str, value: Any) -> dict[str, Any]:
    """`add` also replaces, but in a list."""
    return {"op": "add", "path": path, "value": value}


def _annotation(name: str) -> str:
    return f"/metadata/annotations/{name.replace('~', '~0').replace('/', '~1')}"
