"""Small tables that make up a price: how a car picks its cells, on the scales of its market."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypedDict

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from carprice.arrays import Floats
from carprice.market.chosen import MARKET
from carprice.market.fields import Below, Knots
from carprice.market.listing import BY_NAME, EQUIPMENT, FEATURES, VERSIONS
from carprice.pricing.encoder import AT, CHOICE_NUMBERS, CHOICES, YES_NO

PRIORS = MARKET.priors
KNOTS = {name: each for name in FEATURES if isinstance(each := BY_NAME[name].effect, Knots)}
BELOW = {name: each for name in FEATURES if isinstance(each := BY_NAME[name].effect, Below)}
DETAILS = tuple(
    name for name in (*CHOICES, *YES_NO) if name not in VERSIONS and name not in EQUIPMENT
)
"""Choices, and answers of yes or no, that add to the price of a version."""
BLOCK_ROWS = 32_768
"""Rows worked on at a time: their columns stay in the processor's cache."""

Cells = npt.NDArray[np.intp]


class Scales(TypedDict):
    """Scales that a market gave its baseline: plain values, which a model stores.

    age_knots to km_scale: as in `market.Priors`.
    knots, typical: of a number by field name, where its effect bends and what it usually is.
    below: of a number by field name, the limit under which it has an effect.
    """

    age_knots: list[float]
    typical_age: float
    km_per_year: float
    km_scale: float
    knots: dict[str, list[float]]
    typical: dict[str, float]
    below: dict[str, float]


SCALES: Scales = {
    "age_knots": [*PRIORS.age_knots],
    "typical_age": PRIORS.typical_age,
    "km_per_year": PRIORS.km_per_year,
    "km_scale": PRIORS.km_scale,
    "knots": {name: [*each.at] for name, each in KNOTS.items()},
    "typical": {name: each.typical for name, each in KNOTS.items()},
    "below": {name: each.limit for name, each in BELOW.items()},
}
"""Of the market that is served."""


class Term(NamedTuple):
    """One effect: every row picks a cell of a small table and scales it by a factor.

    Terms of one name share their table: between two knots, a row picks both of their cells.
    """

    name: str
    size: int
    cells: Cells
    factors: Floats | float


class Aging(NamedTuple):
    """A term that holds at any age, or that grows by its factor in ten years."""

    term: Term
    by_age: bool


def find_cells(X: Floats, name: str) -> Cells:  # noqa: N803
    """Cell of a choice, or of yes or no, for each row; 0 where it is missing."""
    column = X[:, AT[name]]
    return (np.nan_to_num(column + 1) if name in YES_NO else column).astype(np.intp)


def table_size(choice: str) -> int:
    """Cells of a choice: one for each value and one for the unknown; yes or no has three."""
    return len(CHOICE_NUMBERS.get(choice, ("no", "yes"))) + 1


def interpolate(
    name: str, x: Floats, knots: Sequence[float], weights: Floats | float
) -> Iterator[Term]:
    """A piecewise linear effect: the two knots around x, each by its closeness, in one table."""
    place = np.interp(x, knots, np.arange(len(knots)))
    lower = np.minimum(place.astype(np.intp), len(knots) - 2)
    yield Term(name, len(knots), lower, (1 - place + lower) * weights)
    yield Term(name, len(knots), lower + 1, (place - lower) * weights)


def build_design(terms: list[Term], starts: dict[str, int], width: int) -> csr_matrix:
    """One sparse row a listing, one entry for each term that says something of it."""
    rows = len(terms[0].cells)
    columns = np.stack([term.cells + starts[term.name] for term in terms], axis=1)
    values = np.stack([np.broadcast_to(term.factors, rows) for term in terms], axis=1, dtype=float)
    ends = np.arange(rows + 1) * len(terms)
    design = csr_matrix((values.ravel(), columns.ravel(), ends), shape=(rows, width))
    design.eliminate_zeros()
    return design


def scale_km(scales: Scales, km: Floats) -> Floats:
    scaled: Floats = np.log1p(km / scales["km_scale"])
    return scaled


def place_between(knots: tuple[float, ...], x: Floats) -> tuple[Cells, Floats]:
    """The knot at or below each x, the last but one at most, and the share of the way beyond."""
    place = np.interp(x, knots, np.arange(len(knots)))
    lower = np.minimum(place.astype(np.intp), len(knots) - 2)
    return lower, place - lower


def at_any_age(
    name: str, size: int, cells: Cells, weights: Floats, aging: float = 1.0
) -> Iterator[Aging]:
    yield Aging(Term(name, size, cells, weights), by_age=False)
    yield Aging(Term(f"{name} by age", size, cells, aging * weights), by_age=True)


def count_versions() -> int:
    return int(np.prod([table_size(name) for name in VERSIONS]))


def number_versions(X: Floats) -> Cells:  # noqa: N803
    """A number for the choices that make a version (n,)."""
    version = np.zeros(len(X), dtype=np.intp)
    for name in VERSIONS:
        version = version * table_size(name) + find_cells(X, name)
    return version
