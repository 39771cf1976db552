"""Deals on a terminal, within 80 columns."""

import pandas as pd
from rich.table import Table
from rich.text import Text

from carprice.cli.terminal import results
from carprice.market.chosen import MARKET
from carprice.serving.deals import Advert, Deals, Wish, list_adverts, name_aside
from carprice.wording.deals import NOT_RANKED

MOST_SHOWN = 20
LONGEST_CAR = 18
WHY = "why it may be no deal"
SUSPICIOUS = ("near_copy", "mileage", "few_km", "too_low", "below_range")
"""Reasons by which an advert that seems a deal is set apart: these are shown one by one."""


def print_deals(deals: Deals, wish: Wish) -> None:
    """Print the deals of a wish, what is set apart, and the worth of all."""
    chosen = deals.choose(wish)
    if not deals.ranked:
        results.print(Text(NOT_RANKED.en, "yellow"))
    _print_chosen(chosen.head(MOST_SHOWN))
    if len(chosen) > MOST_SHOWN:
        results.print(Text(f"… and {len(chosen) - MOST_SHOWN:,} more: name a file for all", "dim"))
    if chosen.empty:
        results.print("No advert is a deal by these wishes.")
    _print_set_apart(deals.set_apart)
    if stock := deals.stock:
        symbol = MARKET.currency.symbol
        results.print(
            f"\nThe {deals.cars:,} cars not set apart would be asked for at {stock.value:,.0f} "
            f"{symbol} together:\nbetween {stock.low:,.0f} and {stock.high:,.0f} {symbol} in "
            f"{100 * deals.coverage:.0f} % of such stocks."
        )


def _print_chosen(chosen: pd.DataFrame) -> None:
    table = _draw("row", "car", "year", "km", "asked", "estimate", "saved", "in 100", "known")
    for each in list_adverts(chosen):
        numbers = (each.mileage_km, each.asked, each.price, each.saved, each.as_low, each.seen)
        table.add_row(*_name_car(each), *map(_write, numbers))
    if table.row_count:
        results.print(table)
        note = "in 100: adverts for such cars that are as low · known: adverts like it"
        results.print(Text(note, "dim"))


def _print_set_apart(apart: pd.DataFrame) -> None:
    if apart.empty:
        return
    results.print("\nSet apart:")
    for code, count in apart["aside"].value_counts().items():
        results.print(Text(f"{count:>7,}  {name_aside(str(code), 'en')}"))
    cheap = apart[apart["aside"].isin(SUSPICIOUS) & (apart["saved"] > 0)]
    table = _draw("row", "car", "year", "asked", WHY)
    for each in list_adverts(cheap.sort_values("rank").head(MOST_SHOWN)):
        why = name_aside(each.aside, "en").partition(":")[0]
        table.add_row(*_name_car(each), _write(each.asked), Text(why))
    if table.row_count:
        results.print()
        results.print(table)


def _draw(*header: str) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False)
    for name in header:
        table.add_column(name, justify="left" if name in {"car", WHY} else "right")
    return table


def _write(amount: float | None) -> Text:
    return Text("–" if amount is None else f"{amount:,.0f}")


def _name_car(advert: Advert) -> tuple[Text, Text, Text]:
    """Row, name and year; as Text, since names come from users' files."""
    car = " ".join(filter(None, [advert.make, advert.model]))
    shown = car if len(car) <= LONGEST_CAR else f"{car[: LONGEST_CAR - 1]}…"
    year = "–" if advert.model_year is None else f"{advert.model_year:.0f}"
    return Text(str(advert.row)), Text(shown), Text(year)
