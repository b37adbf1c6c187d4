"""A person's word on the change that a run waits to make, as an entry of its `spec.approvals`."""

from collections.abc import Awaitable, Callable
from typing import Any, Literal

from praetor.store.changing import changed
from simcore.errors import StoreError
from simcore.protocols import Manifest, Store


class NothingWaitsError(StoreError):
    """There is nothing to be decided; the text says how the run stands."""


async def decided(
    store: Store,
    namespace: str,
    name: str,
    decision: Literal["Approve", "Deny"],
    by: Callable[[], Awaitable[str]],
    *,
    step: int | None = None,
    reason: str = "",
) -> dict[str, Any]:
    """What the run waited with. The entry is added also when somebody else writes the run at the same time. Raises
    NothingWaitsError, NotFoundError, and what the store refuses."""
    word = {"decision": decision, "by": await by()} | ({"reason": reason} if reason else {})

    def with_word(run: Manifest) -> Manifest:
        return _with_entry(run, {"request": _awaited(run, step)["request"]} | word)

    found: dict[str, Any] = (await changed(store, "IncidentRun", namespace, name, with_word))["status"]["awaiting"]
    return found


def _awaited(run: Manifest, step: int | None) -> dict[str, Any]:
    status, name = run.get("status") or {}, run["metadata"]["name"]
    awaiting: dict[str, Any] | None = status.get("awaiting")
    if awaiting is None:
        raise NothingWaitsError(f"{name} waits for nobody; it is {status.get('phase') or 'Pending'}")
    if step is not None and awaiting["step"] != step:
        raise NothingWaitsError(f"{name} waits with step {awaiting['step']}, not with step {step}")
    if is_decided(run):
        raise NothingWaitsError(f"step {awaiting['step']} of {name} is decided already")
    return awaiting


def is_decided(run: Manifest) -> bool:
    """Somebody has said a word on what it waits with; the operator has not read it yet."""
    request = run["status"]["awaiting"]["request"]
    return any(entry["request"] == request for entry in run["spec"].get("approvals", ()))


def _with_entry(run: Manifest, entry: dict[str, str]) -> Manifest:
    spec = run["spec"]
    return run | {"spec": spec | {"approvals": [*spec.get("approvals", ()), entry]}}
