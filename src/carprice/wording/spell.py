"""Spelling of names, numbers, amounts and dates in each language."""

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
MARKS = re.compile(r"[\\`*_\[\]~|]")
"""What marks Markdown within a line; MLflow shows the backslash before other signs."""
MADE_TAGS = str.maketrans({"&": "&amp;", "<": "&lt;", "$": "&#36;"})
MADE_LINKS = re.compile(r"[:@]|www(?=\.)", re.IGNORECASE)
"""What Markdown makes links and emojis of even where it is escaped; a word joiner parts it."""


def title(name: str, language: Language = HOME) -> str:
    """Label of a field at the head of a column."""
    return BY_NAME[name].label.say(language)


def label(name: str, language: Language = HOME) -> str:
    """Label of a field inside a sentence."""
    return title(name, language).lower()


def name_fields(names: tuple[str, ...], language: Language = HOME) -> str:
    """Labels of several fields, equipment as one."""
    if set(names) <= set(EQUIPMENT):
        return EQUIPMENT_LABEL.say(language)
    return ", ".join(label(name, language) for name in names)


def word_choice(name: str, code: str, language: Language = HOME) -> str:
    """Wording of a choice."""
    return BY_NAME[name].choices[code].say(language)


def plain(name: str) -> str:
    """A user's text escaped for Markdown and cut at LONGEST_NAME."""
    shown = name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}…"
    return PUNCTUATION.sub(r"\\\g<0>", MADE_LINKS.sub(f"\\g<0>{WORD_JOINER}", shown))


def escape(text: str) -> str:
    """A text of others, which the Markdown of the page, of MLflow and of files show as it is."""
    linked = MADE_LINKS.sub(f"\\g<0>{WORD_JOINER}", text.translate(MADE_TAGS))
    return MARKS.sub(r"\\\g<0>", linked)


def capital(sentence: str) -> str:
    """A remark with a capital first letter."""
    return sentence[:1].upper() + sentence[1:]


def number(amount: float) -> str:
    """A whole number with thin spaces between thousands."""
    return f"{amount:,.0f}".replace(",", THIN_SPACE)


def figure(name: str, amount: float) -> str:
    """A field's number with thin spaces, none in a year."""
    return f"{amount:.0f}" if name == "model_year" else number(amount)


def measure(name: str, amount: float) -> str:
    """A field's number with its unit: 120 000 km, or the year 2018."""
    return FIXED_SPACE.join(filter(None, [figure(name, amount), BY_NAME[name].unit]))


def limits(name: str, language: Language = HOME) -> str:
    """The plausible range of a field, unit included."""
    field = BY_NAME[name]
    low, high = figure(name, field.minimum), measure(name, field.maximum)
    return LIMITS.say(language, low=low, high=high)


def about(amount: float) -> str:
    """An amount in three significant digits, with its currency."""
    return money(float(f"{amount:.3g}"))


def money(amount: float) -> str:
    """An amount with its currency: 173 000 DH, with thin spaces."""
    return f"{number(amount)}{FIXED_SPACE}{MARKET.currency.symbol}"


def decimal(amount: float, language: Language = HOME, digits: int = 1) -> str:
    """A number with the decimal mark of the language."""
    spelt = f"{amount:.{digits}f}"
    return spelt.replace(".", ",") if language == "fr" else spelt


def day(when: date, language: Language = HOME) -> str:
    """A date: 24/11/2026 in French, 24 Nov 2026 in English."""
    return f"{when:%d/%m/%Y}" if language == "fr" else f"{when:%d %b %Y}"


def moment(when: datetime, language: Language = HOME) -> str:
    """Date and time in the time zone of the market."""
    there = when.astimezone(ZoneInfo(MARKET.zone))
    return MOMENT.say(
        language, date=day(there, language), time=f"{there:%H:%M}", clock=MARKET.clock.say(language)
    )
