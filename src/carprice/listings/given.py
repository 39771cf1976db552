"""Values that programs give, as the raw texts that are read everywhere."""

from numbers import Integral, Real

import pandas as pd

from carprice.language import Text
from carprice.listings.parsing import LONGEST_NUMBER
from carprice.listings.reading import find_fields
from carprice.market.listing import FEATURES

TABLE = Text("le tableau", "the table")
BEYOND_READING = 10**LONGEST_NUMBER
"""Numbers from here on cannot be read, and Python writes none of thousands of digits."""


def spell_value(given: object) -> object:
    """A number as text; any other value unchanged.

    NaN, which is how some programs write that they do not know, becomes a word for it.
    """
    if isinstance(given, bool) or not isinstance(given, Real):
        return given
    if not isinstance(given, Integral) and not float(given).is_integer():
        # Six decimals always: the text `95.125` would be 95 125, written in thousands.
        return f"{given:f}"
    return str(int(max(-BEYOND_READING, min(given, BEYOND_READING))))


def spell_table(table: pd.DataFrame) -> pd.DataFrame:
    """Raw texts of a table of cars: a `str` column for each feature it has, its index kept.

    Columns are found as in a file, by the name of a field or a header; all others are left out.
    Raises DatasetError where two columns are one field.
    """
    places = find_fields([str(each) for each in table.columns], TABLE)
    raw = {name: _spell(table.iloc[:, at]) for name, at in places.items() if name in FEATURES}
    return pd.DataFrame(raw, index=table.index)


def _spell(column: pd.Series) -> pd.api.extensions.ExtensionArray:
    places, values = pd.factorize(column)
    texts = [*(str(spell_value(each)) for each in values), None]
    return pd.array(texts, dtype="str").take(places)
