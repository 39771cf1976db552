"""Cross-fitting: cars priced by models that were fitted without them."""

from collections.abc import Iterable
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from carprice.arrays import Floats, Places
from carprice.listings.near_copies import link_near_copies
from carprice.market.listing import VEHICLE
from carprice.pricing.encoder import AT
from carprice.pricing.interval import blank, is_missing

MILEAGE = "mileage_km"
NAMELESS_ROWS = 300
"""Cars of each fold copied without their name, to learn how far off unknown makes are priced."""
NAMELESS_WEIGHT = 0.05
"""How much such a copy counts. Of models never seen there are cars enough, and these are harder to
price than a well-known one without its name: copies of those made the intervals of models never
seen too narrow (62 % of prices held instead of 80)."""


class OutOfFold(NamedTuple):
    """Out-of-fold prices, one row a car, nameless copies included.

    encoded: (n, COLUMNS), with counts as in the training folds. core, baseline, actual: log
    prices (n,). fold: in which each car was held out (n,). whole: rows that are no copies.
    """

    encoded: Floats
    core: Floats
    baseline: Floats
    actual: Floats
    fold: Places
    whole: npt.NDArray[np.bool_]

    @property
    def weights(self) -> Floats:
        """How much each row counts where intervals are fitted (n,)."""
        return np.where(self.whole, 1.0, NAMELESS_WEIGHT)

    @property
    def errors(self) -> Floats:
        """|log errors| (n,)."""
        return np.abs(self.actual - self.baseline)

    @classmethod
    def concatenate(cls, folds: Iterable[Self]) -> Self:
        """The rows of all folds, one fold after the other."""
        return cls(*map(np.concatenate, zip(*folds, strict=True)))


def group_vehicles(X: Floats) -> npt.NDArray[np.intp]:  # noqa: N803
    """A number for each car (n,), the same for all its adverts, so that no fold splits them."""
    cars = np.zeros(len(X), dtype=np.intp)
    for name in VEHICLE:
        if name != MILEAGE:
            places, values = pd.factorize(np.nan_to_num(X[:, AT[name]], nan=-1.0), sort=True)
            cars = cars * len(values) + places
    return link_near_copies(cars, X[:, AT[MILEAGE]])


def recount(X: Floats, train: Floats) -> Floats:  # noqa: N803
    """Encoded listings with counts as in `train`; names without any there become unknown."""
    recounted = X.copy()
    for name in ("make", "model"):
        numbers = train[:, AT[name]].astype(np.intp)
        here = X[:, AT[name]].astype(np.intp)
        counts = np.bincount(numbers, minlength=max(numbers.max(), here.max()) + 1)
        counts[0] = 0
        recounted[:, AT[f"{name}_count"]] = counts[here]
        recounted[:, AT[name]] = np.where(counts[here] > 0, here, 0)
    return recounted


def add_nameless(X: Floats, random: np.random.Generator) -> tuple[Floats, Places]:  # noqa: N803
    """The cars and nameless copies of some, and the car that each row shows."""
    known = np.flatnonzero(is_missing(X, "make") == 0)
    chosen = random.choice(known, min(NAMELESS_ROWS, len(known)), replace=False)
    places = np.concatenate([np.arange(len(X)), chosen])
    return np.concatenate([X, blank(X[chosen], "make")]), places
