"""What the work queue holds: which object to look at, never what happened to it."""

from typing import NamedTuple


class Key(NamedTuple):
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"
