"""How large a fault is and which service it hits: the contract's table without a seed, drawn from ranges with one."""

import random
from typing import TypeVar

T = TypeVar("T")


class Draws:
    """With the same seed the same faults, in the order in which they are asked for."""

    def __init__(self, seed: int | None = None) -> None:
        self._stream = None if seed is None else random.Random(seed)

    def size(self, usual: float, least: float, most: float) -> float:
        return usual if self._stream is None else round(self._stream.uniform(least, most), 1)

    def one(self, *choices: T) -> T:
        """The first is the usual one."""
        return choices[0] if self._stream is None else self._stream.choice(choices)
