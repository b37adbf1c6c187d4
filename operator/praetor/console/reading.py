"""Runs as people ask for them: of a namespace or of all, with their reports and traces."""

from dataclasses import dataclass

from pydantic import ValidationError

from praetor.reports.postmortem import render_postmortem
from praetor.resources.conditions import COMPLETE, FAILED
from praetor.resources.run import IncidentRun
from praetor.store.scope import Scope
from praetor.web.errors import ApiError
from simcore.errors import NotFoundError
from simcore.protocols import Manifest, Store

TRACE = "trace.jsonl"
POSTMORTEM = "postmortem.md"
_REFERENCES = {TRACE: "traceRef", POSTMORTEM: "reportRef"}


@dataclass(frozen=True, slots=True)
class Runs:
    store: Store
    scope: Scope

    def namespace_of(self, given: str | None) -> str:
        namespace = given or self.scope.home
        if not self.scope.includes(namespace):
            raise ApiError(404, "not_found", f"namespace {namespace!r} is not served here", "namespace")
        return namespace

    async def all(self, namespace: str | None = None) -> list[Manifest]:
        """Newest first, perhaps as they were a moment ago."""
        if namespace is None:
            found = await self.scope.find(self.store, "IncidentRun", may_lag=True)
        else:
            found = await self.store.find("IncidentRun", self.namespace_of(namespace), may_lag=True)
        return sorted(found, key=lambda run: str(run["metadata"]["creationTimestamp"]), reverse=True)

    async def one(self, namespace: str | None, name: str) -> Manifest:
        where = self.namespace_of(namespace)
        try:
            return await self.store.get("IncidentRun", where, name)
        except NotFoundError:
            message = f"IncidentRun {where}/{name} does not exist (any more); GET /runs lists those that do"
            raise ApiError(404, "not_found", message) from None

    async def postmortem(self, namespace: str | None, name: str) -> bytes:
        """As it was stored; of a run that ended without one, such as one that was cancelled, made from its status."""
        run = await self.one(namespace, name)
        stored = await self._stored(run, POSTMORTEM)
        return render_postmortem(_model(run), b"").encode() if stored is None else stored

    async def trace(self, namespace: str | None, name: str) -> bytes:
        run = await self.one(namespace, name)
        stored = await self._stored(run, TRACE)
        if stored is None:
            raise ApiError(404, "not_found", f"IncidentRun {name} has no {TRACE}: no episode was played")
        return stored

    async def told(self, namespace: str | None, name: str) -> tuple[IncidentRun, bytes]:
        """An ended run and its trace, empty when no episode was played: what reports are made of."""
        run = await self.one(namespace, name)
        return _model(run), await self._stored(run, TRACE) or b""

    async def _stored(self, run: Manifest, artifact: str) -> bytes | None:
        """None for an ended run that never had it. Raises ApiError 404 when it is to come yet, or was and is gone."""
        metadata = run["metadata"]
        try:
            return await self.store.get_artifact(metadata["namespace"], metadata["name"], artifact)
        except NotFoundError:
            if is_finished(run) and not run.get("status", {}).get(_REFERENCES[artifact]):
                return None
            raise ApiError(404, "not_found", _why_missing(run, artifact)) from None


def _why_missing(run: Manifest, artifact: str) -> str:
    name, namespace = run["metadata"]["name"], run["metadata"]["namespace"]
    what = f"IncidentRun {name} has no {artifact} (phase {phase_of(run)})"
    if not is_finished(run):
        return f"{what}: it is stored when the run ends"
    rest = f"GET /runs/{name}?namespace={namespace} still has its status"
    return f"{what} any more: it was evicted or deleted; {rest}; to have it again, apply the run under a new name"


def _model(run: Manifest) -> IncidentRun:
    try:
        return IncidentRun.model_validate(run)
    except ValidationError as problem:
        message = f"IncidentRun {run['metadata']['name']} is not as the schema wants it, so there is no report of it"
        raise ApiError(404, "not_found", f"{message}: {problem.error_count()} problems") from None


def is_finished(run: Manifest) -> bool:
    conditions = run.get("status", {}).get("conditions", ())
    return any(one["type"] in (COMPLETE, FAILED) and one["status"] == "True" for one in conditions)


def phase_of(run: Manifest) -> str:
    return run.get("status", {}).get("phase") or "Pending"
