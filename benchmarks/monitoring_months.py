"""What monitoring finds in simulated months of a market whose truth is known.

`monitoring_months.py [MONTHS]` prints both tables of docs/monitoring.md: false alarms in so many
calm and seasonal months, and when a change is noticed. Every month has a thousand adverts that
come as a file, slips of the keyboard included, and is held against what a version learnt from
20,000 adverts. Versions differ from run to run of a table, so that no table rests on one draw.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.random import Generator

from carprice.evaluation.checks import Check, MonitoringPolicy
from carprice.listings.cleaning import Cleaned, clean
from carprice.listings.quality import build_profile
from carprice.listings.reading import read_listings
from carprice.market.listing import TARGET
from carprice.monitoring.look import Batch, Learnt, Look, look
from carprice.params import read_params
from carprice.pricing.split import Split, split
from carprice.pricing.training import fit
from carprice.simulation.dirt import RawForm, to_raw_form
from carprice.simulation.drawing import draw_listings

PARAMS = read_params(Path(__file__).parents[1])
POLICY = MonitoringPolicy()
LEARNT_ROWS, MONTH_ROWS = 20_000, 1_000
FEW_MONTHS = 500
VERSIONS = 4
SEASON = 0.2
"""How far the odds of new, of automatic and of not diesel cars swing over a year, each way, on the
log scale: at the most, half of the cars become 55 %."""
MAKE = "Dacia"

Change = Callable[[pd.DataFrame, float, Generator], pd.DataFrame]


class Year(NamedTuple):
    """Months in a row under one version; `strength` of each, such as 0.05 for 5 %."""

    version: int
    seed: int
    change: Change
    strengths: tuple[float, ...]


def stay_calm(adverts: pd.DataFrame, _strength: float, _rng: Generator) -> pd.DataFrame:
    return adverts


def turn_season(adverts: pd.DataFrame, strength: float, rng: Generator) -> pd.DataFrame:
    """New, automatic and diesel cars more or less often, by the time of the year."""
    more = draw_listings(2 * MONTH_ROWS, seed=int(rng.integers(2**31)))
    adverts = pd.concat([adverts, more], ignore_index=True)
    new = adverts["model_year"] > adverts["model_year"].median()
    kinds = (new, adverts["gearbox"] == "automatic", adverts["fuel"] != "diesel")
    odds = np.exp(strength * sum(np.where(kind, 0.5, -0.5) for kind in kinds))
    return adverts.sample(MONTH_ROWS, weights=odds, random_state=rng)


def raise_prices(adverts: pd.DataFrame, strength: float, _rng: Generator) -> pd.DataFrame:
    return _price(adverts, 1 + strength, slice(None))


def drop_make(adverts: pd.DataFrame, strength: float, _rng: Generator) -> pd.DataFrame:
    """Prices of the most frequent make fall."""
    return _price(adverts, 1 - strength, adverts["make"] == MAKE)


def bring_electric(adverts: pd.DataFrame, strength: float, rng: Generator) -> pd.DataFrame:
    """A share of the adverts is of electric cars."""
    arriving = rng.random(len(adverts)) < strength
    arrived = draw_electric().sample(int(arriving.sum()), random_state=rng)
    return pd.concat([adverts[~arriving], arrived])


@cache
def draw_electric() -> pd.DataFrame:
    """The electric cars of a large market: one advert in six hundred."""
    adverts = draw_listings(200_000, seed=1_000_000)
    return adverts[adverts["fuel"] == "electric"]


def type_thousands(adverts: pd.DataFrame, strength: float, rng: Generator) -> pd.DataFrame:
    """Kilometres of a share of the adverts are typed in thousands."""
    month = adverts.copy()
    typed = rng.random(len(month)) < strength
    month["mileage_km"] = month["mileage_km"].mask(typed, (month["mileage_km"] / 1000).round())
    return month


CHANGES: dict[str, Change] = {
    "all prices rise": raise_prices,
    f"prices of one make ({MAKE}) fall": drop_make,
    "electric cars arrive": bring_electric,
    "kilometres typed in thousands": type_thousands,
}


def follow(year: Year) -> list[Look]:
    """The looks at the months of a year, each with what the one before saw."""
    learnt, looks = learn(year.version), list[Look]()
    before: Sequence[Check] = ()
    for month, strength in enumerate(year.strengths):
        rng = np.random.default_rng([year.seed, month])
        seed = int(rng.integers(2**31))
        adverts = draw_listings(MONTH_ROWS, seed)
        changed = year.change(adverts, strength, rng).reset_index(drop=True)
        looks.append(look(learnt, Batch.of(export_and_clean(changed, seed)), POLICY, before))
        before = looks[-1].checks
    return looks


LEARNT: dict[int, Learnt] = {}


def learn(version: int) -> Learnt:
    """A version and what it learnt from, trained once in each process."""
    if version not in LEARNT:
        cleaned = export_and_clean(draw_listings(LEARNT_ROWS, version), version)
        training, _ = split(cleaned.kept, PARAMS.split.holdout_share)
        LEARNT[version] = Learnt.of(
            fit(training, PARAMS.model),
            cleaned.kept,
            Split(PARAMS.split.holdout_share),
            build_profile(cleaned.parsed, cleaned.kept),
        )
    return LEARNT[version]


def export_and_clean(adverts: pd.DataFrame, seed: int) -> Cleaned:
    """Adverts as they come back from a file of the site with units."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "month.csv")
        pd.concat(to_raw_form(adverts, RawForm.WITH_UNITS, seed)).to_csv(path, index=False)
        return clean(read_listings(path))


def count_alarms(pool: ProcessPoolExecutor, months: int) -> Iterator[tuple[str, int, int, str]]:
    """Name, months, false alarms, and what was found in them."""
    years = -(-months // 12)
    swing = tuple(SEASON * float(np.sin(2 * np.pi * month / 12)) for month in range(12))
    for name, change, strengths in (
        ("calm", stay_calm, (0.0,) * 12),
        ("seasonal", turn_season, swing),
    ):
        todo = [Year(seed % VERSIONS, seed, change, strengths) for seed in range(years)]
        looks = [each for year in tell(name, pool.map(follow, todo), years) for each in year]
        alarms = [each for each in looks if each.verdict != "none"]
        found = sorted({f"{it.kind} {it.name}".strip() for each in alarms for it in each.found})
        yield name, len(looks), len(alarms), ", ".join(found)


def time_changes(pool: ProcessPoolExecutor, runs: int) -> Iterator[tuple[str, str, list[Look]]]:
    """Name, strength, and the looks of each run at two months in a row."""
    for name, change in CHANGES.items():
        for strength in (0.05, 0.1):
            todo = [
                Year(seed % VERSIONS, 10_000 + seed, change, (strength,) * 2)
                for seed in range(runs)
            ]
            for looks in tell(f"{name}, {strength:.0%}", pool.map(follow, todo), runs):
                yield name, f"{strength:.0%}", looks


def tell(what: str, results: Iterator[list[Look]], total: int) -> Iterator[list[Look]]:
    for number, result in enumerate(results, 1):
        print(f"\r{what}: {number} of {total} ", end="", file=sys.stderr, flush=True)
        yield result
    print(file=sys.stderr)


def find_rise(pool: ProcessPoolExecutor, runs: int) -> pd.Series:
    """In which month of prices that rise by 1 % a month each run noticed it."""
    rising = tuple(1.01**month - 1 for month in range(1, 13))
    todo = [Year(seed % VERSIONS, 20_000 + seed, raise_prices, rising) for seed in range(runs)]
    return pd.Series(
        [
            next((at for at, each in enumerate(looks, 1) if each.verdict != "none"), 13)
            for looks in tell("prices rise by 1 % a month", pool.map(follow, todo), runs)
        ]
    )


def main(months: int) -> None:
    with ProcessPoolExecutor(2) as pool:
        print(
            "| months | looked at | false alarms | share | what was found |\n|---|---|---|---|---|"
        )
        for name, looked, alarms, found in count_alarms(pool, months):
            print(f"| {name} | {looked} | {alarms} | {alarms / looked:.1%} | {found or '–'} |")
        print_changes(pool, max(10, months // 25))


def print_changes(pool: ProcessPoolExecutor, runs: int) -> None:
    print(f"\n| change, {runs} runs each | size | in its month | within two | *act* within two |")
    print("|---|---|---|---|---|")
    rows = pd.DataFrame(
        [
            (name, size, first.verdict != "none", "act" in (first.verdict, second.verdict),
             first.verdict != "none" or second.verdict != "none")
            for name, size, looks in time_changes(pool, runs)
            for first, second in pairwise(looks)
        ],
        columns=["name", "size", "first", "act", "either"],
    )  # fmt: skip
    shares = rows.groupby(["name", "size"], sort=False)[["first", "either", "act"]].mean()
    for (name, size), (first, either, act) in shares.iterrows():
        print(f"| {name} | {size} | {first:.0%} | {either:.0%} | {act:.0%} |")
    noticed = find_rise(pool, max(5, runs // 4))
    print(f"\nPrices that rise by 1 % a month are noticed in month {noticed.median():.0f} in the "
          f"median, in month {noticed.max()} at the latest.")  # fmt: skip


def _price(adverts: pd.DataFrame, factor: float, rows: slice | pd.Series) -> pd.DataFrame:
    adverts = adverts.copy()
    adverts.loc[rows, TARGET] = (adverts.loc[rows, TARGET] * factor / 100).round() * 100
    return adverts


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else FEW_MONTHS)
