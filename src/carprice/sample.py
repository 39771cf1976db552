"""The sample market shipped with the project: simulated adverts with the dirt of real ones.

Adverts are drawn from aggregate facts of the Moroccan market (`sample_market.json`, written by
`scripts/build_sample_market.py` from a real crawl; no row of it stands for fewer than five cars).
They are for trying the product out: a score measured on simulated adverts says nothing about
real ones, hence `Annonce simulée` in every file. Equipment, cities and districts are invented:
the crawl does not hold them.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from carprice.cleaning import THOUSANDS
from carprice.dataset import CHUNK_ROWS, UTF_8_MARK
from carprice.listing import BY_NAME, EQUIPMENT, FIELDS, TARGET, Field, Kind
from carprice.whole_files import replacing

Floats = NDArray[np.float64]
Places = NDArray[np.intp]

MARKET = "sample_market.json"
AGE_NOW = BY_NAME["model_year"].maximum
"""Model year of a car of age 0."""
UNKNOWN = "unknown"
OPTIONAL = ("origin", "condition", "first_owner", "doors", "fiscal_power_cv")
"""Details that an advert may leave out, in the order of the table's patterns."""

MEDIAN_OF_T4 = 0.741
"""Median of the absolute value of Student's t with four degrees of freedom."""
TYPICAL_PRICE, TYPICAL_AGE = 160_000, 8
LOG_KM = 1e4
"""Kilometres are drawn on the scale log(1 + km / LOG_KM): linear at first, then logarithmic."""
ROUND_PRICES = 0.48
"""Share of sellers who think in steps of 5,000 DH rather than 1,000, as the prices show."""

EQUIPMENT_SHARES: Mapping[str, float] = MappingProxyType(
    {
        "alloy_wheels": 0.70, "airbags": 0.92, "air_conditioning": 0.95, "navigation": 0.45,
        "sunroof": 0.15, "leather_seats": 0.30, "parking_sensors": 0.55, "reversing_camera": 0.35,
        "electric_windows": 0.93, "abs": 0.93, "esp": 0.75, "cruise_control": 0.55,
        "speed_limiter": 0.55, "audio_bluetooth": 0.85, "trip_computer": 0.80,
        "remote_locking": 0.90,
    }
)  # fmt: skip
"""Invented: how many cars of typical price and age have it."""
CITIES: Mapping[str, float] = MappingProxyType(
    {
        "Casablanca": 0.36, "Rabat": 0.12, "Marrakech": 0.10, "Tanger": 0.10, "Fès": 0.08,
        "Agadir": 0.08, "Salé": 0.05, "Meknès": 0.04, "Kénitra": 0.04, "Oujda": 0.03,
    }
)  # fmt: skip
"""Invented, in the order of the cities' sizes."""
DISTRICTS = ("Autre secteur", "Centre Ville")

UNPRICED = "Demander le prix"
AT_LEAST = "Plus de"
OR_OLDER = "ou plus ancien"
YES_NO = MappingProxyType({1.0: "Oui", 0.0: "Non"})
UNKNOWN_GEARBOX: Mapping[int, str] = MappingProxyType({1: "", 2: "--"})
MAX_NAMED_POWER = 41
MILEAGE_FILLER = 999_999
NARROW_SPACE = "\u202f"
LINE_NUMBER, DISTRICT = "", "Secteur"
"""Columns of raw form 2 that are no field of a listing."""
BAND_WIDTHS = {100_000: 5_000, 200_000: 10_000}
WIDEST_BAND = 50_000


@dataclass(frozen=True)
class Market:
    """The table of aggregate facts as arrays; V variants, K age knots, Q quantiles.

    facts: the sections that hold for the whole market, as in the file.
    variants: one row for each make, model, fuel and gearbox, with number of `cars`.
    curves: log price in DH by age knot, (V, K); ages: quantiles of age in years, (V, Q).
    """

    facts: dict[str, Any]
    variants: pd.DataFrame
    curves: Floats
    ages: Floats


@lru_cache(maxsize=1)
def load_market() -> Market:
    """Read the table that lies beside this module."""
    facts = json.loads(files("carprice").joinpath(MARKET).read_text(encoding="utf-8"))
    variants = pd.DataFrame(facts["variants"], columns=facts["variant_columns"])
    return Market(
        facts=facts,
        variants=variants,
        curves=np.log(np.array(variants["prices"].tolist()) * 1000),
        ages=np.array(variants["ages"].tolist()),
    )


def scale_age(age: Floats) -> Floats:
    """Age on the scale of the table's slopes: 0 at eight years, 1 at sixteen."""
    return (age - TYPICAL_AGE) / TYPICAL_AGE


def draw_listings(rows: int, seed: int) -> pd.DataFrame:
    """Draw a clean table of `rows` priced adverts, columns as in `listing.FIELDS`, index 0..rows-1.

    Details are left out as often and as jointly as in real adverts; everything else is known.
    The same rows and seed give the same table.
    """
    market, rng = load_market(), np.random.default_rng(seed)
    cars = market.variants["cars"].to_numpy(dtype=float)
    at = rng.choice(len(cars), rows, p=cars / cars.sum())
    ages = _draw_between(market.ages, at, market.facts["quantile_levels"], rng)
    age = np.rint(ages).clip(0, AGE_NOW - BY_NAME["model_year"].minimum)
    columns: dict[str, Any] = {
        name: _take(market.variants[name].tolist(), at)
        for name in ("make", "model", "fuel", "gearbox")
    }
    columns["model_year"] = AGE_NOW - age
    columns["mileage_km"] = _draw_mileage(market, at, age, rng)
    columns |= _draw_details(market, at, age, rng)
    log_price = _expect_log_price(market, at, age, columns)
    columns |= _draw_equipment(log_price, age, rng)
    columns[TARGET] = _draw_price(market, at, age, log_price, rng)
    columns["city"] = _take(list(CITIES), _pick([CITIES], np.zeros(rows, dtype=np.intp), rng))
    columns["link"] = pd.Series(
        [f"https://example.invalid/annonces/{seed}-{number}" for number in range(rows)], dtype="str"
    )
    columns["simulated"] = np.ones(rows)
    return pd.DataFrame({each.name: columns[each.name] for each in FIELDS})


def to_raw_form(frame: pd.DataFrame, form: int, seed: int) -> pd.DataFrame:
    """Write clean adverts as the market does, with its dirt: texts under French headers.

    Form 1 says prices as `173 000 DH` and repeats few adverts; form 2 has bands of kilometres,
    equipment and places, and each advert two to four times. Both shuffle the lines; the index
    tells which advert of `frame` a line shows. An unknown value is an empty text.
    """
    soiled, lines = _soil(frame, form, seed)
    return _spell(soiled, lines, form, first_line=0)


def write_sample(path: Path, rows: int, seed: int, form: int = 1) -> None:
    """Write `rows` drawn adverts in raw form 1 or 2 as a CSV file in UTF-8.

    The file has more lines than adverts, as some stand repeatedly: 2.5 % more in form 1, three
    times as many in form 2. Form 1 begins with a byte-order mark. Raises DatasetError when the
    disk refuses.
    """
    soiled, lines = _soil(draw_listings(rows, seed), form, seed)
    with replacing(path) as file:
        file.write(UTF_8_MARK if form == 1 else b"")
        for start in range(0, len(lines), CHUNK_ROWS):
            raw = _spell(soiled, lines[start : start + CHUNK_ROWS], form, first_line=start)
            text = raw.to_csv(index=False, header=start == 0, lineterminator="\n")
            file.write(text.encode())


def _draw_between(quantiles: Floats, at: Places, levels: Sequence[float], rng: Generator) -> Floats:
    """Draw from the distribution whose quantiles stand in the row `at` of each draw."""
    return _interpolate(quantiles, at, np.asarray(levels), rng.random(len(at)))


def _interpolate(curves: Floats, at: Places, knots: Floats, where: Floats) -> Floats:
    """Value of the curve in row `at` of (curves, knots), straight between its knots."""
    inside = np.clip(where, knots[0], knots[-1])
    left = np.searchsorted(knots, inside, side="right").clip(1, len(knots) - 1) - 1
    part = (inside - knots[left]) / (knots[left + 1] - knots[left])
    value: Floats = curves[at, left] * (1 - part) + curves[at, left + 1] * part
    return value


def _pick(shares: Sequence[Mapping[str, float]], group: Places, rng: Generator) -> Places:
    """Draw one position among the shares of each row's group; groups may differ in length."""
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


def _take(texts: Sequence[str], at: Places) -> pd.Series:
    """The text at each place, as a `str` column; place -1 is the last text."""
    return pd.Series(texts, dtype="str").take(at).reset_index(drop=True)


def _draw_mileage(market: Market, at: Places, age: Floats, rng: Generator) -> Floats:
    """Kilometres: quantiles of the age's band around the usual of the age and the variant."""
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


def _draw_details(market: Market, at: Places, age: Floats, rng: Generator) -> dict[str, pd.Series]:
    """The details an advert may leave out, missing together as the patterns of the table say."""
    facts = market.facts
    drawn: dict[str, pd.Series] = {}
    bands = np.digitize(age, facts["age_bands"])
    for name, shares in facts["detail_shares"].items():
        values = list(shares[0])
        drawn[name] = _take(values, _pick(shares, bands, rng))
    drawn["first_owner"] = drawn["first_owner"].astype("float64")
    three = market.variants["three_doors"].to_numpy(dtype=float)[at]
    drawn["doors"] = pd.Series(np.where(rng.random(len(at)) < three, 3.0, 5.0))
    drawn["fiscal_power_cv"] = pd.Series(_draw_fiscal_power(market, at, rng))
    patterns = list(facts["missing_details"])
    pattern = _pick([facts["missing_details"]], np.zeros(len(at), dtype=np.intp), rng)
    given = np.array([[mark == "1" for mark in each] for each in patterns])[pattern]
    return {name: drawn[name].where(given[:, k]) for k, name in enumerate(OPTIONAL)}


def _draw_fiscal_power(market: Market, at: Places, rng: Generator) -> Floats:
    """Fiscal power in CV; unknown where the table knows none of the variant."""
    shares = [each or {"nan": 1.0} for each in market.variants["fiscal_shares"]]
    widest = max(len(each) for each in shares)
    values = np.array([[*map(float, each), *[np.nan] * (widest - len(each))] for each in shares])
    drawn: Floats = values[at, _pick(shares, at, rng)]
    return drawn


def _expect_log_price(
    market: Market, at: Places, age: Floats, columns: Mapping[str, Any]
) -> Floats:
    """Log price in DH that the table expects of each advert, before its own whim."""
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
    """Equipment, likelier on dearer and newer cars: 1 or 0."""
    means = (log_price - np.log(TYPICAL_PRICE)) - scale_age(age)
    drawn = {}
    for name in EQUIPMENT:
        share = EQUIPMENT_SHARES[name]
        odds = np.log(share / (1 - share)) + means
        drawn[name] = (rng.logistic(size=len(age)) < odds).astype("float64")
    return drawn


def _draw_price(
    market: Market, at: Places, age: Floats, log_price: Floats, rng: Generator
) -> Floats:
    """Asking price in DH: heavy-tailed around what is expected, rounded as sellers do."""
    spread = market.variants["spread"].to_numpy(dtype=float)[at] / MEDIAN_OF_T4
    spread *= np.array(market.facts["spread_by_age"])[np.digitize(age, market.facts["age_bands"])]
    price = np.exp(log_price + rng.standard_t(4, len(at)) * spread)
    step = np.where((rng.random(len(at)) < ROUND_PRICES) & (price > 50_000), 5_000, 1_000)
    target = BY_NAME[TARGET]
    rounded: Floats = (np.rint(price / step) * step).clip(target.minimum, target.maximum)
    return rounded


def _soil(frame: pd.DataFrame, form: int, seed: int) -> tuple[pd.DataFrame, Places]:
    """Adverts with the market's slips, still as numbers and codes, and the advert of each line."""
    rates, rng = load_market().facts["dirt"], np.random.default_rng([seed, form])

    def struck(fault: str) -> NDArray[np.bool_]:
        struck_rows: NDArray[np.bool_] = rng.random(len(frame)) < rates[fault]
        return struck_rows

    soiled = frame.copy()
    price = frame[TARGET].mask(struck("price_times_ten"), frame[TARGET] * 10)
    price = price.mask(struck("price_tenth"), (frame[TARGET] / 10).round())
    soiled[TARGET] = price.mask(struck("unpriced"))
    if form == 1:
        soiled["mileage_km"] = _soil_mileage(frame, struck)
    soiled["gearbox"] = frame["gearbox"].mask(struck("gearbox_unknown"))
    blank = struck("blank")
    for name in (each.name for each in FIELDS if each.name not in (TARGET, "link", "simulated")):
        soiled[name] = soiled[name].mask(blank)
    copies = struck("repeated") if form == 1 else rng.integers(1, 4, len(frame))
    lines = np.repeat(np.arange(len(frame)), 1 + copies)
    return soiled, rng.permutation(lines)


def _soil_mileage(frame: pd.DataFrame, struck: Callable[[str], NDArray[np.bool_]]) -> pd.Series:
    """Kilometres of cars that are not new typed in thousands or not at all, and fillers."""
    mileage = frame["mileage_km"]
    aged = frame["model_year"] < AGE_NOW - 1
    typed_short = aged & (mileage >= 10_000) & struck("mileage_in_thousands")
    return (
        mileage.mask(typed_short, (mileage / 1000).round())
        .mask(aged & struck("mileage_zero"), 0)
        .mask(struck("mileage_filler"), MILEAGE_FILLER)
    )


def _spell(soiled: pd.DataFrame, lines: Places, form: int, first_line: int) -> pd.DataFrame:
    """Texts of the given lines under the headers of a raw form."""
    shown = soiled.iloc[lines]
    raw = pd.DataFrame(
        {
            _header(each, form): _spell_column(shown[each.name], each, form)
            for each in FIELDS
            if form == 2 or each.name not in (*EQUIPMENT, "city", "link")
        }
    )
    if form == 2:
        numbers = np.arange(first_line, first_line + len(lines))
        raw.insert(0, LINE_NUMBER, pd.Series(numbers).astype("str"))
        # A district goes with the advert, so that its copies stay copies.
        raw[DISTRICT] = _take(DISTRICTS, lines % len(DISTRICTS))
    return raw.set_axis(shown.index)


def _header(each: Field, form: int) -> str:
    return each.headers[0] if form == 1 and each.name == TARGET else each.label


def _spell_column(column: pd.Series, each: Field, form: int) -> pd.Series:
    """Texts of one field, each distinct value spelt once."""
    codes, values = pd.factorize(column)
    unknown = {TARGET: UNPRICED if form == 1 else "", "gearbox": UNKNOWN_GEARBOX[form]}
    texts = [_spell_value(value, each, form) for value in values]
    return _take([*texts, unknown.get(each.name, "")], codes)


def _spell_value(value: Any, each: Field, form: int) -> str:
    """French wording of one known value, as a number where the form says no more."""
    match each.kind:
        case Kind.TEXT:
            text = str(value)
        case Kind.CHOICE:
            text = each.choices[value]
        case Kind.YES_NO:
            text = YES_NO[value]
        case Kind.MILEAGE if form == 2:
            text = _spell_band(value)
        case Kind.PRICE if form == 1:
            text = f"{value:,.0f} {each.unit}".replace(",", NARROW_SPACE)
        case _:
            text = _spell_number(value, each, form)
    return text


def _spell_number(value: float, each: Field, form: int) -> str:
    if each.name == "model_year" and value <= each.minimum:
        return f"{value:.0f} {OR_OLDER}"
    if each.name == "fiscal_power_cv" and form == 1:
        least = f"{AT_LEAST} {MAX_NAMED_POWER}"
        return f"{least if value > MAX_NAMED_POWER else format(value, '.0f')} {each.unit}"
    return f"{value:.0f}"


def _spell_band(mileage_km: float) -> str:
    """The band of kilometres a site offers, wider for higher mileage: `200 000 - 249 999`."""
    width = next((w for limit, w in BAND_WIDTHS.items() if mileage_km < limit), WIDEST_BAND)
    start = mileage_km // width * width
    return f"{start:,.0f} - {start + width - 1:,.0f}".replace(",", " ")
