"""Which topologies each split draws from: disjoint pools, the shop for training alone."""

from typing import Literal

from simcore.kernel.random import stream_seed, uniform
from simcore.topologies.generate import generated
from simcore.topologies.names import TEST, TRAIN, VALIDATION
from simcore.topologies.shop import SHOP
from simcore.topologies.topology import Topology

Choice = Literal["Shop", "Any"]
SPLIT_SIZE = 1_000_000
_POOLS = ((TRAIN, 28), (VALIDATION, 14), (TEST, 28))
_SHOP_SHARE = 0.4
_STREAM = 5


def topology_of(choice: Choice, seed: int) -> Topology:
    """The topology that an episode with this absolute seed is played in."""
    if choice == "Shop":
        return SHOP
    split = min(seed // SPLIT_SIZE, len(_POOLS) - 1)
    words, size = _POOLS[split]
    stream = stream_seed(seed, _STREAM)
    if split == 0 and uniform(stream, 0) < _SHOP_SHARE:
        return SHOP
    return generated(words, int(uniform(stream, 1) * size))


def all_topologies() -> list[Topology]:
    """Every topology of every pool."""
    return [SHOP, *(generated(words, number) for words, size in _POOLS for number in range(size))]
