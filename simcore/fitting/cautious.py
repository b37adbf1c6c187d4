"""The loss of a softmax that knows what it lacks: what is missing speaks against what is true, and for all else.

The weights so learn to rest on what is there when something else is missing.
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from simcore.fitting.softmax import Flags, Singles, Table


@dataclass(frozen=True)
class CautiousTable(Table):
    """`may` [services, features] and `whole_may` [episodes, features] mark what may hold or not."""

    may: Flags
    whole_may: Flags

    def batch(self, episodes: NDArray[np.int64]) -> Self:
        chosen = self.rows_of(episodes)
        return replace(super().batch(episodes), may=self.may[chosen], whole_may=self.whole_may[episodes])


def cautious_loss(table: CautiousTable, weights: Singles, calm: Singles) -> tuple[float, Singles, Singles]:
    """As `loss_and_slope`, with the lowest scores of what is true and the highest of what is not."""
    rows, may, whole, whole_may = (
        part.astype(np.float32) for part in (table.rows, table.may, table.whole, table.whole_may)
    )
    begin, is_right, is_calm = table.start[:-1], table.right > 0, table.calm > 0
    scores = rows @ weights + np.where(is_right, may @ np.minimum(weights, 0), may @ np.maximum(weights, 0))
    calm_scores = whole @ calm + np.where(is_calm, whole_may @ np.minimum(calm, 0), whole_may @ np.maximum(calm, 0))
    group = np.repeat(np.arange(len(begin)), np.diff(table.start))
    highest = np.maximum(np.maximum.reduceat(scores.max(axis=1), begin), calm_scores)
    chances, calm_chances = np.exp(scores - highest[group, None]), np.exp(calm_scores - highest)
    right, calm_right = chances * is_right, calm_chances * is_calm
    total = np.add.reduceat(chances.sum(axis=1), begin) + calm_chances
    total_right = np.add.reduceat(right.sum(axis=1), begin) + calm_right
    counts = total_right > 1e-30
    loss = float(np.sum(np.log(total[counts] / total_right[counts]), dtype=np.float64))
    share = np.where(counts, 1.0 / total, 0.0).astype(np.float32)
    share_right = np.where(counts, 1.0 / np.where(counts, total_right, 1.0), 0.0).astype(np.float32)
    error = chances * share[group, None] - right * share_right[group, None]
    calm_error = calm_chances * share - calm_right * share_right
    slope = rows.T @ error + _bounded(may, error, is_right, weights)
    calm_slope = whole.T @ calm_error + _bounded(whole_may, calm_error, is_calm, calm)
    return loss, slope, calm_slope


def _bounded(may: Singles, error: Singles, is_right: NDArray[np.bool_], weights: Singles) -> Singles:
    """The slope of what may hold: a weight below nothing counts where it is right, one above where it is not."""
    against = may.T @ np.where(is_right, error, np.float32(0))
    speaking = may.T @ np.where(is_right, np.float32(0), error)
    slope: Singles = np.where(weights < 0, against, speaking)
    return slope
