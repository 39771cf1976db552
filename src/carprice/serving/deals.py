"""Adverts of a file beside their estimates: good deals, what is set apart, the worth of all."""

import csv
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePath
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from carprice.language import Language
from carprice.listings.cleaning import number_contents, parse_listings, select_rows
from carprice.listings.copying import make_harmless
from carprice.listings.near_copies import number_copies
from carprice.listings.parsing import Parsed
from carprice.listings.reading import Upload, gather_listings
from carprice.market.fields import THIS_YEAR, fold
from carprice.market.listing import ESTIMATE_COLUMNS, HOME, TARGET, in_currency
from carprice.pricing.prediction import RARE_BELOW, UNUSABLE, estimate_adverts
from carprice.pricing.price_model import PriceModel
from carprice.pricing.rank import BELIEVED, Stock
from carprice.progress import Progress, be_silent
from carprice.serving.batch import open_bounded
from carprice.wording import spell
from carprice.wording.deals import ADDED, ASIDE, DEALS_FILE, KNOWN, RANK, RANK_ONE, SAVED
from carprice.wording.remarks import RARE_MODEL

MOST_RANKED = 100_000
"""Rows of a file on a page, whose adverts are all in memory at once."""
RAREST = 0.2
"""Of a hundred adverts of such cars, as many as this are as low, where nobody asks for less."""
AGED_YEARS, LEAST_KM_A_YEAR = 3, 1_000
"""A car of that age with fewer kilometres is mostly one whose kilometres were typed wrong."""
ESTIMATED_ROWS = 10_000
AMOUNTS = ("price", "low", "high", "saved")


class Wish(NamedTuple):
    """Which deals are wanted.

    make: a text in it, in any spelling. least_saved: by how much the asking price is lower than
    the estimate. rarest: share of adverts of such cars that are as low, at most. by_saving:
    whether what saves most comes first, and not what is rarest.
    """

    make: str = ""
    least_saved: float = 0
    rarest: float = RAREST
    by_saving: bool = False


class Advert(NamedTuple):
    """One advert beside its estimate, None where a value is unknown: see Deals."""

    row: int
    make: str | None
    model: str | None
    model_year: float | None
    mileage_km: float | None
    link: str | None
    asked: float | None
    price: float | None
    low: float | None
    high: float | None
    rank: float | None
    saved: float | None
    seen: float | None
    remark: str
    aside: str

    @property
    def as_low(self) -> int | None:
        """Adverts in a hundred of such cars that are as low, never fewer than there are."""
        return None if self.rank is None else max(1, math.ceil(100 * self.rank))


class Deals(NamedTuple):
    """Adverts beside their estimates.

    table: one row an advert, numbered as in its file: `make`, `model`, `model_year`, `mileage_km`
    and `link` as they were read; `asked`, `price`, `low`, `high`, `rank` (share of adverts of such
    cars that are as low), `saved`, `seen`, NaN where there is none; `remark`; and `aside`, a key of
    ASIDE, empty for those that are no more than they seem.
    ranked: whether the model has ranks. stock: of adverts that are not set apart, `cars` in
    number; None without ranks. coverage: share of stocks whose price lies in the interval.
    """

    table: pd.DataFrame
    ranked: bool
    stock: Stock | None
    cars: int
    coverage: float

    @property
    def size(self) -> int:
        """Bytes in memory."""
        return int(self.table.memory_usage(deep=True).sum())

    @property
    def set_apart(self) -> pd.DataFrame:
        return self.table[self.table["aside"].ne("")]

    def choose(self, wish: Wish) -> pd.DataFrame:
        """The deals of a wish, the best first."""
        table = self.table
        wanted = table["aside"].eq("") & (table["saved"] > 0)
        wanted &= table["saved"] >= wish.least_saved
        if self.ranked:
            wanted &= table["rank"] <= wish.rarest
        if wish.make:
            made = table["make"].fillna("")
            makes = [each for each in made.unique() if fold(wish.make) in fold(each)]
            wanted &= made.isin(makes)
        by_rank = self.ranked and not wish.by_saving
        order, rising = (["rank", "saved"], [True, False]) if by_rank else (["saved"], [False])
        return table[wanted].sort_values(order, ascending=rising, kind="stable")


def rank_bounded(
    model: PriceModel, given: Path | Upload, progress: Progress, language: Language = HOME
) -> Deals:
    """The deals of a CSV file, or of an uploaded workbook.

    Raises DatasetError when it cannot be read as adverts with prices, or has more than MOST_RANKED.
    """
    raw = gather_listings(open_bounded(given, MOST_RANKED, "deals", needs_price=True))
    return rank_adverts(model, parse_listings(raw.frame), progress, language)


def rank_texts(
    model: PriceModel, adverts: Sequence[Mapping[str, str]], language: Language = HOME
) -> Deals:
    """The deals of adverts from raw texts by field name; an absent text is unknown."""
    given = {name for advert in adverts for name in advert}
    columns = {name: [advert.get(name) for advert in adverts] for name in given}
    raw = pd.DataFrame(columns, index=range(len(adverts)), dtype="str")
    return rank_adverts(model, parse_listings(raw), be_silent, language)


def rank_adverts(
    model: PriceModel, parsed: Parsed, progress: Progress, language: Language = HOME
) -> Deals:
    """Adverts beside their estimates; progress: is told how many are estimated, and of how many."""
    answer = pd.concat(_estimate(model, parsed, progress, language))
    asked = parsed.values[TARGET].to_numpy()
    estimates = answer[list(ESTIMATE_COLUMNS[:3])].to_numpy()
    price, low, high = estimates.T
    errors = model.errors
    rank = errors.rank(asked, estimates) if errors else np.full(len(asked), np.nan)
    shown = parsed.values[["make", "model", "model_year", "mileage_km", "link"]]
    table = shown.assign(
        asked=asked, price=price, low=low, high=high, rank=rank, saved=price - asked,
        seen=answer["seen"], remark=answer["remark"],
    )  # fmt: skip
    table["aside"] = _set_apart(parsed, table)
    sound, stock = table["aside"].eq("").to_numpy(), None
    if errors and sound.any():
        models = number_contents(parsed.values[["make", "model"]], sound)
        stock = errors.sum_up(estimates[sound], models, model.coverage)
    return Deals(table, errors is not None, stock, int(sound.sum()), model.coverage)


def list_adverts(table: pd.DataFrame) -> Iterator[Advert]:
    """Rows of a table of Deals."""
    known = table.astype(object).where(table.notna(), None)
    return (Advert(*cells) for cells in known.itertuples())


def explain(deal: Advert, language: Language = HOME) -> list[str]:
    """Why an advert is a deal: its rank, what is saved, how well such cars are known."""
    reasons = []
    if count := deal.as_low:
        reasons.append((RANK if count > 1 else RANK_ONE).say(language, count=count))
    if deal.saved and deal.price:
        amount, percent = spell.about(deal.saved), f"{100 * deal.saved / deal.price:.0f}"
        reasons.append(SAVED.say(language, amount=amount, percent=percent))
    if deal.seen is not None and deal.seen >= RARE_BELOW:
        reasons.append(KNOWN.say(language, seen=spell.number(deal.seen)))
    elif deal.seen is not None:
        reasons.append(RARE_MODEL.say(language, least=RARE_BELOW))
    return reasons


def describe_deals(deals: Deals, wish: Wish, language: Language = HOME) -> dict[str, Any]:
    """The deals of a wish, what is set apart and the stock, for programs."""
    return {
        "ranked": deals.ranked,
        "adverts": len(deals.table),
        "deals": [
            {
                **_describe_car(each),
                **{in_currency(name): _to_whole(getattr(each, name)) for name in AMOUNTS},
                "adverts_as_low_pct": each.rank and round(100 * each.rank, 1),
                "seen": _to_whole(each.seen),
                "reasons": explain(each, language),
                "remark": each.remark,
            }
            for each in list_adverts(deals.choose(wish))
        ],
        "set_apart": [
            {
                **_describe_car(each),
                "code": each.aside,
                "reason": name_aside(each.aside, language),
            }
            for each in list_adverts(deals.set_apart)
        ],
        "stock": deals.stock and {
            "cars": deals.cars,
            **{in_currency(name): round(each) for name, each in deals.stock._asdict().items()},
            "coverage": deals.coverage,
        },
    }  # fmt: skip


def _describe_car(advert: Advert) -> dict[str, Any]:
    return {
        "row": advert.row,
        "make": advert.make,
        "model": advert.model,
        "model_year": _to_whole(advert.model_year),
        "mileage_km": _to_whole(advert.mileage_km),
        in_currency("asked"): _to_whole(advert.asked),
    }


def _to_whole(amount: float | None) -> int | None:
    return None if amount is None else round(amount)


def name_aside(code: str, language: Language = HOME) -> str:
    """Why an advert is set apart."""
    return ASIDE[code].say(language, limits=spell.limits(TARGET, language))


def write_deals(deals: pd.DataFrame, language: Language = HOME) -> bytes:
    """A table of deals as CSV, for a spreadsheet of the market; no cell of it is run."""
    text = io.StringIO(newline="")
    lines = csv.writer(text, delimiter=";")
    lines.writerow([each.say(language) for each in ADDED.values()])
    for deal in list_adverts(deals):
        told = {
            **deal._asdict(),
            "rank": deal.as_low,
            "reasons": " ; ".join(explain(deal, language)),
        }
        lines.writerow([_spell_cell(told[name]) for name in ADDED])
    return text.getvalue().encode("utf-8-sig")


def name_list(source: str, language: Language = HOME) -> str:
    """The name of the file that is handed back."""
    return DEALS_FILE.say(language, stem=PurePath(source).stem)


def _spell_cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.0f}"
    return make_harmless("" if value is None else str(value))


def _estimate(
    model: PriceModel, parsed: Parsed, progress: Progress, language: Language
) -> Iterator[pd.DataFrame]:
    rows = len(parsed.values)
    for at in range(0, max(1, rows), ESTIMATED_ROWS):
        part = slice(at, at + ESTIMATED_ROWS)
        problems = {each: flags.iloc[part] for each, flags in parsed.problems.items()}
        some = Parsed(parsed.values.iloc[part], problems, parsed.told)
        yield estimate_adverts(model, some, language)
        progress(min(rows, at + ESTIMATED_ROWS), rows)


def _set_apart(parsed: Parsed, table: pd.DataFrame) -> pd.Series:
    """Why each advert is set apart, the first reason that holds; else an empty text."""
    kept, dropped = select_rows(parsed)
    copies = pd.Series(number_copies(kept), kept.index).duplicated()
    unusable = pd.Series(False, table.index)
    for problem, rows in parsed.problems.items():
        if problem.field == "mileage_km" and problem.kind in UNUSABLE:
            unusable |= rows
    age = THIS_YEAR - table["model_year"]
    lowest, highest = BELIEVED
    unranked = table["rank"].isna()
    rules = {
        "near_copy": copies.reindex(table.index, fill_value=False),
        "mileage": unusable,
        "few_km": (age >= AGED_YEARS) & (table["mileage_km"] < LEAST_KM_A_YEAR * age),
        "not_estimated": table["price"].isna(),
        "too_low": table["rank"] < lowest,
        "too_high": table["rank"] > highest,
        "below_range": unranked & (table["asked"] < table["low"]),
        "above_range": unranked & (table["asked"] > table["high"]),
    }
    aside = dropped.reindex(table.index, fill_value="")
    for code, holds in rules.items():
        aside = aside.mask(aside.eq("") & holds, code)
    return aside
