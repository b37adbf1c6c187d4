"""A change to an object that others write, too: read, changed and written until nobody was faster."""

from collections.abc import Callable

from simcore.errors import ConflictError
from simcore.protocols import Manifest, Store

ATTEMPTS = 5


async def changed(
    store: Store, kind: str, namespace: str, name: str, change: Callable[[Manifest], Manifest]
) -> Manifest:
    """The object as it is afterwards. `change` is called anew for what somebody else wrote meanwhile. Raises what it
    raises, NotFoundError, and ConflictError when somebody was faster each time."""
    for attempt in range(1, ATTEMPTS + 1):
        wanted = change(await store.get(kind, namespace, name))
        try:
            return await store.update(wanted)
        except ConflictError:
            if attempt == ATTEMPTS:
                raise
    raise AssertionError("the last attempt returns or raises")
