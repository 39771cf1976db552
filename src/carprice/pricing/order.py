"""Values in order: pure steps that keep the order of whatever they are given."""

import numpy as np

from carprice.arrays import Floats


def put_in_order(values: Floats) -> Floats:
    """The values, never falling along the last axis: halfway between the two nearest such bounds.

    Bounds are the running maximum, and the running minimum from the other end. Values that do not
    fall stay as they are, and what lies above other values everywhere does so afterwards.
    """
    above = np.maximum.accumulate(values, axis=-1)
    below = np.minimum.accumulate(values[..., ::-1], axis=-1)[..., ::-1]
    return (above + below) / 2


def fit_order(values: Floats, weights: Floats) -> Floats:
    """Isotonic regression: the nearest values, by weighted squares, that never fall along an axis.

    values: (…, n), weights: the same, or less where they are shared. Such a value is the greatest
    over all beginnings of the least over all ends of the mean in between (Barlow et al. 1972), so
    what lies above other values everywhere, under the same weights, does so afterwards.
    """
    sums, masses = (
        np.cumsum(np.concatenate([np.zeros((*each.shape[:-1], 1)), each], axis=-1), axis=-1)
        for each in (values * weights, weights)
    )
    size = values.shape[-1]
    with np.errstate(invalid="ignore", divide="ignore"):  # no mean before a beginning
        means = (sums[..., None, 1:] - sums[..., :-1, None]) / (
            masses[..., None, 1:] - masses[..., :-1, None]
        )
    backward = np.tri(size, k=-1, dtype=bool)
    means[..., backward] = np.inf
    least = np.minimum.accumulate(means[..., ::-1], axis=-1)[..., ::-1]
    least[..., backward] = -np.inf
    greatest: Floats = least.max(axis=-2)
    return greatest


def mix(dearer: Floats, cheaper: Floats, share: Floats) -> Floats:
    """Values between two, `share` of the way to the cheaper; never beyond it, rounding included."""
    return np.maximum(dearer + share * (cheaper - dearer), cheaper)
