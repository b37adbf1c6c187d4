"""Every mechanism by name, and the classes that they belong to."""

from simcore.mechanisms.capacity import CAPACITY
from simcore.mechanisms.cpu import CPU
from simcore.mechanisms.database import DATABASES
from simcore.mechanisms.links import LINKS
from simcore.mechanisms.memory import MEMORY
from simcore.mechanisms.model import Mechanism
from simcore.mechanisms.storage import STORAGE

MECHANISMS: dict[str, Mechanism] = {
    mechanism.name: mechanism for mechanism in (*MEMORY, *CPU, *CAPACITY, *DATABASES, *STORAGE, *LINKS)
}
CLASSES = (
    "memory", "cpu", "connections", "storage", "release", "config", "certificate", "names", "rate limit",
    "dependency", "capacity", "data lock", "network", "cache", "queue", "time",
)  # fmt: skip
HELD_OUT = frozenset(mechanism.name for mechanism in MECHANISMS.values() if mechanism.held_out)


def mechanism_class(name: str) -> str | None:
    """The class of a mechanism, or the name itself if it is a class, or None."""
    if name in MECHANISMS:
        return MECHANISMS[name].mechanism_class
    return name if name in CLASSES else None
