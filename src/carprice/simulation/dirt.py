"""Simulated listings as a site would export them: two raw forms, dirt included."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from carprice.files import replacing
from carprice.listings.reading import CHUNK_ROWS, UTF_8_MARK
from carprice.market.chosen import MARKET
from carprice.market.fields import Field, Kind
from carprice.market.listing import EQUIPMENT, FIELDS, HOME, TARGET
from carprice.simulation.drawing import (
    BAND_WIDTHS,
    DISTRICT,
    LINE_NUMBER,
    MAX_NAMED_POWER,
    MILEAGE_FILLER,
    NARROW_SPACE,
    UNKNOWN_GEARBOX,
    WIDEST_BAND,
    draw_listings,
    take,
)
from carprice.simulation.facts import Places, find_simulation, load_market

WORDINGS = MARKET.wordings


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
    aged = frame["model_year"] < find_simulation().year - 1
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
        districts = find_simulation().districts
        raw[DISTRICT] = take(districts, lines % len(districts))
    return raw.set_axis(shown.index)


def _header(each: Field, form: int) -> str:
    return each.headers[0] if form == 1 and each.name == TARGET else each.label.say(HOME)


def _spell_column(column: pd.Series, each: Field, form: int) -> pd.Series:
    """Texts of one field, each distinct value spelt once."""
    codes, values = pd.factorize(column)
    unpriced = WORDINGS.unpriced[0] if form == 1 else ""
    unknown = {TARGET: unpriced, "gearbox": UNKNOWN_GEARBOX[form]}
    texts = [_spell_value(value, each, form) for value in values]
    return take([*texts, unknown.get(each.name, "")], codes)


def _spell_value(value: Any, each: Field, form: int) -> str:
    """French wording of one known value, as a number where the form says no more."""
    match each.kind:
        case Kind.TEXT:
            text = str(value)
        case Kind.CHOICE:
            text = each.choices[value].say(HOME)
        case Kind.YES_NO:
            text = (WORDINGS.yes if value else WORDINGS.no)[0]
        case Kind.MILEAGE if form == 2:
            text = _spell_band(value)
        case Kind.PRICE if form == 1:
            text = f"{value:,.0f} {each.unit}".replace(",", NARROW_SPACE)
        case _:
            text = _spell_number(value, each, form)
    return text


def _spell_number(value: float, each: Field, form: int) -> str:
    if each.name == "model_year" and value <= each.minimum:
        return f"{value:.0f} {WORDINGS.or_older[0]}"
    if each.name == "fiscal_power_cv" and form == 1:
        least = f"{WORDINGS.at_least[0]} {MAX_NAMED_POWER}"
        return f"{least if value > MAX_NAMED_POWER else format(value, '.0f')} {each.unit}"
    return f"{value:.0f}"


def _spell_band(mileage_km: float) -> str:
    """The band of kilometres a site offers, wider for higher mileage: `200 000 - 249 999`."""
    width = next((w for limit, w in BAND_WIDTHS.items() if mileage_km < limit), WIDEST_BAND)
    start = mileage_km // width * width
    return f"{start:,.0f} - {start + width - 1:,.0f}".replace(",", " ")
