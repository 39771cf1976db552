"""Clean simulated adverts, drawn from aggregate facts of the Moroccan market.

The facts stand in `morocco.json`, written by `scripts/build_sample_market.py` from a real crawl;
no row of it stands for fewer than five cars. Equipment and cities are invented: the crawl does
not hold them. The adverts are for trying the product out: a score measured on them says nothing
about real ones, hence `Annonce simulée` in every file.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.random import Generator

from carprice.arrays import Floats, Places
from carprice.listings.cleaning import THOUSANDS
from carprice.market.listing import BY_NAME, EQUIPMENT, FIELDS, TARGET, TEXTUAL
from carprice.simulation.facts import MarketFacts, find_simulation, load_market

UNKNOWN = "unknown"
OPTIONAL = ("origin", "condition", "first_owner", "doors", "fiscal_power_cv")
"""Details that an advert may leave out, in the order of the table's patterns."""

MEDIAN_OF_T4 = 0.741
"""Median of the absolute value of Student's t with four degrees of freedom."""
TYPICAL_AGE = 8
LOG_KM = 1e4
"""Kilometres are drawn on the scale log(1 + km / LOG_KM): linear at first, then logarithmic."""
ROUND_PRICES = 0.48
"""Share of sellers who think in steps of 5,000 DH rather than 1,000, as the prices show."""


def scale_age(age: Floats) -> Floats:
    """Age on the scale of the table's slopes: 0 at eight years, 1 at sixteen."""
    return (age - TYPICAL_AGE) / TYPICAL_AGE


def draw_listings(rows: int, seed: int) -> pd.DataFrame:
    """A clean table of `rows` priced adverts: columns FIELDS, index 0..rows-1.

    Details are left out as often and as jointly as in real adverts; everything else is known.
    The same rows and seed give the same table.
    """
    market, rng = load_market(), np.random.default_rng(seed)
    simulation = find_simulation()
    cars = market.variants["cars"].to_numpy(dtype=float)
    at = rng.choice(len(cars), rows, p=cars / cars.sum())
    ages = _draw_between(market.ages, at, market.facts["quantile_levels"], rng)
    age = np.rint(ages).clip(0, simulation.year - BY_NAME["model_year"].minimum)
    columns: dict[str, Any] = {
        name: take(market.variants[name].tolist(), at)
        for name in ("make", "model", "fuel", "gearbox")
    }
    columns["model_year"] = simulation.year - age
    columns["mileage_km"] = _draw_mileage(market, at, age, rng)
    columns |= _draw_details(market, at, age, rng)
    log_price = _expect_log_price(market, at, age, columns)
    columns |= _draw_equipment(log_price, age, rng)
    columns[TARGET] = _draw_price(market, at, age, log_price, rng)
    cities = simulation.cities
    columns["city"] = take(list(cities), _pick([cities], np.zeros(rows, dtype=np.intp), rng))
    columns["link"] = pd.Series(
        [f"https://example.invalid/annonces/{seed}-{number}" for number in range(rows)], dtype="str"
    )
    columns["simulated"] = np.ones(rows)
    # What the facts do not tell of, such as a field that was added, no advert says.
    silent = {
        each.name: pd.Series(np.nan, range(rows), dtype="str" if each.name in TEXTUAL else float)
        for each in FIELDS
        if each.name not in columns
    }
    return pd.DataFrame({each.name: (columns | silent)[each.name] for each in FIELDS})


def _draw_between(quantiles: Floats, at: Places, levels: Sequence[float], rng: Generator) -> Floats:
    """One draw each from the distributions with `quantiles[at]` at `levels`, shape (n,)."""
    return _interpolate(quantiles, at, np.asarray(levels), rng.random(len(at)))


def _interpolate(curves: Floats, at: Places, knots: Floats, where: Floats) -> Floats:
    """Value at `where` of the curve in row `at`, linear between its knots, shape (n,)."""
    inside = np.clip(where, knots[0], knots[-1])
    left = np.searchsorted(knots, inside, side="right").clip(1, len(knots) - 1) - 1
    part = (inside - knots[left]) / (knots[left + 1] - knots[left])
    value: Floats = curves[at, left] * (1 - part) + curves[at, left + 1] * part
    return value


def _pick(shares: Sequence[Mapping[str, float]], group: Places, rng: Generator) -> Places:
    """One position drawn by the shares of each row's group; groups may differ in length."""
    widest = max(len(each) for each in shares)
    limits = np.ones((len(shares), widest))
    for row, each in zip(limits, shares, strict=True):
        row[: len(each)] = np.cumsum(list(each.values())) / sum(each.values())
        row[len(each) - 1 :] = 1
    drawn = rng.random(len(group))
    place = np.zeros(len(group), dtype=np.intp)
    for limit in limits.T[:-1]:
        place += drawn >= limit[group]
    return place


def take(texts: Sequence[str], at: Places) -> pd.Series:
    """The text at each place, as a `str` column; place -1 is the last text."""
    return pd.Series(texts, dtype="str").take(at).reset_index(drop=True)


def _draw_mileage(market: MarketFacts, at: Places, age: Floats, rng: Generator) -> Floats:
    """Kilometres, spread around what is usual for the age and the variant."""
    facts = market.facts
    bands = np.digitize(age, facts["age_bands"])
    quantiles = np.array(facts["mileage_quantiles"])
    usage = _draw_between(quantiles, bands, facts["quantile_levels"], rng)
    usual = np.interp(age, facts["age_knots"], facts["log_mileage"])
    usage += market.variants["usage"].to_numpy(dtype=float)[at]
    mileage = np.expm1(np.maximum(usual + usage, 0)) * LOG_KM
    rounded = np.where(mileage < 10_000, np.rint(mileage / 100) * 100, np.rint(mileage / 1e3) * 1e3)
    # Below a thousand, a car that is not new would be read as typed in thousands.
    least = np.where(age > 1, THOUSANDS[1] + 1, 0)
    clipped: Floats = rounded.clip(least, BY_NAME["mileage_km"].maximum // 1000 * 1000)
    return clipped


def _draw_details(
    market: MarketFacts, at: Places, age: Floats, rng: Generator
) -> dict[str, pd.Series]:
    """The OPTIONAL details, missing together as often as in real adverts."""
    facts = market.facts
    drawn: dict[str, pd.Series] = {}
    bands = np.digitize(age, facts["age_bands"])
    for name, shares in facts["detail_shares"].items():
        values = list(shares[0])
        drawn[name] = take(values, _pick(shares, bands, rng))
    drawn["first_owner"] = drawn["first_owner"].astype("float64")
    three = market.variants["three_doors"].to_numpy(dtype=float)[at]
    drawn["doors"] = pd.Series(np.where(rng.random(len(at)) < three, 3.0, 5.0))
    drawn["fiscal_power_cv"] = pd.Series(_draw_fiscal_power(market, at, rng))
    patterns = list(facts["missing_details"])
    pattern = _pick([facts["missing_details"]], np.zeros(len(at), dtype=np.intp), rng)
    given = np.array([[mark == "1" for mark in each] for each in patterns])[pattern]
    return {name: drawn[name].where(given[:, k]) for k, name in enumerate(OPTIONAL)}


def _draw_fiscal_power(market: MarketFacts, at: Places, rng: Generator) -> Floats:
    """Fiscal power in CV; NaN where the facts hold none for the variant."""
    shares = [each or {"nan": 1.0} for each in market.variants["fiscal_shares"]]
    widest = max(len(each) for each in shares)
    values = np.array([[*map(float, each), *[np.nan] * (widest - len(each))] for each in shares])
    drawn: Floats = values[at, _pick(shares, at, rng)]
    return drawn


def _expect_log_price(
    market: MarketFacts, at: Places, age: Floats, columns: Mapping[str, Any]
) -> Floats:
    """Expected log price (DH) of each advert, without its noise, shape (n,)."""
    facts, knots = market.facts, np.array(market.facts["age_knots"])
    effect = facts["mileage_effect"]
    usual = np.interp(age, knots, facts["log_mileage"])
    distance = (columns["mileage_km"] - np.expm1(usual) * LOG_KM) / 1e5
    expected = _interpolate(market.curves, at, knots, age)
    expected += np.interp(age, knots, effect["below"]) * np.minimum(distance, 0)
    expected += np.interp(age, knots, effect["above"]) * np.maximum(distance, 0)
    slope = market.variants["fiscal_slope"].to_numpy(dtype=float)[at]
    fiscal_usual = market.variants["fiscal_usual"].to_numpy(dtype=float)[at]
    expected += np.nan_to_num(slope * np.log(columns["fiscal_power_cv"].to_numpy() / fiscal_usual))
    for name, effects in facts["detail_effects"].items():
        expected += _weigh_detail(columns[name], effects, age)
    return expected


def _weigh_detail(column: pd.Series, effects: Mapping[str, Sequence[float]], age: Floats) -> Floats:
    """Effect of a detail's value on the log price: a level and its change over eight years."""
    codes, values = pd.factorize(column)
    # The last row answers to the code -1, unknown; a value without an effect has none.
    pairs = np.array([effects.get(str(key), (0, 0)) for key in [*values, UNKNOWN]])
    total: Floats = pairs[codes, 0] + pairs[codes, 1] * scale_age(age)
    return total


def _draw_equipment(log_price: Floats, age: Floats, rng: Generator) -> dict[str, Floats]:
    """Equipment as 1 or 0, likelier on dearer and newer cars."""
    simulation = find_simulation()
    means = (log_price - np.log(simulation.typical_price)) - scale_age(age)
    drawn = {}
    for name in EQUIPMENT:
        share = simulation.equipment_shares[name]
        odds = np.log(share / (1 - share)) + means
        drawn[name] = (rng.logistic(size=len(age)) < odds).astype("float64")
    return drawn


def _draw_price(
    market: MarketFacts, at: Places, age: Floats, log_price: Floats, rng: Generator
) -> Floats:
    """Asking price in DH: heavy-tailed around the expected one, rounded as by sellers."""
    spread = market.variants["spread"].to_numpy(dtype=float)[at] / MEDIAN_OF_T4
    spread *= np.array(market.facts["spread_by_age"])[np.digitize(age, market.facts["age_bands"])]
    price = np.exp(log_price + rng.standard_t(4, len(at)) * spread)
    step = np.where((rng.random(len(at)) < ROUND_PRICES) & (price > 50_000), 5_000, 1_000)
    target = BY_NAME[TARGET]
    rounded: Floats = (np.rint(price / step) * step).clip(target.minimum, target.maximum)
    return rounded
