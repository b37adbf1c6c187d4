"""Runs as people ask for them: of a namespace or of all, with their reports and traces."""

from dataclasses import dataclass

from praetor.resources.conditions import COMPLETE, FAILED
from praetor.store.scope import Scope
from praetor.web.errors import ApiError
from simcore.errors import NotFoundError
from simcore.protocols import Manifest, Store

TRACE = "trace.jsonl"
POSTMORTEM = "postmortem.md"


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
        return await self._artifact(namespace, name, POSTMORTEM)

    async def trace(self, namespace: str | None, name: str) -> bytes:
        return await self._artifact(namespace, name, TRACE)

    async def _artifact(self, namespace: str | None, name: str, artifact: str) -> bytes:
        run = await self.one(namespace, name)
        try:
            return await self.store.get_artifact(run["metadata"]["namespace"], name, artifact)
        except NotFoundError:
            when = "it has none" if is_finished(run) else "it is stored when the run ends"
            message = f"IncidentRun {name} has no {artifact} (phase {phase_of(run)}): {when}"
            raise ApiError(404, "not_found", message) from None


def is_finished(run: Manifest) -> bool:
    conditions = run.get("status", {}).get("conditions", ())
    return any(one["type"] in (COMPLETE, FAILED) and one["status"] == "True" for one in conditions)


def phase_of(run: Manifest) -> str:
    return run.get("status", {}).get("phase") or "Pending"
