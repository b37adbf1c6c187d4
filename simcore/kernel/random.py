"""Counter-based random numbers: value n of a stream is a pure function of (seed, n), so order never matters.

The mixer is SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, OOPSLA 2014).
"""

import math
from typing import Any

import numpy as np
from numba import uint64
from numpy.typing import NDArray

from simcore.kernel.compiled import compiled, inlined


@inlined
def mix(value: Any) -> Any:
    z = uint64(value)
    z = (z ^ (z >> uint64(30))) * uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> uint64(27))) * uint64(0x94D049BB133111EB)
    return z ^ (z >> uint64(31))


@compiled
def uniform(seed: int, counter: int) -> float:
    """The number in [0, 1) at `counter` of the stream `seed`."""
    word = mix(mix(seed) + (uint64(counter) + uint64(1)) * uint64(0x9E3779B97F4A7C15))
    return float(word >> uint64(11)) * (1.0 / 9007199254740992.0)


@compiled
def fill_uniform(seed: int, first: int, out: NDArray[np.float64]) -> None:
    for index in range(out.shape[0]):
        out[index] = uniform(seed, first + index)


@compiled
def fill_normal(seed: int, first: int, out: NDArray[np.float64]) -> None:
    for index in range(out.shape[0]):
        out[index] = normal(seed, first + index)


@compiled
def normal(seed: int, counter: int) -> float:
    """A standard normal number by Box and Muller; it uses up the counters `2 * counter` and `2 * counter + 1`."""
    radius = math.sqrt(-2.0 * math.log(1.0 - uniform(seed, 2 * counter)))
    return radius * math.cos(2.0 * math.pi * uniform(seed, 2 * counter + 1))


@compiled
def stream_seed(first: int, second: int = 0, third: int = 0) -> Any:
    """One stream (a number of 63 bits) for up to three numbers."""
    state = mix(uint64(0x9E3779B97F4A7C15) ^ uint64(first))
    state = mix((state + uint64(0x9E3779B97F4A7C15)) ^ uint64(second))
    state = mix((state + uint64(0x9E3779B97F4A7C15)) ^ uint64(third))
    return np.int64(state >> uint64(1))


def uniforms(seed: int, first: int, count: int) -> list[float]:
    """`count` numbers in [0, 1) of a stream, from counter `first` on."""
    values = np.empty(count)
    fill_uniform(seed, first, values)
    found: list[float] = values.tolist()
    return found


class Draws:
    """Draws of one stream, in order, for code that sets an episode up."""

    __slots__ = ("_next", "_values")

    def __init__(self, seed: int, count: int = 96) -> None:
        self._values = uniforms(seed, 0, count)
        self._next = 0

    def unit(self) -> float:
        value = self._values[self._next]
        self._next += 1
        return value

    def units(self, count: int) -> list[float]:
        self._next += count
        return self._values[self._next - count : self._next]

    def between(self, low: float, high: float) -> float:
        return low + (high - low) * self.unit()

    def index(self, count: int) -> int:
        return int(self.unit() * count)

    def chance(self, probability: float) -> bool:
        return self.unit() < probability
