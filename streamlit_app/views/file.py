"""« Estimer un fichier »: estimates for an uploaded CSV file or workbook."""

import threading
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import pandas as pd
import streamlit as st
import texts
from language import language, say
from live import show_absence, state
from starlette.formparsers import MultiPartParser

from carprice.errors import DatasetError
from carprice.language import Language
from carprice.listings.reading import Upload
from carprice.market.chosen import MARKET
from carprice.market.listing import BY_NAME, ESTIMATE_COLUMNS, FEATURES, VEHICLE
from carprice.progress import Progress, be_silent
from carprice.serving.batch import MOST_ROWS, EstimatedFile, Shown, estimate_upload, select_shown
from carprice.serving.live_model import Serving
from carprice.wording import spell

MOST_MEGABYTES = 50
MOST_MEGABYTES_KEPT = 100
"""Of results, in all sessions together: one of the largest, or several of the usual ones."""
MOST_ROWS_SHOWN = 1_000
UPLOADER = """<style>
[data-testid=stFileUploaderDropzone] button p {{ font-size: 0 }}
[data-testid=stFileUploaderDropzone] button p::after {{ content: "{button}"; font-size: 1rem }}
[data-testid=stFileUploaderDropzoneInstructions] * {{ font-size: 0 }}
[data-testid=stFileUploaderDropzoneInstructions]::after {{ content: "{drop}" }}
</style>"""
"""Streamlit's own words in the place of a file are English, whatever the language."""

# What is uploaded never touches a disk: from a megabyte on, Starlette would put it into a file.
MultiPartParser.spool_max_size = 2 * MOST_MEGABYTES * 2**20


@st.cache_resource(show_spinner=False)
def turn() -> threading.Lock:
    """The lock of the one file at work: two could exhaust the memory."""
    return threading.Lock()


@dataclass(eq=False)
class Order:
    """An uploaded file of a session, with its result while memory allows.

    file_id: differs for each file, also of the same name.
    unchanged: whether its cells are handed back as they are, formulas too.
    """

    file_id: str
    upload: Upload
    serving: Serving
    language: Language
    unchanged: bool
    result: EstimatedFile | None = None

    def is_of(self, file_id: str, serving: Serving, *, unchanged: bool) -> bool:
        asked = (file_id, serving.version.number, language(), unchanged)
        own = (self.file_id, self.serving.version.number, self.language, self.unchanged)
        return asked == own

    def fulfil(self, progress: Progress = be_silent) -> EstimatedFile:
        """The result, estimated again if it was dropped. Raises DatasetError."""
        with turn():
            if self.result is None:
                self.result = self.work(progress)
                _make_room(self)
            return self.result

    def work(self, progress: Progress) -> EstimatedFile:
        model = self.serving.model
        return estimate_upload(
            model, self.upload, progress, self.language, unchanged=self.unchanged
        )


@st.cache_resource(show_spinner=False)
def fulfilled() -> WeakKeyDictionary[Order, None]:
    """Orders of all sessions, latest last; they end with their sessions."""
    return WeakKeyDictionary()


def _make_room(newest: Order) -> None:
    orders = fulfilled()
    orders.pop(newest, None)
    orders[newest] = None
    room = MOST_MEGABYTES_KEPT * 2**20
    for each in reversed([*orders]):
        room -= each.result.size if each.result else 0
        if room < 0 and each is not newest:
            each.result = None


def show() -> None:
    st.title(say(texts.PAGE_FILE))
    serving = state().serving
    if serving is None:
        show_absence()
        return
    st.write(say(texts.FILE_INTRO))
    _show_form()
    uploaded = st.file_uploader(say(texts.FILE_LABEL), max_upload_size=MOST_MEGABYTES, key="file")
    st.caption(say(texts.FILE_LIMITS, megabytes=MOST_MEGABYTES, rows=spell.number(MOST_ROWS)))
    words = {"button": say(texts.FILE_CHOOSE), "drop": say(texts.FILE_DROP)}
    st.html(UPLOADER.format(**words))
    if uploaded is None:
        st.session_state.pop("order", None)
        return
    order: Order | None = st.session_state.get("order")
    unchanged = st.session_state.get("file_unchanged", False)
    if order is None or not order.is_of(uploaded.file_id, serving, unchanged=unchanged):
        upload = Upload(uploaded.name, uploaded.getvalue())
        order = Order(uploaded.file_id, upload, serving, language(), unchanged)
        st.session_state["order"] = order  # the last one is dropped before the next is fulfilled
    if result := order.result or _estimate(order):
        _show_result(order, result)


def _show_form() -> None:
    """Say what columns a file needs, and hand out one with the example of the market."""
    needed = [spell.title(name) for name in FEATURES if BY_NAME[name].needed]
    st.write(say(texts.FILE_COLUMNS, labels=", ".join(f"**{each}**" for each in needed)))
    names = [each for each in FEATURES if BY_NAME[each].needed or each in MARKET.example]
    cells = {spell.title(each): str(MARKET.example.get(each, "")) for each in names}
    template = pd.DataFrame([cells]).to_csv(sep=";", index=False)
    st.code(template, language=None, wrap_lines=True)
    st.download_button(
        say(texts.FILE_TEMPLATE), template.encode("utf-8-sig"), say(texts.FILE_TEMPLATE_NAME),
        "text/csv", icon=":material/download:", on_click="ignore",
    )  # fmt: skip


def _estimate(order: Order) -> EstimatedFile | None:
    bar = st.progress(0.0, say(texts.FILE_READING))

    def progress(done: int, total: int) -> None:
        share = min(1.0, done / total)
        bar.progress(share, say(texts.FILE_ESTIMATING, percent=f"{100 * share:.0f}"))

    if turn().locked():
        bar.progress(0.0, say(texts.FILE_WAITING))
    try:
        return order.fulfil(progress)
    except DatasetError as error:
        st.error(say(texts.FILE_REFUSED), icon=":material/error:")
        # As code: names in a file are no Markdown of ours.
        st.code(error.say(language()), language=None, wrap_lines=True)
        return None
    finally:
        bar.empty()


def _show_result(order: Order, result: EstimatedFile) -> None:
    if result.table.empty:
        st.info(say(texts.FILE_WITHOUT_ROWS))
        return
    counts = {
        texts.FILE_ROWS: len(result.table),
        texts.FILE_ESTIMATED: result.estimated,
        texts.FILE_REMARKED: result.remarked,
    }
    with st.container(horizontal=True):
        for label, count in counts.items():
            st.metric(say(label), spell.number(count), border=True)
    # Fetched when it is asked for: what a button holds is held as long as the page is open.
    st.download_button(
        say(texts.FILE_DOWNLOAD), lambda: order.fulfil().copy, result.name, "text/csv",
        type="primary", icon=":material/download:", on_click="ignore",
    )  # fmt: skip
    st.checkbox(
        say(texts.FILE_UNCHANGED), key="file_unchanged", help=say(texts.FILE_UNCHANGED_HELP)
    )
    _show_table()


@st.fragment
def _show_table() -> None:
    result: EstimatedFile | None = st.session_state["order"].result
    if result is None:  # it made room for others: the whole page estimates it anew
        st.rerun()
    chosen = st.radio(
        say(texts.FILE_SHOWN_LABEL), list(Shown), horizontal=True,
        format_func=lambda each: say(texts.FILE_SHOWN[each]), key="file_shown",
    )  # fmt: skip
    make = st.text_input(say(texts.FILE_SEARCH), key="file_make", icon=":material/search:")
    found = select_shown(result.table, chosen, make)
    if found.empty:
        st.info(say(texts.FILE_TABLE_EMPTY))
        return
    if len(found) > MOST_ROWS_SHOWN:
        shown, rows = spell.number(MOST_ROWS_SHOWN), spell.number(len(found))
        st.caption(say(texts.FILE_TABLE_CUT, shown=shown, rows=rows))
    st.dataframe(
        found.head(MOST_ROWS_SHOWN).astype(dict.fromkeys([*VEHICLE, "remark"], "str")),
        column_config=_name_columns(), placeholder="–", alt=say(texts.FILE_TABLE),
    )  # fmt: skip


def _name_columns() -> dict[str, object]:
    labels = texts.ESTIMATE, texts.LOW, texts.HIGH, texts.WIDE_LOW, texts.WIDE_HIGH
    prices = zip(ESTIMATE_COLUMNS, labels, strict=True)
    return {
        "_index": say(texts.ROW),
        **{name: spell.title(name, language()) for name in VEHICLE},
        **{
            name: st.column_config.NumberColumn(
                f"{say(label)} ({MARKET.currency.symbol})", format="localized"
            )
            for name, label in prices
        },
        "remark": st.column_config.TextColumn(say(texts.REMARK), width="large"),
    }
