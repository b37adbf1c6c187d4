"""Makes a plan real: tried on the server first, then made, each object only as it was when the plan was made."""

from collections.abc import Sequence
from typing import Any

from praetor.kube.client import KubeClient
from praetor.substrates.cluster.errors import RefusedChangeError
from praetor.substrates.cluster.plan import Patch
from simcore.errors import DeniedError, InvalidObjectError, NotFoundError, UnavailableError


class Sent(dict[tuple[str, str], Patch]):
    """What was made of one change, in however many attempts, or may have been where no answer came: by object."""

    def note(self, patch: Patch) -> None:
        self[patch.resource.plural, patch.name] = patch

    def records(self, namespace: str) -> tuple[dict[str, Any], ...]:
        return tuple(patch.record(namespace) for patch in self.values())

    @property
    def text(self) -> str:
        return " and ".join(patch.object for patch in self.values())


async def make(client: KubeClient, namespace: str, patches: Sequence[Patch], sent: Sent) -> None:
    """Raises RefusedChangeError with the server's words before any of them was made, ConflictError for an object that
    has changed since, UnavailableError when there was no answer: then the object itself says whether it was made."""
    await tried(client, namespace, patches)
    for patch in patches:
        try:
            await _sent(client, namespace, patch, dry_run=False)
        except UnavailableError:
            sent.note(patch)
            raise
        sent.note(patch)


async def tried(client: KubeClient, namespace: str, patches: Sequence[Patch]) -> None:
    """The server's dry run of all of them: nothing is stored. Raises RefusedChangeError, ConflictError."""
    try:
        for patch in patches:
            await _sent(client, namespace, patch, dry_run=True)
    except (DeniedError, InvalidObjectError, NotFoundError) as problem:
        raise RefusedChangeError(f"the API server would not accept it: {problem}") from None


async def _sent(client: KubeClient, namespace: str, patch: Patch, *, dry_run: bool) -> None:
    await client.patch(patch.resource, namespace, patch.name, patch.body, kind=patch.kind, dry_run=dry_run)
