"""How names, amounts and reasons are worded in each language, with the sentences of `texts.py`."""

import re
from datetime import date, datetime
from zoneinfo import ZoneInfo

from carprice.language import Language, Text
from carprice.market.chosen import MARKET
from carprice.market.listing import BY_NAME, EQUIPMENT, HOME

THIN_SPACE, FIXED_SPACE, WORD_JOINER = "\u202f", "\u00a0", "\u2060"
YES, NO = Text("Oui", "Yes"), Text("Non", "No")
LIMITS = Text("{low} à {high}", "{low} to {high}")
EQUIPMENT_LABEL = Text("équipement", "equipment")
DESCRIPTION = Text(
    f"Prix de voitures d'occasion {MARKET.place.fr}, en {MARKET.currency.name.fr}",
    f"Prices of used cars {MARKET.place.en}, in {MARKET.currency.name.en}",
)
MOMENT = Text("le {date} à {time} ({clock})", "{time} on {date} ({clock})")
LONGEST_NAME = 40
PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~]")
MADE_LINKS = re.compile(r"[:@]|www(?=\.)", re.IGNORECASE)
"""What Markdown makes links and emojis of even where it is escaped; a word joiner parts it."""


def title(name: str, language: Language = HOME) -> str:
    """The label of a field as it stands over a column."""
    return BY_NAME[name].label.say(language)


def label(name: str, language: Language = HOME) -> str:
    """The label of a field inside a sentence."""
    return title(name, language).lower()


def name_fields(names: tuple[str, ...], language: Language = HOME) -> str:
    """Labels of fields that are told of together."""
    if set(names) <= set(EQUIPMENT):
        return EQUIPMENT_LABEL.say(language)
    return ", ".join(label(name, language) for name in names)


def word_choice(name: str, code: str, language: Language = HOME) -> str:
    """The wording of a choice by its code."""
    return BY_NAME[name].choices[code].say(language)


def plain(name: str) -> str:
    """A name out of a link or a file as Markdown shows it: to the letter, and not without end."""
    shown = name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}…"
    return PUNCTUATION.sub(r"\\\g<0>", MADE_LINKS.sub(f"\\g<0>{WORD_JOINER}", shown))


def capital(sentence: str) -> str:
    """A remark as it begins a line."""
    return sentence[:1].upper() + sentence[1:]


def number(amount: float) -> str:
    """A whole number with thin spaces between thousands."""
    return f"{amount:,.0f}".replace(",", THIN_SPACE)


def figure(name: str, amount: float) -> str:
    """A number of a field as people write it: thin spaces, but none in a year."""
    return f"{amount:.0f}" if name == "model_year" else number(amount)


def measure(name: str, amount: float) -> str:
    """A number of a field with its unit: 120 000 km, or the year 2018."""
    return FIXED_SPACE.join(filter(None, [figure(name, amount), BY_NAME[name].unit]))


def limits(name: str, language: Language = HOME) -> str:
    """The plausible range of a field; it stands at the end of what tells of it."""
    field = BY_NAME[name]
    low, high = figure(name, field.minimum), measure(name, field.maximum)
    return LIMITS.say(language, low=low, high=high)


def about(amount: float) -> str:
    """An estimated amount: three digits that mean something, not six that do not."""
    return money(float(f"{amount:.3g}"))


def money(amount: float) -> str:
    """An amount with its currency: 173 000 DH, with thin spaces."""
    return f"{number(amount)}{FIXED_SPACE}{MARKET.currency.symbol}"


def decimal(amount: float, language: Language = HOME, digits: int = 1) -> str:
    """A figure with the decimal mark of the language."""
    spelt = f"{amount:.{digits}f}"
    return spelt.replace(".", ",") if language == "fr" else spelt


def day(when: date, language: Language = HOME) -> str:
    """A date as people of the language write it: 24/11/2026, or 24 Nov 2026."""
    return f"{when:%d/%m/%Y}" if language == "fr" else f"{when:%d %b %Y}"


def moment(when: datetime, language: Language = HOME) -> str:
    """A day and its time where the market is."""
    there = when.astimezone(ZoneInfo(MARKET.zone))
    return MOMENT.say(
        language, date=day(there, language), time=f"{there:%H:%M}", clock=MARKET.clock.say(language)
    )
