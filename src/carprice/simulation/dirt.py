"""Simulated listings as sites export them: in two raw forms, with their typing slips."""

from collections.abc import Callable, Iterator, Mapping
from enum import IntEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from carprice.arrays import Places
from carprice.files import replacing
from carprice.listings.reading import CHUNK_ROWS
from carprice.listings.survey import UTF_8_MARK
from carprice.market.chosen import MARKET
from carprice.market.fields import Field, Kind
from carprice.market.listing import EQUIPMENT, FIELDS, HOME, TARGET
from carprice.simulation.drawing import draw_listings, take
from carprice.simulation.facts import find_simulation, load_market

WORDINGS = MARKET.wordings


class RawForm(IntEnum):
    """The two ways in which sites export adverts; numbered as on the command line."""

    WITH_UNITS = 1
    """Prices as `173 000 DH`, powers as `6 CV`, exact kilometres; few adverts stand twice."""
    WITH_BANDS = 2
    """Bands of kilometres, equipment and places; each advert stands two to four times."""


UNKNOWN_GEARBOX: Mapping[RawForm, str] = MappingProxyType(
    {RawForm.WITH_UNITS: "", RawForm.WITH_BANDS: "--"}
)
MAX_NAMED_POWER = 41
MILEAGE_FILLER = 999_999
NARROW_SPACE = "\u202f"
LINE_NUMBER, DISTRICT = "", "Secteur"
"""Columns of the form with bands that are no field of a listing."""
BAND_WIDTHS = {100_000: 5_000, 200_000: 10_000}
WIDEST_BAND = 50_000


def write_sample(path: Path, rows: int, seed: int, form: RawForm = RawForm.WITH_UNITS) -> None:
    """Write `rows` drawn adverts in a raw form as a CSV file in UTF-8.

    The file has more lines than adverts, as some stand repeatedly: 2.5 % more with units, three
    times as many with bands. The one with units begins with a byte-order mark. Raises
    DatasetError when the disk refuses.
    """
    with replacing(path) as file:
        file.write(UTF_8_MARK if form == RawForm.WITH_UNITS else b"")
        for number, raw in enumerate(to_raw_form(draw_listings(rows, seed), form, seed)):
            text = raw.to_csv(index=False, header=number == 0, lineterminator="\n")
            file.write(text.encode())


def to_raw_form(frame: pd.DataFrame, form: RawForm, seed: int) -> Iterator[pd.DataFrame]:
    """Yield clean adverts as a site exports them, slips included, CHUNK_ROWS at a time.

    Each chunk holds texts under French headers, an unknown value as an empty text. Lines are
    shuffled; the index tells which advert of `frame` a line shows.
    """
    soiled, lines = _soil(frame, form, seed)
    for start in range(0, len(lines), CHUNK_ROWS):
        yield _spell(soiled, lines[start : start + CHUNK_ROWS], form, first_line=start)


def _soil(frame: pd.DataFrame, form: RawForm, seed: int) -> tuple[pd.DataFrame, Places]:
    """Adverts with typing slips, still as numbers and codes, and the advert of each line."""
    rates, rng = load_market().facts["dirt"], np.random.default_rng([seed, form])

    def struck(fault: str) -> NDArray[np.bool_]:
        struck_rows: NDArray[np.bool_] = rng.random(len(frame)) < rates[fault]
        return struck_rows

    soiled = frame.copy()
    price = frame[TARGET].mask(struck("price_times_ten"), frame[TARGET] * 10)
    price = price.mask(struck("price_tenth"), (frame[TARGET] / 10).round())
    soiled[TARGET] = price.mask(struck("unpriced"))
    if form == RawForm.WITH_UNITS:
        soiled["mileage_km"] = _soil_mileage(frame, struck)
    soiled["gearbox"] = frame["gearbox"].mask(struck("gearbox_unknown"))
    blank = struck("blank")
    for name in (each.name for each in FIELDS if each.name not in (TARGET, "link", "simulated")):
        soiled[name] = soiled[name].mask(blank)
    copies = struck("repeated") if form == RawForm.WITH_UNITS else rng.integers(1, 4, len(frame))
    lines = np.repeat(np.arange(len(frame)), 1 + copies)
    return soiled, rng.permutation(lines)


def _soil_mileage(frame: pd.DataFrame, struck: Callable[[str], NDArray[np.bool_]]) -> pd.Series:
    """Kilometres, some typed in thousands, as 0 or as MILEAGE_FILLER."""
    mileage = frame["mileage_km"]
    aged = frame["model_year"] < find_simulation().year - 1
    typed_short = aged & (mileage >= 10_000) & struck("mileage_in_thousands")
    return (
        mileage.mask(typed_short, (mileage / 1000).round())
        .mask(aged & struck("mileage_zero"), 0)
        .mask(struck("mileage_filler"), MILEAGE_FILLER)
    )


def _spell(soiled: pd.DataFrame, lines: Places, form: RawForm, first_line: int) -> pd.DataFrame:
    """Texts of the given lines under the headers of a raw form."""
    shown = soiled.iloc[lines]
    raw = pd.DataFrame(
        {
            _header(each, form): _spell_column(shown[each.name], each, form)
            for each in FIELDS
            if form == RawForm.WITH_BANDS or each.name not in (*EQUIPMENT, "city", "link")
        }
    )
    if form == RawForm.WITH_BANDS:
        numbers = np.arange(first_line, first_line + len(lines))
        raw.insert(0, LINE_NUMBER, pd.Series(numbers).astype("str"))
        # A district goes with the advert, so that its copies stay copies.
        districts = find_simulation().districts
        raw[DISTRICT] = take(districts, lines % len(districts))
    return raw.set_axis(shown.index)


def _header(each: Field, form: RawForm) -> str:
    return (
        each.headers[0]
        if form == RawForm.WITH_UNITS and each.name == TARGET
        else each.label.say(HOME)
    )


def _spell_column(column: pd.Series, each: Field, form: RawForm) -> pd.Series:
    """Texts of one field, each distinct value spelt once."""
    codes, values = pd.factorize(column)
    unknown = {
        TARGET: WORDINGS.unpriced[0] if form == RawForm.WITH_UNITS else "",
        "gearbox": UNKNOWN_GEARBOX[form],
    }
    texts = [_spell_value(value, each, form) for value in values]
    return take([*texts, unknown.get(each.name, "")], codes)


def _spell_value(value: Any, each: Field, form: RawForm) -> str:
    """French text of one known value."""
    match each.kind:
        case Kind.TEXT:
            text = str(value)
        case Kind.CHOICE:
            text = each.choices[value].say(HOME)
        case Kind.YES_NO:
            text = (WORDINGS.yes if value else WORDINGS.no)[0]
        case Kind.MILEAGE if form == RawForm.WITH_BANDS:
            text = _spell_band(value)
        case Kind.PRICE if form == RawForm.WITH_UNITS:
            text = f"{value:,.0f} {each.unit}".replace(",", NARROW_SPACE)
        case _:
            text = _spell_number(value, each, form)
    return text


def _spell_number(value: float, each: Field, form: RawForm) -> str:
    if each.name == "model_year" and value <= each.minimum:
        return f"{value:.0f} {WORDINGS.or_older[0]}"
    if each.name == "fiscal_power_cv" and form == RawForm.WITH_UNITS:
        least = f"{WORDINGS.at_least[0]} {MAX_NAMED_POWER}"
        return f"{least if value > MAX_NAMED_POWER else format(value, '.0f')} {each.unit}"
    return f"{value:.0f}"


def _spell_band(mileage_km: float) -> str:
    """The band that holds a mileage, wider for higher ones: `200 000 - 249 999`."""
    width = next((w for limit, w in BAND_WIDTHS.items() if mileage_km < limit), WIDEST_BAND)
    start = mileage_km // width * width
    return f"{start:,.0f} - {start + width - 1:,.0f}".replace(",", " ")
