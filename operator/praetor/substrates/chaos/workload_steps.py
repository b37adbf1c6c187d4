"""Sends an experiment's steps to the API server. Each may be sent again: the server is asked what was done already."""

from collections.abc import Awaitable, Callable, Iterable

from praetor.kube import paths
from praetor.kube.access import Deed, may_we
from praetor.kube.client import KubeClient
from praetor.kube.paths import Resource
from praetor.substrates.chaos.errors import ChaosRefusedError
from praetor.substrates.chaos.plan import Step
from praetor.substrates.chaos.workload_marks import MARK, breaking_patch, rehearsal, undoing_patch
from praetor.substrates.cluster.stuck import new_revision
from praetor.substrates.cluster.templates import annotations_of
from simcore.errors import (
    AlreadyExistsError,
    ConflictError,
    DeniedError,
    InvalidObjectError,
    NotFoundError,
    UnavailableError,
)
from simcore.protocols import Manifest

RESOURCES: dict[str, Resource] = {
    one.plural: one for one in (paths.DEPLOYMENTS, paths.STATEFUL_SETS, paths.PODS, paths.NETWORK_POLICIES)
}
Send = Callable[[KubeClient, Step], Awaitable[None]]


async def break_all(client: KubeClient, steps: Iterable[Step]) -> None:
    """Raises ChaosRefusedError when the server will not do it, UnavailableError when it did not answer."""
    for step in steps:
        try:
            await _BREAK[step["do"]](client, step)
        except (DeniedError, InvalidObjectError, NotFoundError) as problem:
            raise ChaosRefusedError(f"{step['do']} {_named(step)}: {problem}") from None


async def try_breaking(client: KubeClient, steps: Iterable[Step]) -> None:
    """The patches among them by a dry run: admission and quotas have their say, and nothing is stored."""
    for step in steps:
        if step["do"] == "patch":
            try:
                body = breaking_patch(step, await _found(client, step))
                await _patch(client, step, body, dry_run=True)
            except (DeniedError, InvalidObjectError, NotFoundError) as problem:
                raise ChaosRefusedError(f"the API server would not accept the fault: {problem}") from None


async def undo_all(client: KubeClient, steps: Iterable[Step]) -> None:
    """What is undone already, or gone, is left alone. Raises StoreError: to be sent again."""
    for step in steps:
        await _UNDO[step["do"]](client, step)


async def rehearse_undo(client: KubeClient, steps: Iterable[Step]) -> None:
    """Raises StoreError or ChaosRefusedError if the undo would not be accepted now."""
    for step in steps:
        if step["do"] == "patch":
            await _patch(client, step, rehearsal(step, await _found(client, step)), dry_run=True)
        else:
            await _check_rights(client, step)


async def _break_by_patch(client: KubeClient, step: Step) -> None:
    found = await _found(client, step)
    if annotations_of(found).get(MARK) == step["mark"]:
        return
    try:
        await _patch(client, step, breaking_patch(step, found))
    except InvalidObjectError as problem:
        if await _mark_of(client, step) != step["mark"]:
            raise ChaosRefusedError(f"{_named(step)} has changed since it was looked at: {problem}") from None


async def _create(client: KubeClient, step: Step) -> None:
    try:
        await client.create(RESOURCES[step["of"]], step["namespace"], step["manifest"])
    except AlreadyExistsError:
        if await _mark_of(client, step) != annotations_of(step["manifest"])[MARK]:
            raise ChaosRefusedError(f"{_named(step)} is there already, and of somebody else") from None


async def _delete_pod(client: KubeClient, step: Step) -> None:
    try:
        await client.delete(RESOURCES[step["of"]], step["namespace"], step["name"], uid=step["uid"])
    except (NotFoundError, ConflictError):
        return


async def _undo_by_patch(client: KubeClient, step: Step) -> None:
    try:
        body = undoing_patch(step, await _found(client, step))
        if body is not None:
            await _patch(client, step, body)
    except NotFoundError:
        return
    except InvalidObjectError as problem:
        if await _mark_of(client, step) == step["mark"]:
            raise UnavailableError(f"{_named(step)} could not be put back: {problem}") from None


async def _delete_marked(client: KubeClient, step: Step) -> None:
    resource = RESOURCES[step["of"]]
    try:
        found = await client.get(resource, step["namespace"], step["name"])
        if annotations_of(found).get(MARK) == step["mark"]:
            await client.delete(resource, step["namespace"], step["name"], uid=found["metadata"]["uid"])
    except (NotFoundError, ConflictError):
        return


async def _delete_stuck(client: KubeClient, step: Step) -> None:
    try:
        owner = await client.get(paths.STATEFUL_SETS, step["namespace"], step["name"])
        wanted = await new_revision(client, step["namespace"], step["name"])
    except NotFoundError:
        return
    labels = (owner["spec"]["selector"].get("matchLabels")) or {}
    for pod in await client.find(paths.PODS, step["namespace"], labels=labels):
        is_old = (pod["metadata"].get("labels") or {}).get("controller-revision-hash") != wanted
        conditions = (pod.get("status") or {}).get("conditions") or ()
        is_ready = any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)
        if is_old and not is_ready:
            await _delete_pod(client, {**step, "name": pod["metadata"]["name"], "uid": pod["metadata"]["uid"]})


_BREAK: dict[str, Send] = {"patch": _break_by_patch, "create": _create, "delete": _delete_pod}
_UNDO: dict[str, Send] = {"patch": _undo_by_patch, "delete": _delete_marked, "delete-stuck": _delete_stuck}


async def _patch(client: KubeClient, step: Step, body: list[Step], *, dry_run: bool = False) -> None:
    resource, namespace = RESOURCES[step["of"]], step["namespace"]
    await client.patch(resource, namespace, step["name"], body, kind="json", dry_run=dry_run)


async def _found(client: KubeClient, step: Step) -> Manifest:
    return await client.get(RESOURCES[step["of"]], step["namespace"], step["name"])


async def _mark_of(client: KubeClient, step: Step) -> str | None:
    try:
        return annotations_of(await _found(client, step)).get(MARK)
    except NotFoundError:
        return None


async def _check_rights(client: KubeClient, step: Step) -> None:
    verbs = ("list", "delete") if step["do"] == "delete-stuck" else ("get", "delete")
    for verb in verbs:
        deed = Deed(verb, RESOURCES[step["of"]], step["namespace"], step["name"] if verb == "get" else "")
        if not await may_we(client, deed):
            raise ChaosRefusedError(f"whoever heals may not {verb} {step['of']} in {step['namespace']}")


def _named(step: Step) -> str:
    return f"{step['of']} {step['namespace']}/{step['name']}"
