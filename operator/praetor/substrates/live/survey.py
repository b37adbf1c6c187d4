"""What a look at a namespace shows that changes nothing: its services, and what we may do there."""

from typing import NamedTuple

from simcore.classifier.look import Look


class RightHeld(NamedTuple):
    """`text` such as `patch deployments.apps`; `note` says what goes without it."""

    text: str
    granted: bool
    note: str = ""


class Survey(NamedTuple):
    """`services` has (name, health); the first is what users reach. `look` is for the classifier."""

    services: tuple[tuple[str, str], ...]
    rights: tuple[RightHeld, ...]
    look: Look | None = None
