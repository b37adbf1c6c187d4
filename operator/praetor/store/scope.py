"""Which namespaces a process serves: all of a store, or those it was given."""

from dataclasses import dataclass

from simcore.protocols import Manifest, Store


@dataclass(frozen=True, slots=True)
class Scope:
    """`home` is where objects go that belong to nobody else's namespace. No `namespaces` means all."""

    home: str
    namespaces: tuple[str, ...] = ()

    def includes(self, namespace: str) -> bool:
        return not self.namespaces or namespace in self.searched

    @property
    def searched(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((self.home, *self.namespaces)))

    async def find(self, store: Store, kind: str, *, may_lag: bool = False) -> list[Manifest]:
        """The objects of a kind in all of it."""
        if not self.namespaces:
            return await store.find(kind, may_lag=may_lag)
        return [one for namespace in self.searched for one in await store.find(kind, namespace, may_lag=may_lag)]
