"""What the runner plays on."""

from typing import Protocol

from simcore.protocols import Substrate


class Stage(Substrate, Protocol):
    """A substrate that can also say what is played on it; `seed` is absolute."""

    family: str
    seed: int
