"""The page's address, which holds the car whose price is shown.

It is written with an answer, in the language of the page, and read where a visit begins or the
browser goes back. Fields are not bound to it: what is typed and not asked for yet would stand in a
link that was copied beside the price of another car.
"""

from math import isfinite

import streamlit as st
from form import CORE, DETAILS, EQUIPMENT_KEY, NAMES, list_choices
from language import language
from streamlit.runtime.scriptrunner import get_script_run_ctx

from carprice.language import LANGUAGES
from carprice.market.fields import Field
from carprice.market.listing import BY_NAME, EQUIPMENT
from carprice.wording import spell

FIELDS = (*NAMES, *CORE, *DETAILS)
NAMES_IN_ADDRESS = (*FIELDS, EQUIPMENT_KEY)


def leads() -> bool:
    """Whether the address holds a car not shown yet.

    An address without one, as links between the pages have it, changes nothing.
    """
    context = get_script_run_ctx()
    went_back = context is not None and context.is_history_navigation
    begins = "asked" not in st.session_state
    return (begins or went_back) and any(name in st.query_params for name in NAMES_IN_ADDRESS)


def fill_form(equipment: list[str]) -> None:
    """Set each field to its value in the address, before it is drawn."""
    for name in FIELDS:
        st.session_state[name] = _read(BY_NAME[name], st.query_params.get(name, ""))
    titles = {spell.title(name, each): name for each in LANGUAGES for name in equipment}
    said = dict.fromkeys(st.query_params.get_all(EQUIPMENT_KEY))
    st.session_state[EQUIPMENT_KEY] = [titles[each] for each in said if each in titles]


def write(answers: dict[str, str]) -> None:
    """Set the address to these answers alone."""
    wanted = {
        name: [list_choices(BY_NAME[name], language()).get(answer, answer)]
        for name, answer in answers.items()
        if name not in EQUIPMENT
    }
    wanted[EQUIPMENT_KEY] = [spell.title(n, language()) for n in answers if n in EQUIPMENT]
    told = {name: wanted.get(name, []) for name in NAMES_IN_ADDRESS}
    if any(st.query_params.get_all(name) != values for name, values in told.items()):
        # In one step, as each is one of the browser's history; an empty list takes a name out.
        st.query_params.update(told)


def _read(field: Field, said: str) -> str | float | None:
    """The value of a field, worded in any language, or None."""
    if field.name in NAMES:
        return said or None
    codes = {
        label: code
        for each in LANGUAGES
        for code, label in list_choices(field, each).items()
    }  # fmt: skip
    return codes.get(said) if codes else _read_number(said)


def _read_number(said: str) -> float | None:
    """A number that a field can hold, or None; an address may say `inf`."""
    try:
        number = float(said)
    except ValueError:
        return None
    return number if isfinite(number) and number >= 0 else None
