"""The range of a price as a bar, in HTML: it is there with the price, and prints as it is."""

from collections.abc import Iterable, Sequence
from html import escape

import texts
from language import say

from carprice.insight.verdict import Standing, Zones
from carprice.wording import spell

MARGIN = 0.3
"""What is shown beside the range at each end, as a share of it."""
MOST_BEYOND = 1.0
"""As far as that for an asking price; one farther off stands at the edge."""


def draw_range(
    zones: Zones, price: float | None, comparables: Sequence[float], asked: float | None
) -> str:
    """The zones of a price with the estimate, comparable adverts as dots, and what is asked."""
    width = zones.high - zones.low
    near = [] if asked is None else [asked]
    left = max(zones.low - MOST_BEYOND * width, min([zones.low - MARGIN * width, *near]))
    right = min(zones.high + MOST_BEYOND * width, max([zones.high + MARGIN * width, *near]))

    def place(amount: float) -> float:
        return 100 * min(1.0, max(0.0, (amount - left) / (right - left)))

    ends = [0.0, *map(place, zones), 100.0]
    parts = [
        f'<span class="zone {standing}" style="width:{end - start:.2f}%">{_word(standing)}</span>'
        for standing, start, end in zip(Standing, ends, ends[1:], strict=False)
    ]
    marks = [*_mark("dot", map(place, comparables))]
    marks += _mark("middle", [] if price is None else [place(price)])
    marks += _mark("asked", [] if asked is None else [place(asked)])
    ticks = [
        f'<span style="left:{place(each):.2f}%">{spell.number(float(f"{each:.3g}"))}</span>'
        for each in (zones.low, zones.high)
    ]
    return (
        f'<div class="range" role="img" aria-label="{escape(_tell(zones, comparables, asked))}">'
        f'<div class="zones">{"".join(parts)}</div><div class="marks">{"".join(marks)}</div>'
        f'<div class="ends">{"".join(ticks)}</div></div>'
    )


def _word(standing: Standing) -> str:
    """The name of a zone; those outside the range have room for none."""
    outside = standing in (Standing.FAR_BELOW, Standing.FAR_ABOVE)
    return "" if outside else escape(say(texts.ZONES[standing]))


def _mark(kind: str, places: Iterable[float]) -> list[str]:
    return [f'<i class="{kind}" style="left:{each:.2f}%"></i>' for each in places]


def _tell(zones: Zones, comparables: Sequence[float], asked: float | None) -> str:
    low, fair_low, fair_high, high = (spell.about(each) for each in zones)
    told = say(
        texts.RANGE_ALT, low=low, fair_low=fair_low, fair_high=fair_high, high=high,
        count=len(comparables),
    )  # fmt: skip
    return (
        told if asked is None else f"{told} {say(texts.RANGE_ALT_ASKED, price=spell.money(asked))}"
    )
