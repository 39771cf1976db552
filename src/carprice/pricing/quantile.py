"""A quantile as a sum of effects that are held at zero or above, and of one for each group."""

from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize

from carprice.arrays import Floats, Places

PENALTY = 1.0
GROUP_PENALTY = 5.0
"""Of how far the effects of groups lie apart, the larger the closer."""
SMOOTH = 0.05
"""Distance from the quantile within which the loss is a parabola, so that it has a slope."""
ROUNDS = 100


class QuantileFit(NamedTuple):
    """effects: (columns,). lower: how much lower each group is than group 0 (groups,)."""

    effects: Floats
    lower: Floats
    intercept: float


def fit_quantile(
    design: Floats, groups: Places, target: Floats, weights: Floats, level: float
) -> QuantileFit:
    """The quantile of a target (n,) at a level, from a design (n, columns) and groups (n,).

    Pinball loss under a ridge penalty. No library at hand fits a quantile whose effects have a
    sign: scikit-learn's is a linear programme without one, and takes minutes for so many rows.
    """
    columns, size = design.shape[1], int(groups.max()) + 1

    def measure(told: Floats) -> tuple[float, Floats]:
        """The loss, and its slope along each effect."""
        intercept, effects, lower = told[0], told[1 : columns + 1], told[columns + 1 :]
        rest = target - intercept - design @ effects + lower[groups]
        loss, slope = _measure_pinball(rest, level)
        slope *= weights
        apart = lower - lower[1:].mean() if size > 1 else np.zeros(size)
        apart[0] = 0
        of_group = np.bincount(groups, slope, size)
        penalty = (PENALTY * effects @ effects + GROUP_PENALTY * apart @ apart) / 2
        slopes = (
            [-slope.sum()],
            PENALTY * effects - design.T @ slope,
            of_group + GROUP_PENALTY * apart,
        )
        return float(weights @ loss + penalty), np.concatenate(slopes)

    start = np.zeros(1 + columns + size)
    start[0] = np.quantile(target, level)
    bounds = [(None, None), *[(0, None)] * columns, (0, 0), *[(0, None)] * (size - 1)]
    found = minimize(
        measure, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": ROUNDS}
    ).x
    return QuantileFit(found[1 : columns + 1], found[columns + 1 :], float(found[0]))


def _measure_pinball(rest: Floats, level: float) -> tuple[Floats, Floats]:
    """The pinball loss of what lies above (positive) or below the quantile, and its slope."""
    size = np.abs(rest)
    is_near = size < SMOOTH
    loss = np.where(is_near, (rest**2 / SMOOTH + SMOOTH) / 2, size) / 2 + (level - 0.5) * rest
    slope = np.where(is_near, rest / SMOOTH, np.sign(rest)) / 2 + level - 0.5
    return loss, slope
