"""« Mes estimations »: what a visitor keeps to compare, for the time of a visit."""

import pandas as pd
import streamlit as st
import texts
from language import say

from carprice.listings.copying import make_harmless

KEPT = "kept"
MOST_KEPT = 50
Row = dict[str, str | float | None]


def offer(row: Row) -> None:
    """Draw the button that keeps an answer: a cell for each of KEPT_COLUMNS."""
    st.button(
        say(texts.KEEP), icon=":material/bookmark_add:", on_click=_keep, args=(row,),
        disabled=row in _read() or len(_read()) >= MOST_KEPT,
    )  # fmt: skip


def show() -> None:
    """Draw what was kept side by side, with its download."""
    rows = _read()
    if not rows:
        return
    table = pd.DataFrame(rows).rename(columns=lambda name: say(texts.KEPT_COLUMNS[name]))
    with st.container(key="kept"):
        st.header(say(texts.MY_ESTIMATES))
        columns = dict.fromkeys(
            table.columns[1:-1], st.column_config.NumberColumn(format="localized")
        )
        columns[table.columns[-1]] = st.column_config.LinkColumn(display_text="↗")
        st.dataframe(
            table, column_config=columns, hide_index=True, placeholder="–",
            alt=say(texts.MY_ESTIMATES),
        )  # fmt: skip
        with st.container(horizontal=True):
            st.download_button(
                say(texts.KEPT_DOWNLOAD), _write(table), f"{say(texts.KEPT_FILE)}.csv", "text/csv",
                icon=":material/download:", on_click="ignore",
            )  # fmt: skip
            st.button(say(texts.KEPT_CLEAR), type="tertiary", on_click=_read().clear)


def _read() -> list[Row]:
    rows: list[Row] = st.session_state.setdefault(KEPT, [])
    return rows


def _keep(row: Row) -> None:
    _read().append(row)


def _write(table: pd.DataFrame) -> bytes:
    """A CSV file that spreadsheets open; names are a visitor's own texts."""
    cells = table.map(lambda cell: make_harmless(cell) if isinstance(cell, str) else cell)
    return cells.to_csv(index=False, sep=";").encode("utf-8-sig")
