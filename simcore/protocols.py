"""What the rooms above plug into one another: a substrate to act on, a store to remember in."""

from collections.abc import Mapping
from typing import Any, Literal, Protocol

from simcore.actions import Action
from simcore.observation import Observation
from simcore.results import Snapshot, StepResult, Verdict

Manifest = dict[str, Any]
"""A Kubernetes-shaped object: apiVersion, kind, metadata, spec, status."""


class Substrate(Protocol):
    """A system that the ten actions work on. The runner owns it for one episode and closes it."""

    name: Literal["Simulator", "Site", "Cluster"]
    grading: Literal["Full", "Partial"]
    max_steps: int

    def reset(self) -> Observation:
        """Begins the episode; the first observation is the alert."""

    def step(self, action: Action | dict[str, Any], *, idempotency_key: str = "") -> StepResult:
        """Carries one action out. A malformed action is a step with an error, never an exception."""

    def snapshot(self) -> Snapshot: ...

    def verdict(self) -> Verdict:
        """How the episode stands; final once a step said `done`."""

    def close(self) -> None: ...


class Store(Protocol):
    """Runs, scenarios, sites and the artifacts of runs. Every write is compare-and-swap; the store is the lock.

    `manifest` is a whole object; `create` returns it with uid, resourceVersion, generation and creationTimestamp set.
    """

    async def create(self, manifest: Manifest) -> Manifest:
        """Raises AlreadyExistsError, InvalidObjectError."""

    async def get(self, kind: str, namespace: str, name: str) -> Manifest:
        """Raises NotFoundError."""

    async def find(
        self,
        kind: str,
        namespace: str | None = None,
        *,
        labels: Mapping[str, str] | None = None,
        may_lag: bool = False,
    ) -> list[Manifest]:
        """Of one namespace, or of all, with all of these labels; oldest first. With `may_lag` sooner, but perhaps
        as it was a moment ago: for whoever writes by compare-and-swap and looks again when that fails."""

    async def update(self, manifest: Manifest) -> Manifest:
        """Replaces metadata and spec, never status. Raises ConflictError, NotFoundError, InvalidObjectError."""

    async def update_status(self, manifest: Manifest) -> Manifest:
        """Replaces status only. Raises ConflictError, NotFoundError, InvalidObjectError."""

    async def delete(self, kind: str, namespace: str, name: str, *, uid: str | None = None) -> None:
        """Removes the object and what it owns; nothing happens if it is gone or has another uid."""

    async def put_artifact(self, run: Manifest, name: str, data: bytes) -> str:
        """Stores bytes owned by the run and returns their reference; putting the same again changes nothing."""

    async def get_artifact(self, namespace: str, run_name: str, name: str) -> bytes:
        """Raises NotFoundError."""

    async def record_event(self, regarding: Manifest, reason: str, message: str, *, warning: bool = False) -> None:
        """One Event per uid, reason, attempt and generation seen: recording it again changes nothing."""

    async def events(self, namespace: str, name: str) -> list[Manifest]:
        """The Events about an object, oldest first."""
