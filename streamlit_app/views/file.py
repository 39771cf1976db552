"""« Estimer un fichier »: a CSV file or a workbook of cars, estimated while its owner waits."""

import threading

import pandas as pd
import streamlit as st
from language import language, say
from live import show_absence, state
from starlette.formparsers import MultiPartParser

from carprice import texts, wording
from carprice.batch import EstimatedFile, Shown, estimate_upload, select_shown
from carprice.dataset import Upload
from carprice.errors import DatasetError
from carprice.listing import BY_NAME, FEATURES, VEHICLE
from carprice.live_model import Serving

MOST_MEGABYTES = 50
MOST_ROWS_SHOWN = 1_000

# What is uploaded never touches a disk: from a megabyte on, Starlette would put it into a file.
MultiPartParser.spool_max_size = 2 * MOST_MEGABYTES * 2**20


@st.cache_resource(show_spinner=False)
def turn() -> threading.Lock:
    """Held by the one file at work: two at once could take more memory than there is."""
    return threading.Lock()


def show() -> None:
    st.title(say(texts.PAGE_FILE))
    serving = state().serving
    if serving is None:
        show_absence()
        return
    st.write(say(texts.FILE_INTRO))
    needed = [name for name in FEATURES if BY_NAME[name].needed]
    uploaded = st.file_uploader(
        say(texts.FILE_LABEL), max_upload_size=MOST_MEGABYTES, key="file",
        help=say(texts.FILE_HELP, labels=", ".join(BY_NAME[name].label for name in needed)),
    )  # fmt: skip
    if uploaded is None:
        st.session_state.pop("estimated", None)
        return
    key = (uploaded.file_id, serving.version.number, language())
    if st.session_state.get("estimated", (None, None))[0] != key:
        st.session_state["estimated"] = (None, None)  # the last one is dropped before the next
        result = _estimate(serving, Upload(uploaded.name, uploaded.getvalue()))
        if result is None:
            return
        st.session_state["estimated"] = (key, result)
    _show_result(st.session_state["estimated"][1])


def _estimate(serving: Serving, upload: Upload) -> EstimatedFile | None:
    bar = st.progress(0.0, say(texts.FILE_READING))

    def progress(share: float) -> None:
        percent = f"{100 * share:.0f}"
        bar.progress(share, say(texts.FILE_ESTIMATING, percent=percent))

    if turn().locked():
        bar.progress(0.0, say(texts.FILE_WAITING))
    try:
        with turn():
            return estimate_upload(serving.pipeline, upload, progress, language())
    except DatasetError as error:
        st.error(say(texts.FILE_REFUSED), icon=":material/error:")
        # As code: names in a file are no Markdown of ours.
        explanation = error.french if language() == "fr" else str(error)
        st.code(explanation, language=None, wrap_lines=True)
        return None
    finally:
        bar.empty()


def _show_result(result: EstimatedFile) -> None:
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
            st.metric(say(label), wording.number(count), border=True)
    st.download_button(
        say(texts.FILE_DOWNLOAD), result.copy, result.name, "text/csv",
        type="primary", icon=":material/download:", on_click="ignore",
    )  # fmt: skip
    _show_table(result.table)


@st.fragment
def _show_table(table: pd.DataFrame) -> None:
    chosen = st.segmented_control(
        say(texts.FILE_SHOWN_LABEL), list(Shown), default=Shown.ALL, required=True,
        format_func=lambda each: say(texts.FILE_SHOWN[each]), key="file_shown",
    )  # fmt: skip
    make = st.text_input(say(texts.FILE_SEARCH), key="file_make", icon=":material/search:")
    found = select_shown(table, chosen, make)
    if found.empty:
        st.info(say(texts.FILE_TABLE_EMPTY))
        return
    if len(found) > MOST_ROWS_SHOWN:
        shown, rows = wording.number(MOST_ROWS_SHOWN), wording.number(len(found))
        st.caption(say(texts.FILE_TABLE_CUT, shown=shown, rows=rows))
    st.dataframe(
        found.head(MOST_ROWS_SHOWN), column_config=_name_columns(), placeholder="–",
    )  # fmt: skip


def _name_columns() -> dict[str, object]:
    prices = {"price_mad": texts.ESTIMATE, "low_mad": texts.LOW, "high_mad": texts.HIGH}
    return {
        "_index": say(texts.ROW),
        **{name: wording.title(name, language()) for name in VEHICLE},
        **{
            name: st.column_config.NumberColumn(f"{say(label)} (DH)", format="localized")
            for name, label in prices.items()
        },
        "remark": st.column_config.TextColumn(say(texts.REMARK), width="large"),
    }
