"""How names, amounts and reasons are worded in each language, with the sentences of `texts.py`."""

import re
from datetime import date
from functools import partial

from carprice import texts
from carprice.listing import BY_NAME, EQUIPMENT
from carprice.texts import Language

THIN_SPACE, FIXED_SPACE = "\u202f", "\u00a0"


def describe_problem(code: str, language: Language = "fr") -> str:
    """The sentence for a problem code of `cleaning.Parsed`."""
    if code in texts.CORRECTIONS:
        return texts.CORRECTIONS[code].say(language)
    for ending, sentence in texts.PROBLEM_ENDINGS.items():
        if code.endswith(ending):
            return sentence.say(language, label=label(code.removesuffix(ending), language))
    raise KeyError(code)


def title(name: str, language: Language = "fr") -> str:
    """The label of a field as it stands over a column."""
    return BY_NAME[name].label if language == "fr" else texts.LABELS_IN_ENGLISH[name]


def label(name: str, language: Language = "fr") -> str:
    """The label of a field inside a sentence."""
    return title(name, language).lower()


def name_fields(names: tuple[str, ...], language: Language = "fr") -> str:
    """Labels of fields that are told of together."""
    if set(names) <= set(EQUIPMENT):
        return texts.EQUIPMENT_LABEL.say(language)
    return ", ".join(label(name, language) for name in names)


def word_choice(name: str, code: str, language: Language = "fr") -> str:
    """The wording of a choice by its code."""
    return BY_NAME[name].choices[code] if language == "fr" else texts.CHOICES_IN_ENGLISH[code]


def capital(sentence: str) -> str:
    """A remark as it begins a line."""
    return sentence[:1].upper() + sentence[1:]


def number(amount: float) -> str:
    """A whole number with thin spaces between thousands."""
    return f"{amount:,.0f}".replace(",", THIN_SPACE)


def about(amount: float) -> str:
    """An estimated amount: three digits that mean something, not six that do not."""
    return dirhams(float(f"{amount:.3g}"))


def dirhams(amount: float) -> str:
    """An amount as it is written in Morocco: 173 000 DH with thin spaces."""
    return f"{number(amount)}{FIXED_SPACE}DH"


def say_reasons(reasons: str, language: Language = "fr") -> str:
    """Reasons of the gate as they stand on record."""
    if language == "en":
        return reasons
    for english, french in texts.REASONS.items():
        reasons = re.sub(english, partial(_put_figures, french), reasons)
    return re.sub(r"(?<=\d)\.(?=\d)", ",", reasons)


def _put_figures(french: str, found: re.Match[str]) -> str:
    return french.format(*found.groups())


def name_slice(family: str, name: str, language: Language = "fr") -> str:
    """A slice of an evaluation: a choice by its wording, a band by its ends."""
    if family == "fuel":
        return word_choice("fuel", name, language)
    ends = [int(each) for each in re.findall(r"\d+", name)]
    spell = number if family == "price" else str
    if len(ends) == 1:
        return texts.SLICE_ABOVE.say(language, low=spell(ends[0]))
    if not ends[0]:
        return texts.SLICE_BELOW.say(language, high=spell(ends[1] + 1))
    return f"{spell(ends[0])} – {spell(ends[1])}"


def decimal(amount: float, language: Language = "fr", digits: int = 1) -> str:
    """A figure with the decimal mark of the language."""
    spelt = f"{amount:.{digits}f}"
    return spelt.replace(".", ",") if language == "fr" else spelt


def day(when: date, language: Language = "fr") -> str:
    """A date as people of the language write it: 24/11/2026, or 24 Nov 2026."""
    return f"{when:%d/%m/%Y}" if language == "fr" else f"{when:%d %b %Y}"
