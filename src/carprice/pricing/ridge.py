"""Small tables fitted together: ridge regression on a sparse design, odd prices counting little."""

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.linalg import LinearOperator, cg

from carprice.arrays import Floats

TOLERANCE = 3e-5


def fit_ridge(
    design: csr_matrix, y: Floats, weights: Floats, penalty: float, start: Floats
) -> Floats:
    """Coefficients (columns,) of a weighted ridge regression without an intercept.

    By conjugate gradients from a start nearby, each column on its own scale; scikit-learn's go
    from zero on one scale for all, which takes several times the steps, and copy the design.
    """
    across = design.T
    size = design.shape[1]
    squares = csr_matrix((design.data**2, design.indices, design.indptr), shape=design.shape)
    scale = squares.T @ weights + penalty
    effects, _ = cg(
        LinearOperator(
            (size, size), lambda each: across @ (weights * (design @ each)) + penalty * each
        ),
        across @ (weights * y),
        x0=start,
        rtol=TOLERANCE,
        M=LinearOperator((size, size), lambda each: each / scale),
    )
    return np.asarray(effects)


def weigh(errors: Floats, tail: float) -> Floats:
    """Weights of prices by their log errors under Cauchy's loss, half at `tail` (n,)."""
    weights: Floats = 1 / (1 + np.square(errors / tail))
    return weights
