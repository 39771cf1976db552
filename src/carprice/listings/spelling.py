"""One spelling for names that differ in case, accents or punctuation alone."""

from collections import Counter, defaultdict
from collections.abc import Iterable

from carprice.market.fields import fold


def choose_spellings(counts: Iterable[tuple[str, int]]) -> dict[str, str]:
    """The most common spelling of each name, by folded name and in its order.

    counts: spellings, each with the number of rows that have it. Of two as common, the first in
    the alphabet is taken.

    >>> choose_spellings([("CITROEN", 2), ("Citroën", 9), ("Kia", 1)])
    {'citroen': 'Citroën', 'kia': 'Kia'}
    """
    rows: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for name, count in counts:
        rows[fold(name)][name] += count
    return {
        key: min(spellings, key=lambda name: (-spellings[name], name))
        for key, spellings in sorted(rows.items())
    }
