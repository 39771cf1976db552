"""What the market pays for a name, an age and a distance: a robust additive baseline."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Self, TypedDict

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, vstack
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.linear_model import Ridge
from sklearn.utils.validation import check_is_fitted

from carprice.arrays import Floats
from carprice.market.chosen import MARKET
from carprice.market.fields import LAST_YEAR_WRITTEN_DOWN, THIS_YEAR, Below, Knots
from carprice.market.listing import BY_NAME, EQUIPMENT, FEATURES, VERSIONS
from carprice.pricing.encoder import AT, CHOICE_NUMBERS, CHOICES, YES_NO

MARKET_WEIGHT = 3.0
SLOPE_WEIGHT = 0.7
VERSION_WEIGHT = 0.6
GENERATION_WEIGHT = 0.3
"""How freely a kind of table may move under the one penalty: a larger weight is shrunk less.
What all cars share moves most, a three-year band of one model least. Chosen by cross-validation
on real listings; the optimum is flat."""

REWEIGHTINGS = 3
"""Rounds of reweighted least squares; a fourth changes nothing that can be measured."""

PRIORS = MARKET.priors
KNOTS = {name: each for name in FEATURES if isinstance(each := BY_NAME[name].effect, Knots)}
BELOW = {name: each for name in FEATURES if isinstance(each := BY_NAME[name].effect, Below)}
DETAILS = tuple(
    name for name in (*CHOICES, *YES_NO) if name not in VERSIONS and name not in EQUIPMENT
)
"""Choices, and answers of yes or no, that add to the price of a version."""


GENERATION_YEARS = 3
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


class MarketBaseline(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """Log price as a sum of small tables, fitted by ridge regression under Huber's loss.

    The ridge penalty shrinks rare makes, models and versions towards their parents, and an
    unknown name picks nothing, so it falls back on its parent by itself. Huber's loss keeps
    prices typed ten times off from pulling anything.

    penalty: strength of the ridge.
    huber: log error from which a price counts less.
    reference_year_: ages are counted from it, whatever year it is when a price is asked for.
    scales_: those it was fitted on, whatever the market says by then.
    """

    reference_year_: float = LAST_YEAR_WRITTEN_DOWN
    scales_: Scales = SCALES

    def __init__(self, penalty: float = 0.7, huber: float = 0.1) -> None:
        self.penalty = penalty
        self.huber = huber

    def fit(self, X: Floats, y: Floats) -> Self:  # noqa: N803
        """Fit on encoded listings (n, COLUMNS) and their log prices (n,)."""
        self.reference_year_ = float(THIS_YEAR)
        self.scales_ = SCALES
        self.makes_ = int(X[:, AT["make"]].max()) + 1
        self.models_ = int(X[:, AT["model"]].max()) + 1
        sizes = {term.name: term.size for term in self._terms(X[:1])}  # one for each table
        starts = dict(zip(sizes, np.cumsum([0, *sizes.values()]).tolist(), strict=False))
        width = sum(sizes.values())
        blocks = (X[at : at + BLOCK_ROWS] for at in range(0, len(X), BLOCK_ROWS))
        parts = [_build_design(self._terms(rows), starts, width) for rows in blocks]
        del X, blocks  # a part of another table lives no longer than its design takes to build
        design = vstack(parts, format="csr")
        del parts
        # A sparse design is weighted in a copy in any case; one more would only fill the memory.
        ridge = Ridge(alpha=self.penalty, solver="sparse_cg", tol=1e-3, copy_X=False)
        weights = np.ones(len(y))
        for _ in range(REWEIGHTINGS):
            fitted = ridge.fit(design, y, sample_weight=weights).predict(design)
            weights = self.huber / np.maximum(np.abs(y - fitted), self.huber)
        self.tables_ = {name: ridge.coef_[at : at + sizes[name]] for name, at in starts.items()}
        self.intercept_ = float(ridge.intercept_)
        return self

    def predict(self, X: Floats) -> Floats:  # noqa: N803
        """Log prices (n,) of encoded listings."""
        core, details = self.predict_parts(X)
        return core + details

    def predict_parts(self, X: Floats) -> tuple[Floats, Floats]:  # noqa: N803
        """Log price by the core fields alone, and what the details add: two arrays (n,)."""
        check_is_fitted(self)
        decades = self.read_decades(X)
        # However the fit turned out, more kilometres never raise a price.
        slope = np.minimum(self._sum(self._km_terms(X, decades, 1.0)), 0)
        others = self._sum(self._core_terms(X, decades))
        core = self.intercept_ + slope * self.read_km(X) + others
        return core, self._sum(self._detail_terms(X, decades))

    def read_age(self, X: Floats) -> Floats:  # noqa: N803
        """Age in years (n,); a typical one where the year is unknown."""
        age = self.reference_year_ - X[:, AT["model_year"]]
        clipped = np.clip(age, 0, self.scales_["age_knots"][-1])
        return np.where(np.isnan(age), self.scales_["typical_age"], clipped)

    def read_decades(self, X: Floats) -> Floats:  # noqa: N803
        """Age in decades, 0 at ten years."""
        return np.minimum(self.read_age(X), 30) / 10 - 1

    def read_km(self, X: Floats) -> Floats:  # noqa: N803
        """Kilometres on a scale that flattens out; what is usual at that age where unknown."""
        km = X[:, AT["mileage_km"]]
        usual = self.scales_["km_per_year"] * np.minimum(self.read_age(X), 20)
        scaled: Floats = np.log1p(np.where(np.isnan(km), usual, km) / self.scales_["km_scale"])
        return scaled

    def _sum(self, terms: Iterator[Term]) -> Floats:
        effects = (self.tables_[term.name][term.cells] * term.factors for term in terms)
        return np.asarray(sum(effects))

    def _terms(self, X: Floats) -> list[Term]:  # noqa: N803
        decades = self.read_decades(X)
        of_km = self._km_terms(X, decades, self.read_km(X))
        return [*of_km, *self._core_terms(X, decades), *self._detail_terms(X, decades)]

    def _km_terms(self, X: Floats, decades: Floats, km: Floats | float) -> Iterator[Term]:  # noqa: N803
        """What kilometres add to the log price, `km` of them as read by `read_km`."""
        nowhere = np.zeros(len(X), dtype=np.intp)
        yield Term("km", 1, nowhere, MARKET_WEIGHT * km)
        yield Term("km by age", 1, nowhere, decades * MARKET_WEIGHT * km)
        for name in VERSIONS[:1]:
            yield Term(f"km by {name}", _size(name), _cells(X, name), MARKET_WEIGHT * km)

    def _core_terms(self, X: Floats, decades: Floats) -> Iterator[Term]:  # noqa: N803
        """Make, model, year, and the choices that make a version; of kilometres, their absence."""
        version, versions = np.zeros(len(X), dtype=np.intp), 1
        make, model = _cells(X, "make"), _cells(X, "model")
        free = MARKET_WEIGHT
        yield from _interpolate("age", self.read_age(X), self.scales_["age_knots"], free)
        yield Term("km unknown", 1, version, np.isnan(X[:, AT["mileage_km"]]) * free)
        for name in VERSIONS:
            yield from _choice(name, _cells(X, name), decades, free)
            version, versions = version * _size(name) + _cells(X, name), versions * _size(name)
        for name, cells, size in (("make", make, self.makes_), ("model", model, self.models_)):
            known = (cells > 0).astype(float)
            slope = known * decades * SLOPE_WEIGHT
            yield Term(name, size, cells, known)
            yield Term(f"{name} by age", size, cells, slope)
            of_name = cells * versions + version
            yield Term(f"{name} version", size * versions, of_name, known * VERSION_WEIGHT)
            yield Term(f"{name} version by age", size * versions, of_name, slope * VERSION_WEIGHT)
        yield from self._generation_terms(X, model)

    def _generation_terms(self, X: Floats, model: Cells) -> Iterator[Term]:  # noqa: N803
        """Bands of years within a model, overlapping so that no generation has to be known."""
        year = X[:, AT["model_year"]]
        newest = self.reference_year_
        back = np.clip(newest + 2 - np.where(np.isnan(year), newest, year), 0, 59)
        bands = 60 // GENERATION_YEARS + 2
        weight = ((model > 0) & ~np.isnan(year)) * GENERATION_WEIGHT
        for shift in range(GENERATION_YEARS):
            band = (back.astype(np.intp) + shift) // GENERATION_YEARS
            yield Term(f"generation {shift}", self.models_ * bands, model * bands + band, weight)

    def _detail_terms(self, X: Floats, decades: Floats) -> Iterator[Term]:  # noqa: N803
        """What adverts often leave out, much of it together."""
        free = MARKET_WEIGHT
        for name in DETAILS:
            yield from _choice(name, _cells(X, name), decades, free)
        for name, knots in self.scales_["knots"].items():
            number, term = X[:, AT[name]], KNOTS[name].term
            known = ~np.isnan(number)
            number = np.where(known, number, self.scales_["typical"][name])
            yield from _interpolate(term, number, knots, known * free)
            yield from _interpolate(f"{term} by age", number, knots, known * decades * free)
        for name, limit in self.scales_["below"].items():
            below = (X[:, AT[name]] < limit).astype(float)
            yield Term(BELOW[name].term, 1, np.zeros(len(X), dtype=np.intp), below * free)


def _cells(X: Floats, name: str) -> Cells:  # noqa: N803
    """Cell of a choice, or of yes or no, for each row; 0 where it is missing."""
    column = X[:, AT[name]]
    return (np.nan_to_num(column + 1) if name in YES_NO else column).astype(np.intp)


def _size(choice: str) -> int:
    """Cells of a choice: one for each value and one for the unknown; yes or no has three."""
    return len(CHOICE_NUMBERS.get(choice, ("no", "yes"))) + 1


def _choice(name: str, cells: Cells, decades: Floats, weight: float) -> Iterator[Term]:
    yield Term(name, _size(name), cells, weight)
    yield Term(f"{name} by age", _size(name), cells, decades * weight)


def _interpolate(
    name: str, x: Floats, knots: Sequence[float], weights: Floats | float
) -> Iterator[Term]:
    """A piecewise linear effect: the two knots around x, each by its closeness, in one table."""
    place = np.interp(x, knots, np.arange(len(knots)))
    lower = np.minimum(place.astype(np.intp), len(knots) - 2)
    yield Term(name, len(knots), lower, (1 - place + lower) * weights)
    yield Term(name, len(knots), lower + 1, (place - lower) * weights)


def _build_design(terms: list[Term], starts: dict[str, int], width: int) -> csr_matrix:
    """One sparse row a listing, one entry for each term that says something of it."""
    rows = len(terms[0].cells)
    columns = np.stack([term.cells + starts[term.name] for term in terms], axis=1)
    values = np.stack([np.broadcast_to(term.factors, rows) for term in terms], axis=1, dtype=float)
    ends = np.arange(rows + 1) * len(terms)
    design = csr_matrix((values.ravel(), columns.ravel(), ends), shape=(rows, width))
    design.eliminate_zeros()
    return design
