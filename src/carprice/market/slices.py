"""Slices: groups of cars scored together, and their stored names."""

import re
from math import isinf
from typing import NamedTuple, Self

BAND = re.compile(r"(\d+)(?:-(\d+)| and more)")


class Slice(NamedTuple):
    """A make, a choice such as the fuel, or a band of prices or model years.

    name: as stored: `kia`, `electric`, `80000-149999`, `400000 and more`.
    low, high: first and last value of a band; `high` is None in an open band, both in no band.
    """

    family: str
    name: str
    low: int | None = None
    high: int | None = None

    @property
    def title(self) -> str:
        """Family and name as one text, as comparisons store them."""
        return f"{self.family} {self.name}"

    @classmethod
    def band(cls, family: str, low: float, end: float) -> Self:
        """The band from `low` to `end`, exclusive and possibly infinite."""
        name = f"{low:.0f} and more" if isinf(end) else f"{low:.0f}-{end - 1:.0f}"
        return cls.read(family, name)

    @classmethod
    def read(cls, family: str, name: str) -> Self:
        """The slice of a stored name."""
        if not (band := BAND.fullmatch(name)):
            return cls(family, name)
        low, high = band.groups()
        return cls(family, name, int(low), int(high) if high else None)

    @classmethod
    def read_title(cls, title: str) -> Self:
        """The slice of a stored title."""
        family, _, name = title.partition(" ")
        return cls.read(family, name)
