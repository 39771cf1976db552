"""Comparable adverts as cards, with what differs from a car."""

from collections.abc import Iterator
from html import escape

import pandas as pd
import texts
from language import language, say

from carprice.language import Text
from carprice.market.chosen import MARKET
from carprice.market.fields import Kind
from carprice.market.listing import BY_NAME, TARGET
from carprice.pricing.price_model import Clean
from carprice.wording import spell

LEAST_KM = 1_000
"""Kilometres below which two cars have driven the same."""
COMPARED = [name for name in MARKET.compared if BY_NAME[name].kind is Kind.CHOICE]
PLACES = [name for name in MARKET.compared if BY_NAME[name].kind is Kind.TEXT and name != "link"]


def draw_cards(comparables: pd.DataFrame, car: Clean) -> str:
    """A list in HTML, an advert a card; texts of adverts are shown to the letter."""
    cards = [_draw(row, car) for row in comparables.to_dict("records")]
    label = escape(say(texts.COMPARABLES))
    return f'<ul class="cards" tabindex="0" aria-label="{label}">{"".join(cards)}</ul>'


def _draw(advert: dict[str, object], car: Clean) -> str:
    facts = [
        spell.measure(name, value)
        for name in ("model_year", "mileage_km")
        if isinstance(value := advert[name], float) and not pd.isna(value)
    ]
    facts += [str(advert[name]) for name in PLACES if not pd.isna(advert.get(name))]
    differs = list(_tell_differences(advert, car)) or [say(texts.AS_THIS_CAR)]
    return (
        f"<li><b>{spell.money(float(str(advert[TARGET])))}</b>"
        f"<span>{escape(' · '.join(facts))}</span><span>{escape(' · '.join(differs))}</span>"
        f"{_link(advert.get('link'))}</li>"
    )


def _tell_differences(advert: dict[str, object], car: Clean) -> Iterator[str]:
    """In words, by what an advert differs from the car where both are known."""
    years = _subtract(advert["model_year"], car["model_year"])
    if years:
        yield _count(texts.YEARS_NEWER if years > 0 else texts.YEARS_OLDER, abs(years))
    km = _subtract(advert["mileage_km"], car["mileage_km"])
    if abs(km) >= LEAST_KM:
        sentence = texts.KM_MORE if km > 0 else texts.KM_LESS
        yield say(sentence, distance=spell.measure("mileage_km", abs(km)))
    for name in COMPARED:
        told, own = advert.get(name), car[name]
        if not pd.isna(told) and not pd.isna(own) and told != own:
            yield spell.word_choice(name, str(told), language()).lower()


def _subtract(value: object, other: object) -> float:
    """How much more a number is than another; zero where either is unknown."""
    known = isinstance(value, float) and isinstance(other, float)
    return 0.0 if not known or pd.isna(value) or pd.isna(other) else value - other


def _count(words: tuple[Text, Text], number: float) -> str:
    """A number with its noun, in the singular or the plural."""
    return say(words[number > 1], number=f"{number:.0f}")


def _link(address: object) -> str:
    """From somebody's file: only what leads to a page is made a link."""
    if not str(address).startswith(("https://", "http://")):
        return ""
    return (
        f'<a href="{escape(str(address))}" target="_blank" rel="noopener nofollow">'
        f"{say(texts.ADVERT)} ↗</a>"
    )
