"""Makes, models and years in a table of listings, as people spell them: pure."""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Self

import pandas as pd

from carprice.listings.spelling import choose_spellings
from carprice.market.fields import fold


@dataclass(frozen=True)
class Catalog:
    """Makes, their models and the years of these, each in its most common spelling.

    names: make to its models, both in alphabetical order.
    years: (make, model) to its model years, the newest first.
    """

    names: Mapping[str, tuple[str, ...]]
    years: Mapping[tuple[str, str], tuple[int, ...]]

    @classmethod
    def from_listings(cls, listings: pd.DataFrame) -> Self:
        """The catalog of clean listings; rows without a make or a model are left out."""
        named = list(_count_names(listings))
        makes = choose_spellings((make, rows) for make, _, _, rows in named)
        models: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
        years: defaultdict[tuple[str, str], set[int]] = defaultdict(set)
        for make, model, year, rows in named:
            models[fold(make)].append((model, rows))
            years[fold(make), fold(model)] |= set() if math.isnan(year) else {int(year)}
        names: dict[str, tuple[str, ...]] = {}
        found: dict[tuple[str, str], tuple[int, ...]] = {}
        for key in sorted(models):
            spelt = choose_spellings(models[key])
            names[makes[key]] = tuple(spelt.values())
            for model, name in spelt.items():
                found[makes[key], name] = tuple(sorted(years[key, model], reverse=True))
        return cls(names, found)

    def spell_make(self, text: str) -> str:
        """The catalogue's spelling of a make, or `text` when unknown."""
        return next((make for make in self.names if fold(make) == fold(text)), text)

    def models_of(self, make: str) -> tuple[str, ...]:
        """Models of a make in any spelling; none for an unknown make."""
        return self.names.get(self.spell_make(make), ())

    def years_of(self, make: str, model: str) -> tuple[int, ...]:
        """Model years of a model, newest first; none for an unknown model."""
        make = self.spell_make(make)
        known = next((each for each in self.models_of(make) if fold(each) == fold(model)), model)
        return self.years.get((make, known), ())


def _count_names(listings: pd.DataFrame) -> Iterator[tuple[str, str, float, int]]:
    """Make, model, year (NaN where unknown) and number of listings, once for each triple."""
    columns = ["make", "model", "model_year"]
    named = listings[columns].dropna(subset=["make", "model"])
    counts = named.value_counts(dropna=False).reset_index(name="rows")
    return zip(*(counts[name].tolist() for name in (*columns, "rows")), strict=True)
