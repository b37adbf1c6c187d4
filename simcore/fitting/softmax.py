"""Fits a softmax over groups of candidates with numpy: rows are services, columns mechanisms, a group is an episode.

Kingma and Ba, "Adam: a method for stochastic optimization", 2015, with L2 and a rate that falls to nothing.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self, TypeVar

import numpy as np
from numpy.typing import NDArray

Singles = NDArray[np.float32]
Flags = NDArray[np.uint8]
_BATCH, _RATE = 512, 0.05
_MEAN, _SPREAD, _LEAST = 0.9, 0.99, 1e-6


@dataclass(frozen=True)
class Table:
    """`rows` [services, features] of all episodes one after another, those of episode i from `start[i]` on;
    `right` [services, mechanisms] marks what is true. `whole` [episodes, features] and `calm` [episodes] are the
    same for the guess that nothing is broken."""

    rows: Flags
    right: Flags
    start: NDArray[np.int64]
    whole: Flags
    calm: Flags

    def batch(self, episodes: NDArray[np.int64]) -> Self:
        lengths = self.start[episodes + 1] - self.start[episodes]
        chosen = self.rows_of(episodes)
        start = np.concatenate([[0], np.cumsum(lengths)])
        return replace(
            self,
            rows=self.rows[chosen],
            right=self.right[chosen],
            start=start,
            whole=self.whole[episodes],
            calm=self.calm[episodes],
        )

    def rows_of(self, episodes: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.concatenate([np.arange(self.start[e], self.start[e + 1]) for e in episodes])


T = TypeVar("T", bound=Table)


def loss_and_slope(table: Table, weights: Singles, calm: Singles) -> tuple[float, Singles, Singles]:
    """Minus the log of the chance of what is true, summed over episodes, and its slopes.

    An episode of which nothing is marked counts for nothing. Any of several true candidates may be guessed."""
    rows, whole, begin = table.rows.astype(np.float32), table.whole.astype(np.float32), table.start[:-1]
    scores, calm_scores = rows @ weights, whole @ calm
    group = np.repeat(np.arange(len(begin)), np.diff(table.start))
    highest = np.maximum(np.maximum.reduceat(scores.max(axis=1), begin), calm_scores)
    chances, calm_chances = np.exp(scores - highest[group, None]), np.exp(calm_scores - highest)
    right, calm_right = chances * table.right, calm_chances * table.calm
    total = np.add.reduceat(chances.sum(axis=1), begin) + calm_chances
    total_right = np.add.reduceat(right.sum(axis=1), begin) + calm_right
    counts = total_right > 0
    loss = float(np.sum(np.log(total[counts] / total_right[counts]), dtype=np.float64))
    share = np.where(counts, 1.0 / total, 0.0).astype(np.float32)
    share_right = np.where(counts, 1.0 / np.where(counts, total_right, 1.0), 0.0).astype(np.float32)
    error = chances * share[group, None] - right * share_right[group, None]
    return loss, rows.T @ error, whole.T @ (calm_chances * share - calm_right * share_right)


Loss = Callable[[T, Singles, Singles], tuple[float, Singles, Singles]]


def fit(
    table: T, l2: float, epochs: int, tell: Callable[[str], None], loss_of: Loss[T] = loss_and_slope
) -> tuple[Singles, Singles]:
    """(weights [features, mechanisms], calm [features]). `l2` is worth that many episodes per squared weight / 2."""
    count, draws = len(table.calm), np.random.default_rng(0)
    sizes = ((table.rows.shape[1], table.right.shape[1]), (table.rows.shape[1],))
    parts = [np.zeros(size, dtype=np.float32) for size in sizes]
    means, spreads = [part.copy() for part in parts], [part.copy() for part in parts]
    step, steps = 0, epochs * math.ceil(count / _BATCH)
    for epoch in range(epochs):
        order, loss = draws.permutation(count), 0.0
        for first in range(0, count, _BATCH):
            batch = table.batch(np.sort(order[first : first + _BATCH]))
            lost, *slopes = loss_of(batch, parts[0], parts[1])
            loss, step = loss + lost, step + 1
            rate = _RATE * (1.0 - step / (steps + 1))
            for part, slope, mean, spread in zip(parts, slopes, means, spreads, strict=True):
                slope = slope / len(batch.calm) + (l2 / count) * part
                mean += (1.0 - _MEAN) * (slope - mean)
                spread += (1.0 - _SPREAD) * (slope * slope - spread)
                part -= rate * (mean / (1.0 - _MEAN**step)) / (np.sqrt(spread / (1.0 - _SPREAD**step)) + _LEAST)
        tell(f"epoch {epoch + 1} of {epochs}: mean loss {loss / count:.4f}")
    return parts[0], parts[1]
