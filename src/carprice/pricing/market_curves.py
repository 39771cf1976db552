"""What the market pays for a car at every model year: a robust additive model, put in order.

Each car gets a curve of log prices over all model years, everything else being as it is, and the
curve is put in order: a newer car is never cheaper. Kilometres are put in order likewise, on knots.
Both steps keep the order of whatever they are given, so the price of a car is exactly monotone in
its year and in its kilometres (docs/decisions/0065).
"""

from collections.abc import Iterator
from typing import NamedTuple, Self

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.sparse import csr_matrix, vstack
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_is_fitted

from carprice.arrays import Floats, Places
from carprice.market.fields import LAST_YEAR_WRITTEN_DOWN, THIS_YEAR
from carprice.market.listing import BY_NAME, VERSIONS
from carprice.pricing.encoder import AT
from carprice.pricing.estimating import find_told_equipment
from carprice.pricing.order import fit_order, mix, put_in_order
from carprice.pricing.ridge import fit_ridge, weigh
from carprice.pricing.terms import (
    BELOW,
    BLOCK_ROWS,
    DETAILS,
    KNOTS,
    SCALES,
    Aging,
    Scales,
    Term,
    at_any_age,
    build_design,
    count_versions,
    find_cells,
    interpolate,
    number_versions,
    place_between,
    scale_km,
    table_size,
)

ANY_WEIGHT = 10.0
MARKET_WEIGHT = 3.0
AGING_WEIGHT = 0.7
VERSION_WEIGHT = 0.6
GENERATION_WEIGHT = 0.3
VERSION_YEARS_WEIGHT = 0.2
MAKE_KM_WEIGHT = 0.74
KM_BENDS_WEIGHT = 1.5
MODEL_NUMBER_WEIGHT = 0.21
MODEL_BAND_WEIGHT = 0.25
MODEL_CHOICE_WEIGHTS = {"origin": 0.1, "condition": 0.16}
"""How freely a kind of table may move under the one penalty: a larger weight is shrunk less.
What all cars share moves most, a band of years of one version least. Chosen by cross-validation
on real listings; the optimum is flat."""

REWEIGHTINGS = 4
"""Rounds of reweighted least squares; more change nothing that can be measured."""
GENERATION_YEARS = 3
VERSION_YEARS = 4
BANDED_YEARS = 60
KM_YEARS = 2
"""Years around one whose kilometres count for it, as a standard deviation."""
LEAST_MASS = 0.003
MARKET_ADVERTS = 10
"""Adverts of all cars that count beside those of a model when its years are put in order."""
KM_KNOTS = (*np.linspace(0, 1.9, 7).tolist(), 2.7)
"""Where the effect of kilometres bends, on the scale of `read_km`; beyond the last it is flat."""
BANDS_APART = 7
"""Bands of a number within a model, between the quantiles of its knots."""


class Curves(NamedTuple):
    """Log prices of cars at every model year (n, years), in order.

    core: without the details and at the usual kilometres of each age, in no particular order: what
    decides how well such cars are known. own: the place of each car's own year (n,).
    """

    log_price: Floats
    core: Floats
    own: Places

    def read_own(self, curves: Floats) -> Floats:
        """Values of curves at each car's own year (n,)."""
        values: Floats = curves[np.arange(len(curves)), self.own]
        return values


class MarketCurves(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """Log price as a sum of small tables, fitted by ridge regression under Cauchy's loss.

    The ridge penalty shrinks rare makes, models and versions towards their parents, and an
    unknown name picks nothing, so it falls back on its parent by itself. Under Cauchy's loss a
    price typed ten times off pulls nothing, and a strange one hardly.

    penalty: strength of the ridge.
    tail: log error at which a price counts half.
    reference_year_: ages are counted from it, whatever year it is when a price is asked for.
    years_: model years of all curves, oldest first.
    equipment_: what adverts told of often enough.
    tables_: of what holds at any year, by name. by_year_: (years,) of all cars; generations_:
    (models, years); versions_: (versions seen, years), and in which of its rows a version
    stands, version_row_; km_: (makes and fuels, knots, years), usual_km_: (makes and fuels,
    years), the same at the usual kilometres.
    """

    reference_year_: float = LAST_YEAR_WRITTEN_DOWN
    scales_: Scales = SCALES

    def __init__(self, penalty: float = 0.45, tail: float = 0.2) -> None:
        self.penalty = penalty
        self.tail = tail

    def fit(self, X: Floats, y: Floats) -> Self:  # noqa: N803
        """Fit on encoded listings (n, COLUMNS) and their log prices (n,)."""
        self.reference_year_ = float(THIS_YEAR)
        self.scales_ = SCALES
        self.years_ = np.arange(BY_NAME["model_year"].minimum, self.reference_year_ + 2)
        self.makes_ = int(X[:, AT["make"]].max()) + 1
        self.models_ = int(X[:, AT["model"]].max()) + 1
        self.equipment_ = find_told_equipment(X)
        sizes = {term.name: term.size for term in self._terms(X[:1])}  # one for each table
        starts = dict(zip(sizes, np.cumsum([0, *sizes.values()]).tolist(), strict=False))
        design = self._design(X, starts, sum(sizes.values()))
        self.intercept_ = float(np.mean(y))
        apart = y - self.intercept_
        weights: Floats = np.ones(len(y))
        effects: Floats = np.zeros(sum(sizes.values()))
        for _ in range(REWEIGHTINGS):
            effects = fit_ridge(design, apart, weights, self.penalty, effects)
            weights = weigh(apart - design @ effects, self.tail)
        self.tables_ = {name: effects[at : at + sizes[name]] for name, at in starts.items()}
        self._tabulate(X)
        return self

    def predict(self, X: Floats) -> Floats:  # noqa: N803
        """Log prices (n,) of encoded listings."""
        curves = self.draw_curves(X)
        return curves.read_own(curves.log_price)

    def draw_curves(self, X: Floats) -> Curves:  # noqa: N803
        """The curves of encoded listings; what is newer than all years counts as the newest."""
        check_is_fitted(self)
        place = self._place_make(X)
        core = self._draw_core(X, self.versions_[self.version_row_[self._version(X)]])
        log_price = core + self._sum(len(X), self._detail_terms(X)) + self._read_km_curves(X, place)
        core += self.usual_km_[place]
        year = X[:, AT["model_year"]]
        typical = self.reference_year_ - self.scales_["typical_age"]
        own = np.where(np.isnan(year), typical, year) - self.years_[0]
        own = np.clip(own, 0, len(self.years_) - 1).astype(np.intp)
        return Curves(put_in_order(log_price), core, own)

    def _draw_core(self, X: Floats, of_version: Floats) -> Floats:  # noqa: N803
        """Curves without details and kilometres (n, years), in no particular order."""
        drawn: Floats = self.by_year_ + self.generations_[find_cells(X, "model")] + of_version
        return drawn + self._sum(len(X), self._core_terms(X))

    def _design(self, X: Floats, starts: dict[str, int], width: int) -> csr_matrix:  # noqa: N803
        blocks = (X[at : at + BLOCK_ROWS] for at in range(0, len(X), BLOCK_ROWS))
        parts = [build_design([*self._terms(rows)], starts, width) for rows in blocks]
        design: csr_matrix = vstack(parts, format="csr")
        return design

    def _terms(self, X: Floats) -> Iterator[Term]:  # noqa: N803
        """Every effect on a car at its own year and kilometres."""
        age = self._read_age(X)
        decades, km = read_decades(age), self._read_km(X, age)
        everywhere = np.zeros(len(X), dtype=np.intp)
        yield Term("all cars", 1, everywhere, ANY_WEIGHT)
        yield from interpolate("age", age, self.scales_["age_knots"], MARKET_WEIGHT)
        yield from self._km_terms(X, decades, km)
        yield from self._year_terms(X)
        for term, by_age in (*self._core_terms(X), *self._detail_terms(X)):
            yield term._replace(factors=term.factors * decades) if by_age else term

    def _km_terms(self, X: Floats, decades: Floats, km: Floats) -> Iterator[Term]:  # noqa: N803
        nowhere = np.zeros(len(X), dtype=np.intp)
        yield Term("km", 1, nowhere, MARKET_WEIGHT * km)
        yield Term("km by age", 1, nowhere, MARKET_WEIGHT * decades * km)
        for name in VERSIONS[:1]:
            yield Term(f"km by {name}", table_size(name), find_cells(X, name), MARKET_WEIGHT * km)
        make = find_cells(X, "make")
        yield Term("km by make", self.makes_, make, (make > 0) * MAKE_KM_WEIGHT * km)
        yield from interpolate("km bends", km, KM_KNOTS, KM_BENDS_WEIGHT)
        yield from interpolate("km bends by age", km, KM_KNOTS, KM_BENDS_WEIGHT * decades)

    def _year_terms(self, X: Floats) -> Iterator[Term]:  # noqa: N803
        """Bands of years within a model, overlapping so that no generation has to be known."""
        year, model = X[:, AT["model_year"]], find_cells(X, "model")
        known = (model > 0) & ~np.isnan(year)
        back = self._count_back(np.where(np.isnan(year), self.reference_year_, year))
        bands = BANDED_YEARS // GENERATION_YEARS + 2
        for shift in range(GENERATION_YEARS):
            cells = model * bands + (back + shift) // GENERATION_YEARS
            name = f"generation {shift}"
            yield Term(name, self.models_ * bands, cells, known * GENERATION_WEIGHT)
        version, bands = self._version(X), BANDED_YEARS // VERSION_YEARS
        cells = version * bands + back // VERSION_YEARS
        size = self.models_ * count_versions() * bands
        yield Term("version years", size, cells, known * VERSION_YEARS_WEIGHT)

    def _core_terms(self, X: Floats) -> Iterator[Aging]:  # noqa: N803
        """Make, model, and the choices that make a version; of kilometres, their absence."""
        nowhere = np.zeros(len(X), dtype=np.intp)
        free = np.full(len(X), MARKET_WEIGHT)
        unknown_km = np.isnan(X[:, AT["mileage_km"]]) * MARKET_WEIGHT
        yield Aging(Term("km unknown", 1, nowhere, unknown_km), by_age=False)
        for name in VERSIONS:
            yield from at_any_age(name, table_size(name), find_cells(X, name), free)
        versions, version = count_versions(), number_versions(X)
        for name, size in (("make", self.makes_), ("model", self.models_)):
            cells = find_cells(X, name)
            known = (cells > 0).astype(float)
            yield from at_any_age(name, size, cells, known, AGING_WEIGHT)
            of_name = cells * versions + version
            weight = known * VERSION_WEIGHT
            yield from at_any_age(f"{name} version", size * versions, of_name, weight, AGING_WEIGHT)

    def _detail_terms(self, X: Floats) -> Iterator[Aging]:  # noqa: N803
        """What adverts often leave out, much of it together."""
        model = find_cells(X, "model")
        free, known_model = np.full(len(X), MARKET_WEIGHT), model > 0
        for name in self.equipment_:
            known = ~np.isnan(X[:, AT[name]]) * MARKET_WEIGHT
            yield Aging(Term(name, table_size(name), find_cells(X, name), known), by_age=False)
        for name in DETAILS:
            cells, size = find_cells(X, name), table_size(name)
            yield from at_any_age(name, size, cells, free)
            if name in MODEL_CHOICE_WEIGHTS:
                weight = known_model * MODEL_CHOICE_WEIGHTS[name]
                of_model = Term(
                    f"{name} by model", self.models_ * size, model * size + cells, weight
                )
                yield Aging(of_model, by_age=False)
        for name, knots in self.scales_["knots"].items():
            number, term, typical = X[:, AT[name]], KNOTS[name].term, self.scales_["typical"][name]
            known = np.logical_not(np.isnan(number))
            number = np.where(known, number, typical)
            for by_age, table in ((False, term), (True, f"{term} by age")):
                for each in interpolate(table, number, knots, known * MARKET_WEIGHT):
                    yield Aging(each, by_age)
            weight = known_model * np.log((1 + number) / (1 + typical)) * MODEL_NUMBER_WEIGHT
            yield Aging(Term(f"{term} by model", self.models_, model, weight), by_age=False)
            edges = np.add(knots[:BANDS_APART], knots[1 : BANDS_APART + 1]) / 2
            bands = len(edges) + 1
            cells = model * bands + np.searchsorted(edges, number)
            weight = np.logical_and(known, known_model) * MODEL_BAND_WEIGHT
            yield Aging(Term(f"{term} bands", self.models_ * bands, cells, weight), by_age=False)
        for name, limit in self.scales_["below"].items():
            below = (X[:, AT[name]] < limit) * MARKET_WEIGHT
            nowhere = np.zeros(len(X), dtype=np.intp)
            yield Aging(Term(BELOW[name].term, 1, nowhere, below), by_age=False)

    def _sum(self, rows: int, terms: Iterator[Aging]) -> Floats:
        """The effects of terms at every year (n, years)."""
        level: Floats = np.zeros(rows)
        slope: Floats = np.zeros(rows)
        for term, by_age in terms:
            effect = self.tables_[term.name][term.cells] * term.factors
            level, slope = (level, slope + effect) if by_age else (level + effect, slope)
        effects: Floats = np.multiply.outer(slope, read_decades(self._ages())) + level[:, None]
        return effects

    def _tabulate(self, X: Floats) -> None:  # noqa: N803
        """Spread the tables of years and kilometres over all years, and put them in order."""
        tables, ages = self.tables_, self._ages()
        knots = self.scales_["age_knots"]
        of_age = tables.pop("age") * MARKET_WEIGHT
        everywhere = self.intercept_ + tables.pop("all cars") * ANY_WEIGHT
        self.by_year_ = everywhere + np.interp(np.minimum(ages, knots[-1]), knots, of_age)
        of_bands = [
            tables.pop(f"generation {shift}").reshape(self.models_, -1)[
                :, self._band(GENERATION_YEARS, shift)
            ]
            for shift in range(GENERATION_YEARS)
        ]
        self.generations_ = GENERATION_WEIGHT * np.sum(of_bands, axis=0)
        self._tabulate_km(X, ages)
        self._tabulate_versions(X)

    def _tabulate_km(self, X: Floats, ages: Floats) -> None:  # noqa: N803
        """The tables of kilometres: more of them never make a car dearer."""
        tables, decades = self.tables_, read_decades(ages)
        slope = MARKET_WEIGHT * (tables.pop("km") + tables.pop("km by age") * decades)
        of_make = MAKE_KM_WEIGHT * tables.pop("km by make")
        of_fuel = MARKET_WEIGHT * sum(tables.pop(f"km by {name}") for name in VERSIONS[:1])
        slopes = (of_make[:, None] + of_fuel).ravel()[:, None] + slope
        bends = np.multiply.outer(decades, tables.pop("km bends by age"))
        bends = KM_BENDS_WEIGHT * (bends + tables.pop("km bends"))
        effects = slopes[:, :, None] * np.array(KM_KNOTS) + bends
        ordered = -put_in_order(fit_order(-effects, self._weigh_km(X)))
        self.km_ = np.ascontiguousarray(np.swapaxes(ordered, 1, 2))
        usual = scale_km(self.scales_, self.scales_["km_per_year"] * np.minimum(ages, 20))
        lower, share = place_between(KM_KNOTS, usual)
        every = np.arange(len(self.years_))
        self.usual_km_ = mix(ordered[:, every, lower], ordered[:, every, lower + 1], share)

    def _tabulate_versions(self, X: Floats) -> None:  # noqa: N803
        """What each version's years add to its generations, the whole in order at usual kilometres.

        A version that was not seen takes what the commonest of its model has.
        """
        versions, bands = count_versions(), BANDED_YEARS // VERSION_YEARS
        of_band = self.tables_.pop("version years").reshape(-1, bands)
        seen, first, counts = np.unique(self._version(X), return_index=True, return_counts=True)
        cars = X[first]
        cars[:, AT["mileage_km"]] = np.nan
        added = VERSION_YEARS_WEIGHT * of_band[seen][:, self._band(VERSION_YEARS)]
        curves = self._draw_core(cars, added) + self.usual_km_[self._place_make(cars)]
        added += put_in_order(fit_order(curves, self._weigh_years(X)[seen // versions])) - curves
        self.versions_ = added
        row = np.zeros(self.models_ * versions, dtype=np.intp)
        for at in np.argsort(counts, kind="stable"):
            model = seen[at] // versions
            row[model * versions : (model + 1) * versions] = at
        row[seen] = np.arange(len(seen))
        self.version_row_ = row

    def _weigh_km(self, X: Floats) -> Floats:  # noqa: N803
        """How much adverts tell of each knot of kilometres at each year (years, knots)."""
        age = self._read_age(X)
        lower, share = place_between(KM_KNOTS, self._read_km(X, age))
        year = np.clip(self.reference_year_ - age - self.years_[0], 0, None).astype(np.intp)
        mass = np.zeros((len(self.years_), len(KM_KNOTS)))
        np.add.at(mass, (year, lower), 1 - share)
        np.add.at(mass, (year, lower + 1), share)
        mass = gaussian_filter1d(mass, KM_YEARS, axis=0) + 1e-9
        shares: Floats = mass / mass.sum(axis=1, keepdims=True) + LEAST_MASS
        return shares

    def _weigh_years(self, X: Floats) -> Floats:  # noqa: N803
        """How much adverts tell of each year of each model, as do all cars a little."""
        year = np.clip(X[:, AT["model_year"]] - self.years_[0], 0, len(self.years_) - 1)
        known = ~np.isnan(year)
        counts = np.zeros((self.models_, len(self.years_)))
        np.add.at(counts, (find_cells(X, "model")[known], year[known].astype(np.intp)), 1)
        of_all = counts.sum(axis=0) + 3
        smooth = gaussian_filter1d(counts, 1, axis=1)
        weights: Floats = smooth + MARKET_ADVERTS * of_all / of_all.sum()
        return weights

    def _read_km_curves(self, X: Floats, place: Places) -> Floats:  # noqa: N803
        """What kilometres add at every year (n, years); the usual ones where unknown."""
        km = X[:, AT["mileage_km"]]
        known = ~np.isnan(km)
        lower, share = place_between(KM_KNOTS, scale_km(self.scales_, np.where(known, km, 0)))
        told = mix(self.km_[place, lower], self.km_[place, lower + 1], share[:, None])
        return np.where(known[:, None], told, self.usual_km_[place])

    def _ages(self) -> Floats:
        """Age at each of the years (years,)."""
        ages: Floats = np.clip(self.reference_year_ - self.years_, 0, None)
        return ages

    def _read_age(self, X: Floats) -> Floats:  # noqa: N803
        """Age in years (n,); a typical one where the year is unknown."""
        age = self.reference_year_ - X[:, AT["model_year"]]
        clipped = np.clip(age, 0, self.scales_["age_knots"][-1])
        return np.where(np.isnan(age), self.scales_["typical_age"], clipped)

    def _read_km(self, X: Floats, age: Floats) -> Floats:  # noqa: N803
        """Kilometres on a scale that flattens out; what is usual at that age where unknown."""
        km = X[:, AT["mileage_km"]]
        usual = self.scales_["km_per_year"] * np.minimum(age, 20)
        return scale_km(self.scales_, np.where(np.isnan(km), usual, km))

    def _count_back(self, years: Floats) -> Places:
        """Years counted back from the newest that may be asked for."""
        back = np.clip(self.reference_year_ + 2 - years, 0, BANDED_YEARS - 1)
        return np.asarray(back, dtype=np.intp)

    def _band(self, width: int, shift: int = 0) -> Places:
        """The band of each year of the curves (years,)."""
        return (self._count_back(self.years_) + shift) // width

    def _version(self, X: Floats) -> Places:  # noqa: N803
        version: Places = find_cells(X, "model") * count_versions() + number_versions(X)
        return version

    def _place_make(self, X: Floats) -> Places:  # noqa: N803
        """Row of each car in the tables of kilometres."""
        (first,) = VERSIONS[:1]
        return find_cells(X, "make") * table_size(first) + find_cells(X, first)


def read_decades(age: Floats) -> Floats:
    """Age in decades, 0 at ten years."""
    return np.minimum(age, 30) / 10 - 1
