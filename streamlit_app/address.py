"""The page's address, which holds the car whose price is shown.

It is written with an answer, in codes, and read where a visit begins or the browser goes back.
Fields are not bound to it: what is typed and not asked for yet would stand in a link that was
copied beside the price of another car.
"""

from collections.abc import Mapping
from math import isfinite
from urllib.parse import urlencode

import streamlit as st
from form import (
    ASKED,
    ASKED_PRICE,
    EQUIPMENT_KEY,
    FIELDS,
    MOST_ASKED,
    NAMES,
    list_choices,
    read_answers,
    read_asked_price,
)
from streamlit.runtime.scriptrunner import get_script_run_ctx

from carprice.language import LANGUAGES
from carprice.market.fields import Field
from carprice.market.listing import BY_NAME, EQUIPMENT
from carprice.wording import spell

NAMES_IN_ADDRESS = (*FIELDS, EQUIPMENT_KEY, ASKED_PRICE)


def leads() -> bool:
    """Whether the address holds a car not shown yet.

    An address without one, as links between the pages have it, changes nothing.
    """
    context = get_script_run_ctx()
    went_back = context is not None and context.is_history_navigation
    begins = ASKED not in st.session_state
    return (begins or went_back) and any(name in st.query_params for name in NAMES_IN_ADDRESS)


def fill_form(equipment: list[str]) -> None:
    """Set each field to its value in the address, before it is drawn."""
    for name in FIELDS:
        st.session_state[name] = _read(BY_NAME[name], st.query_params.get(name, ""))
    asked = _read_number(st.query_params.get(ASKED_PRICE, ""))
    st.session_state[ASKED_PRICE] = asked if asked and 1 <= asked <= MOST_ASKED else None
    worded = {spell.title(name, each): name for each in LANGUAGES for name in equipment}
    titles = worded | {name: name for name in equipment}
    said = dict.fromkeys(st.query_params.get_all(EQUIPMENT_KEY))
    st.session_state[EQUIPMENT_KEY] = [titles[each] for each in said if each in titles]


def write() -> None:
    """Set the address to what the form says, and to that alone."""
    told = _tell()
    if any(st.query_params.get_all(name) != values for name, values in told.items()):
        # In one step, as each is one of the browser's history; an empty list takes a name out.
        st.query_params.update(told)


def link() -> str:
    """The whole address of the answer, to be written down."""
    return f"{(st.context.url or '').rstrip('/')}/?{urlencode(_tell(), doseq=True)}"


def read_codes(key: str, words: Mapping[str, str]) -> None:
    """Set a widget of another page to the codes in the address, where a visit to it begins.

    words: of each code; releases before wrote these.
    """
    codes = {spelt: code for code, word in words.items() for spelt in (word, code)}
    said = st.query_params.get_all(key)
    st.session_state.setdefault(key, [codes[each] for each in said if each in codes])


def write_codes(key: str) -> None:
    """Set the address to what the widget of a key chooses."""
    st.query_params[key] = st.session_state[key]


def _tell() -> dict[str, list[str]]:
    answers, asked = read_answers(), read_asked_price()
    told = {name: [answers[name]] if name in answers else [] for name in FIELDS}
    told[EQUIPMENT_KEY] = [name for name in answers if name in EQUIPMENT]
    told[ASKED_PRICE] = [] if asked is None else [f"{asked:.0f}"]
    return told


def _read(field: Field, said: str) -> str | float | None:
    """The value of a field, as its code or worded in any language, or None."""
    if field.name in NAMES:
        return said or None
    codes = {
        spelt: code
        for each in LANGUAGES
        for code, label in list_choices(field, each).items()
        for spelt in (label, code)
    }
    return codes.get(said) if codes else _read_number(said)


def _read_number(said: str) -> float | None:
    """A number that a field can hold, or None; an address may say `inf`."""
    try:
        number = float(said)
    except ValueError:
        return None
    return number if isfinite(number) and number >= 0 else None
