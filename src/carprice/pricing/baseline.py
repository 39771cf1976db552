"""What the market paid for a name, an age and a distance, as earlier releases learnt it."""

from collections.abc import Iterator

import numpy as np
from sklearn.base import BaseEstimator

from carprice.arrays import Floats
from carprice.market.fields import LAST_YEAR_WRITTEN_DOWN
from carprice.market.listing import VERSIONS
from carprice.pricing.encoder import AT
from carprice.pricing.terms import (
    BELOW,
    DETAILS,
    KNOTS,
    SCALES,
    Cells,
    Scales,
    Term,
    find_cells,
    interpolate,
    table_size,
)

MARKET_WEIGHT = 3.0
SLOPE_WEIGHT = 0.7
VERSION_WEIGHT = 0.6
GENERATION_WEIGHT = 0.3
"""Factors of the tables."""

GENERATION_YEARS = 3


class MarketBaseline(BaseEstimator):  # type: ignore[misc]
    """Log price as a sum of small tables.

    reference_year_: ages are counted from it, whatever year it is when a price is asked for.
    scales_: those it was fitted on, whatever the market says by then.
    """

    reference_year_: float = LAST_YEAR_WRITTEN_DOWN
    scales_: Scales = SCALES

    def predict_parts(self, X: Floats) -> tuple[Floats, Floats]:  # noqa: N803
        """Log price by the core fields alone, and what the details add: two arrays (n,)."""
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

    def _km_terms(self, X: Floats, decades: Floats, km: Floats | float) -> Iterator[Term]:  # noqa: N803
        """What kilometres add to the log price, `km` of them as read by `read_km`."""
        nowhere = np.zeros(len(X), dtype=np.intp)
        yield Term("km", 1, nowhere, MARKET_WEIGHT * km)
        yield Term("km by age", 1, nowhere, decades * MARKET_WEIGHT * km)
        for name in VERSIONS[:1]:
            yield Term(f"km by {name}", table_size(name), find_cells(X, name), MARKET_WEIGHT * km)

    def _core_terms(self, X: Floats, decades: Floats) -> Iterator[Term]:  # noqa: N803
        """Make, model, year, and the choices that make a version; of kilometres, their absence."""
        version, versions = np.zeros(len(X), dtype=np.intp), 1
        make, model = find_cells(X, "make"), find_cells(X, "model")
        free = MARKET_WEIGHT
        yield from interpolate("age", self.read_age(X), self.scales_["age_knots"], free)
        yield Term("km unknown", 1, version, np.isnan(X[:, AT["mileage_km"]]) * free)
        for name in VERSIONS:
            yield from _choice(name, find_cells(X, name), decades, free)
            version, versions = (
                version * table_size(name) + find_cells(X, name),
                versions * table_size(name),
            )
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
            yield from _choice(name, find_cells(X, name), decades, free)
        for name, knots in self.scales_["knots"].items():
            number, term = X[:, AT[name]], KNOTS[name].term
            known = ~np.isnan(number)
            number = np.where(known, number, self.scales_["typical"][name])
            yield from interpolate(term, number, knots, known * free)
            yield from interpolate(f"{term} by age", number, knots, known * decades * free)
        for name, limit in self.scales_["below"].items():
            below = (X[:, AT[name]] < limit).astype(float)
            yield Term(BELOW[name].term, 1, np.zeros(len(X), dtype=np.intp), below * free)


def _choice(name: str, cells: Cells, decades: Floats, weight: float) -> Iterator[Term]:
    yield Term(name, table_size(name), cells, weight)
    yield Term(f"{name} by age", table_size(name), cells, decades * weight)
