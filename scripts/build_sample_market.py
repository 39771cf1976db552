"""Measure the aggregate facts of a real market from which the sample market is drawn.

    uv run python scripts/build_sample_market.py path/to/real_listings.csv

writes `src/carprice/simulation/morocco.json`, which `carprice.simulation` draws from. Run it again
when a newer crawl is at hand; the real file itself is never part of the project.

What the table holds, and what it keeps private: each row of `variants` is a make, model, fuel and
gearbox computed from at least five different cars (column `cars`). Its price curve comes from a
ridge regression in which the model is drawn towards its make and the make towards the whole
market, so a rare model says little of its own. Everything else is counted over the whole market.
"""

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import cg

from carprice.files import replacing
from carprice.listings.cleaning import clean, name_vehicles
from carprice.listings.parsing import Parsed
from carprice.listings.reading import read_listings
from carprice.simulation.drawing import LOG_KM, OPTIONAL, UNKNOWN, scale_age
from carprice.simulation.facts import find_simulation

Floats = NDArray[np.float64]

TABLE = Path(__file__).parents[1] / "src/carprice/simulation" / find_simulation().facts
MIN_CARS = 5
AGE_KNOTS = np.array([1, 2, 3, 4, 6, 8, 10, 12, 15, 20, 28, 40], dtype=float)
"""From 1: cars of this year's model are too few to have a price of their own."""
AGE_BANDS = [2, 4, 7, 11, 17, 26]
QUANTILES = [0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98]
VARIANT = ["make", "model", "fuel", "gearbox"]
RARE = "rare"
PRIOR_CARS = 15
"""How many cars' worth of trust the market has against a variant's own figures."""
SLIP = (np.log(10), 0.5)
"""A price this far from its estimate, in log, is taken for a zero too many or too few."""


@dataclass(frozen=True)
class Term:
    """One group of coefficients: `values` (rows, k), told apart by `key`, drawn to 0 by `ridge`."""

    key: pd.Series
    values: Floats
    ridge: float


@dataclass(frozen=True)
class Fit:
    """Robust ridge regression of the log price: coefficients by term and key, and residuals."""

    coefficients: dict[str, dict[str, Floats]]
    mean: float
    residuals: Floats

    def at(self, term: str, key: str = "") -> Floats:
        return self.coefficients[term][key]


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Write the sample market's table of aggregate facts from real listings.",
        epilog=f"The table is {TABLE.name} in the package; no row stands for fewer than "
        f"{MIN_CARS} cars.",
    )
    parser.add_argument("listings", type=Path, help="CSV file of real listings, any accepted form")
    cleaned = clean(read_listings(parser.parse_args().listings))
    kept = cleaned.kept.reset_index(drop=True)
    table = measure_market(cleaned.parsed, kept, cleaned.dropped)
    with replacing(TABLE) as file:
        file.write(format_table(table).encode())
    print(f"{TABLE.name}: {len(table['variants'])} variants, {TABLE.stat().st_size:,} bytes")


def measure_market(parsed: Parsed, kept: pd.DataFrame, dropped: pd.Series) -> dict[str, Any]:
    """All aggregate facts, by section of the table."""
    kept = add_regressors(kept)
    fit = fit_prices(kept)
    return {
        "about": "Aggregate facts of used-car adverts in Morocco; see scripts/"
        "build_sample_market.py. Prices in thousand DH at the usual mileage of each age.",
        "adverts": len(kept),
        "age_knots": AGE_KNOTS.tolist(),
        "age_bands": AGE_BANDS,
        "quantile_levels": QUANTILES,
        "log_mileage": kept.attrs["log_mileage"],
        "mileage_quantiles": [
            np.quantile(usage.dropna(), QUANTILES).round(3).tolist()
            for _, usage in kept["usage"].groupby(kept["band"])
        ],
        "mileage_effect": measure_mileage_effect(fit),
        "detail_effects": {
            name: {
                key: fit.at(name, key).round(3).tolist()
                for key, adverts in label_values(kept[name]).value_counts().items()
                if adverts >= MIN_CARS and key in fit.coefficients[name]
            }
            for name in OPTIONAL
        },
        "detail_shares": {name: count_details(kept, name) for name in OPTIONAL[:3]},
        "missing_details": count_missing_details(kept),
        "spread_by_age": measure_spread(kept, fit),
        "dirt": measure_dirt(parsed, kept, dropped, fit),
        "variant_columns": [*VARIANT, "cars", "prices", "ages", "usage", "spread", "three_doors",
                            "fiscal_slope", "fiscal_usual", "fiscal_shares"],
        "variants": list_variants(kept, fit),
    }  # fmt: skip


def add_regressors(kept: pd.DataFrame) -> pd.DataFrame:
    """Add age, band of age, usage (log mileage above that age's), keys, fiscal power above usual.

    The usual log mileage at the age knots goes into `attrs`.
    """
    age = find_simulation().year - kept["model_year"]
    logged = np.log1p(kept["mileage_km"] / LOG_KM)
    usual = [
        round(float(logged[(age - knot).abs() <= 1 + knot / 10].median()), 3) for knot in AGE_KNOTS
    ]
    usual_now = np.interp(age, AGE_KNOTS, usual)
    name = kept["make"].str.cat(kept["model"], "|")
    log_fiscal = np.log(kept["fiscal_power_cv"])
    frame = kept.assign(
        age=age,
        band=np.digitize(age, AGE_BANDS),
        usage=logged - usual_now,
        distance=(kept["mileage_km"] - np.expm1(usual_now) * LOG_KM) / 1e5,
        name=name,
        drive=kept["fuel"].str.cat(kept["gearbox"], "|"),
        variant=name.str.cat(kept["fuel"], "|").str.cat(kept["gearbox"], "|"),
        fiscal_above=log_fiscal - log_fiscal.groupby(name).transform("median"),
    )
    frame.attrs["log_mileage"] = usual
    return frame


def hats(age: pd.Series) -> Floats:
    """Piecewise linear basis over the age knots, (rows, knots)."""
    inside = age.clip(AGE_KNOTS[0], AGE_KNOTS[-1])
    return np.stack([np.interp(inside, AGE_KNOTS, row) for row in np.eye(len(AGE_KNOTS))], axis=1)


def list_terms(kept: pd.DataFrame) -> dict[str, Term]:
    """What the log price is explained by; a greater ridge trusts the wider group more."""
    one = np.ones((len(kept), 1))
    slope = scale_age(kept["age"].to_numpy())[:, None]
    by_age = hats(kept["age"])
    distance = kept[["distance"]].fillna(0).to_numpy()
    fiscal = kept[["fiscal_above"]].fillna(0).to_numpy()
    market = pd.Series("", index=kept.index)
    make, model, drive, variant = (kept[key] for key in ("make", "name", "drive", "variant"))
    terms = {
        "market": Term(market, by_age, 0.01),
        "make": Term(make, one, 0.3),
        "make_slope": Term(make, slope, 2),
        "make_shape": Term(make, by_age, 8),
        "model": Term(model, one, 1),
        "model_slope": Term(model, slope, 6),
        "model_shape": Term(model, by_age, 10),
        "drive": Term(drive, one, 0.01),
        "drive_slope": Term(drive, slope, 1),
        "make_drive": Term(make.str.cat(drive, "|"), one, 3),
        "variant": Term(variant, one, 2),
        "variant_slope": Term(variant, slope, 15),
        "distance": Term(market, by_age * distance, 1),
        "far": Term(market, by_age * np.maximum(distance, 0), 3),
        "fiscal": Term(market, fiscal, 0.01),
        "model_fiscal": Term(model, fiscal, 2),
    }
    details = {name: label_values(kept[name]) for name in OPTIONAL}
    # Of fiscal power, the details only say that it is not given; `fiscal` weighs what it is.
    details["fiscal_power_cv"] = details["fiscal_power_cv"].where(kept["fiscal_power_cv"].isna())
    level_and_slope = np.hstack([one, slope])
    return terms | {name: Term(keys, level_and_slope, 0.3) for name, keys in details.items()}


def label_values(column: pd.Series) -> pd.Series:
    return column.astype("object").where(column.notna(), UNKNOWN).astype("str")


def fit_prices(kept: pd.DataFrame, rounds: int = 5) -> Fit:
    """Least absolute deviations by reweighting: a typing slip of the price must not weigh."""
    log_price = np.log(kept["price_mad"].to_numpy())
    terms = list_terms(kept)
    blocks = [build_block(term) for term in terms.values()]
    design = sparse.hstack([block for block, _ in blocks]).tocsr()
    mean, weight = float(log_price.mean()), np.ones(len(kept))
    solution = np.zeros(design.shape[1])
    for _ in range(rounds):
        weighted = design.multiply(weight[:, None]).tocsr()
        normal = design.T @ weighted + sparse.eye(design.shape[1])
        scale = sparse.diags_array(1 / normal.diagonal())
        target = weighted.T @ (log_price - mean)
        solution, _ = cg(normal, target, x0=solution, M=scale, rtol=1e-5)
        residuals = log_price - mean - design @ solution
        deviation = np.abs(residuals) / (1.4826 * np.median(np.abs(residuals)))
        weight = np.where(deviation < 6, 1 / np.maximum(1, deviation), 0)
    coefficients: dict[str, dict[str, Floats]] = {}
    start = 0
    for (name, term), (block, keys) in zip(terms.items(), blocks, strict=True):
        found = solution[start : start + block.shape[1]].reshape(len(keys), -1)
        coefficients[name] = dict(zip(keys, found / np.sqrt(term.ridge), strict=True))
        start += block.shape[1]
    return Fit(coefficients, mean, residuals)


def build_block(term: Term) -> tuple[sparse.csr_array, list[str]]:
    """Sparse columns of one term, scaled so that a unit ridge penalises them as asked."""
    codes, keys = pd.factorize(term.key)
    rows, width = term.values.shape
    known = codes >= 0
    columns = codes[known, None] * width + np.arange(width)
    places = (np.repeat(np.flatnonzero(known), width), columns.ravel())
    values = term.values[known].ravel() / np.sqrt(term.ridge)
    return sparse.csr_array((values, places), shape=(rows, len(keys) * width)), list(keys)


def list_variants(kept: pd.DataFrame, fit: Fit) -> list[list[object]]:
    """One row for each make, model, fuel and gearbox of at least MIN_CARS different cars.

    What a model has in rarer variants is put together and, if that makes cars enough, stands as
    the commonest of them.
    """
    kept = kept.assign(car=name_vehicles(kept))
    rare = kept.groupby("variant")["car"].transform("nunique") < MIN_CARS
    groups = kept.groupby(["name", kept["variant"].mask(rare, RARE)], sort=True)
    rows: list[list[object]] = []
    for (name, _), members in groups:
        cars = members["car"].nunique()
        if cars >= MIN_CARS:
            shown = members[members["variant"] == members["variant"].mode()[0]]
            of_model = kept[kept["name"] == name]
            rows.append([*shown[VARIANT].iloc[0], cars, *describe(members, shown, of_model, fit)])
    return rows


def describe(
    members: pd.DataFrame, shown: pd.DataFrame, of_model: pd.DataFrame, fit: Fit
) -> list[object]:
    """Prices by age, ages, usage, spread, doors and fiscal power of one variant's adverts."""
    count = len(members)
    prices = np.exp(price_curve(shown.iloc[0], fit)) / 1000
    spread = np.abs(fit.residuals[members.index])
    shrunk = (count * np.median(spread) + PRIOR_CARS * np.median(np.abs(fit.residuals))) / (
        count + PRIOR_CARS
    )
    doors = of_model["doors"].dropna()
    slope = fit.at("fiscal")[0] + fit.at("model_fiscal", members["name"].iloc[0])[0]
    return [
        [shorten(price) for price in prices],
        [shorten(age) for age in np.quantile(members["age"], QUANTILES)],
        shorten(members["usage"].median() * count / (count + PRIOR_CARS)),
        shorten(shrunk),
        shorten((doors == 3).sum() / (len(doors) + 1)),
        shorten(slope),
        None if of_model["fiscal_power_cv"].isna().all() else of_model["fiscal_power_cv"].median(),
        count_fiscal_powers(members, of_model),
    ]


def shorten(value: float) -> float:
    """Three digits, two after the point at most, as an integer where it is one."""
    short = round(float(f"{value:.3g}"), 2)
    return int(short) if short == int(short) else short


def price_curve(car: pd.Series, fit: Fit) -> Floats:
    """Log price at the age knots, usual mileage and fiscal power, before the details' effects."""
    slope = scale_age(AGE_KNOTS)
    keys = {"make": car["make"], "model": car["name"]}
    curve = fit.mean + fit.at("market")
    for term, key in keys.items():
        curve = curve + fit.at(term, key) + fit.at(f"{term}_slope", key) * slope
        curve = curve + fit.at(f"{term}_shape", key)
    for term in ("drive", "variant"):
        curve = curve + fit.at(term, car[term]) + fit.at(f"{term}_slope", car[term]) * slope
    return curve + fit.at("make_drive", f"{car['make']}|{car['drive']}")


def count_fiscal_powers(members: pd.DataFrame, of_model: pd.DataFrame) -> dict[str, float]:
    """Shares of the fiscal powers of the variant, or of its model where it names too few.

    A power that one advert alone names is left out.
    """
    counts = members["fiscal_power_cv"].value_counts()
    if counts[counts > 1].sum() < MIN_CARS:
        counts = of_model["fiscal_power_cv"].value_counts()
    counts = counts[counts > 1]
    return {f"{power:g}": round(n / counts.sum(), 2) for power, n in counts.items()}


def measure_mileage_effect(fit: Fit) -> dict[str, list[float]]:
    """Change of log price by age for 100,000 km below and above the usual; never a gain."""
    below, above = fit.at("distance"), fit.at("distance") + fit.at("far")
    return {
        "below": np.minimum(below, 0).round(3).tolist(),
        "above": np.minimum(above, 0).round(3).tolist(),
    }


def measure_spread(kept: pd.DataFrame, fit: Fit) -> list[float]:
    """Typical error of each band of age against that of the whole market."""
    errors = pd.Series(np.abs(fit.residuals))
    return (errors.groupby(kept["band"]).median() / errors.median()).round(2).tolist()


def count_details(kept: pd.DataFrame, name: str) -> list[dict[str, float]]:
    """Shares of a detail's values in each band of age; values of fewer than MIN_CARS left out."""
    counts = kept.groupby("band")[name].value_counts().unstack(fill_value=0)
    counts = counts.loc[:, counts.sum() >= MIN_CARS]
    shares = counts.div(counts.sum(axis=1), axis=0).round(3)
    return [{str(key): share for key, share in row.items()} for _, row in shares.iterrows()]


def count_missing_details(kept: pd.DataFrame) -> dict[str, float]:
    """Share of each pattern of given (1) and missing (0) details, in the order of OPTIONAL."""
    patterns = kept[list(OPTIONAL)].notna().astype("int").astype("str").agg("".join, axis=1)
    counts = patterns.value_counts()
    return {str(pattern): round(n / len(kept), 4) for pattern, n in counts.items() if n >= MIN_CARS}


def measure_dirt(
    parsed: Parsed, kept: pd.DataFrame, dropped: pd.Series, fit: Fit
) -> dict[str, float]:
    """Share of adverts, or of the rows that can have it, with each fault of typing."""
    values, reasons = parsed.values, dropped.value_counts()
    rows = len(values)
    aged = int((values["model_year"] < find_simulation().year - 1).sum())
    faults = {problem.code: int(holds.sum()) for problem, holds in parsed.problems.items()}
    centre, width = SLIP
    rates = {
        "unpriced": reasons["unpriced"] / rows,
        "price_times_ten": np.mean(np.abs(fit.residuals - centre) < width),
        "price_tenth": np.mean(np.abs(fit.residuals + centre) < width),
        "mileage_in_thousands": faults["mileage_km_in_thousands"] / aged,
        "mileage_zero": faults["mileage_km_placeholder"] / aged,
        "mileage_filler": faults["mileage_km_out_of_range"] / rows,
        "repeated": reasons["same_content"] / (len(kept) + reasons["same_content"]),
        "blank": values[["make", "model", "model_year"]].isna().all(axis=1).mean(),
        "gearbox_unknown": values["gearbox"].isna().mean(),
    }
    return {name: round(float(rate), 5) for name, rate in rates.items()}


def format_table(table: dict[str, Any]) -> str:
    """JSON with one line for each section and each variant, for diffs that people can read."""
    lines = [
        f"{json.dumps(name)}: {json.dumps(section, ensure_ascii=False)}"
        for name, section in table.items()
        if name != "variants"
    ]
    rows = table["variants"]
    variants = ",\n".join(
        json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows
    )
    return "{\n" + ",\n".join(lines) + f',\n"variants": [\n{variants}\n]\n}}\n'


if __name__ == "__main__":
    main()
