"""« Bonnes affaires »: adverts with prices, the most unusual first; the worth of a stock."""

from pathlib import Path

import pandas as pd
import streamlit as st
import texts
from language import language, say
from live import show_absence, state, workspace
from views.file import MOST_MEGABYTES, MOST_ROWS_SHOWN, Order, turn

from carprice.errors import DatasetError
from carprice.listings.arrivals import find_newest
from carprice.listings.reading import Upload
from carprice.progress import Progress
from carprice.serving.deals import (
    MOST_RANKED,
    RAREST,
    Advert,
    Deals,
    Wish,
    explain,
    list_adverts,
    name_aside,
    name_list,
    rank_bounded,
    write_deals,
)
from carprice.serving.live_model import Serving
from carprice.wording import spell
from carprice.wording.deals import NOT_RANKED

CARDS = 3
RANKS = (1, 2, 5, 10, 20, 30, 50, 100)
SAVED_STEP = 1_000


class Ranking(Order):
    """A file to be ranked: of a visitor, or as it came in."""

    def work(self, progress: Progress) -> Deals:
        return rank_bounded(self.serving.model, self.upload, progress, self.language)


def show() -> None:
    st.title(say(texts.PAGE_DEALS))
    serving = state().serving
    if serving is None:
        show_absence()
        return
    st.write(say(texts.DEALS_INTRO))
    source = st.radio(
        say(texts.DEALS_SOURCE), list(texts.DEALS_SOURCES), horizontal=True,
        format_func=lambda each: say(texts.DEALS_SOURCES[each]), key="deals_source",
    )  # fmt: skip
    given = _take_upload() if source == "upload" else _find_arrival()
    if given is None:
        st.session_state.pop("deals", None)
        return
    ranking = _order(serving, *given)
    if ranking.result or _rank(ranking):
        _show_found()


def _take_upload() -> tuple[str, Upload] | None:
    uploaded = st.file_uploader(
        say(texts.FILE_LABEL), max_upload_size=MOST_MEGABYTES, key="deals_file",
        help=say(texts.DEALS_HELP, rows=spell.number(MOST_RANKED)),
    )  # fmt: skip
    return uploaded and (uploaded.file_id, Upload(uploaded.name, uploaded.getvalue()))


def _find_arrival() -> tuple[str, Path] | None:
    try:
        path = find_newest(workspace().settings.raw_data)
        seen = path.stat()
    except (DatasetError, FileNotFoundError) as error:
        told = error.say(language()) if isinstance(error, DatasetError) else str(error)
        st.info(spell.capital(told))
        return None
    return f"{path}:{seen.st_mtime_ns}:{seen.st_size}", path


def _order(serving: Serving, file_id: str, given: Path | Upload) -> Ranking:
    ranking: Ranking | None = st.session_state.get("deals")
    if ranking is None or not ranking.is_of(file_id, serving, unchanged=False):
        ranking = Ranking(file_id, given, serving, language(), unchanged=False)
        st.session_state["deals"] = ranking
    return ranking


def _rank(ranking: Ranking) -> Deals | None:
    bar = st.progress(0.0, say(texts.FILE_WAITING if turn().locked() else texts.FILE_READING))

    def progress(done: int, total: int) -> None:
        bar.progress(done / max(1, total), say(texts.DEALS_RANKING, percent=100 * done // total))

    try:
        return ranking.fulfil(progress)
    except DatasetError as error:
        st.error(say(texts.DEALS_REFUSED), icon=":material/error:")
        # As code: names in a file are no Markdown of ours.
        st.code(error.say(language()), language=None, wrap_lines=True)
        return None
    finally:
        bar.empty()


@st.fragment
def _show_found() -> None:
    ranking: Ranking = st.session_state["deals"]
    found: Deals | None = ranking.result
    if found is None:  # it made room for others: the whole page ranks it anew
        st.rerun()
    name = ranking.upload.name
    st.caption(say(texts.DEALS_FROM, source=spell.escape(name)))
    if not found.ranked:
        st.warning(say(NOT_RANKED), icon=":material/info:")
    chosen, apart = found.choose(_ask_wish(ranked=found.ranked)), found.set_apart
    counts = {"deals": len(chosen), "adverts": len(found.table), "apart": len(apart)}
    with st.container(horizontal=True):
        for kind, count in counts.items():
            st.metric(say(texts.DEALS_COUNTS[kind]), spell.number(count), border=True)
    _show_chosen(chosen, name)
    _show_stock(found)
    _show_apart(apart)


def _ask_wish(*, ranked: bool) -> Wish:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        make = st.text_input(say(texts.DEALS_MAKE), key="deals_make", icon=":material/search:")
        saved = st.number_input(
            say(texts.DEALS_SAVED), min_value=0, step=SAVED_STEP, key="deals_saved"
        )
        rarest = round(100 * RAREST)
        if ranked:
            rarest = st.selectbox(
                say(texts.DEALS_RAREST), RANKS, RANKS.index(rarest), key="deals_rarest"
            )
        by_saving = st.toggle(say(texts.DEALS_BY_SAVING), key="deals_by_saving")
    return Wish(make, saved, rarest / 100, by_saving)


def _show_chosen(chosen: pd.DataFrame, source: str) -> None:
    if chosen.empty:
        st.info(say(texts.DEALS_NONE))
        return
    spoken = language()
    st.download_button(
        say(texts.DEALS_DOWNLOAD), lambda: write_deals(chosen, spoken), name_list(source, spoken),
        "text/csv", type="primary", icon=":material/download:", on_click="ignore",
    )  # fmt: skip
    shown = [*list_adverts(chosen.head(MOST_ROWS_SHOWN))]
    with st.container(horizontal=True):
        for deal in shown[:CARDS]:
            _show_card(deal)
    if len(chosen) > MOST_ROWS_SHOWN:
        cut = spell.number(MOST_ROWS_SHOWN), spell.number(len(chosen))
        st.caption(say(texts.FILE_TABLE_CUT, shown=cut[0], rows=cut[1]))
    _show_table(
        pd.DataFrame(
            {
                "car": [_name_car(each) for each in shown],
                "mileage": [each.mileage_km for each in shown],
                "asked": [each.asked for each in shown],
                "price": [each.price for each in shown],
                "saved": [each.saved for each in shown],
                "as_low": [each.as_low for each in shown],
                "seen": [each.seen for each in shown],
            },
            pd.Index([each.row for each in shown]),
        ),
        say(texts.DEALS_TABLE),
    )


def _show_card(deal: Advert) -> None:
    car = spell.escape(_name_car(deal))
    asked, price = spell.money(deal.asked or 0), spell.about(deal.price or 0)
    with st.container(border=True):
        st.markdown(say(texts.DEALS_CARD, car=car, asked=asked, price=price))
        st.markdown("\n".join(f"- {each}" for each in explain(deal, language())))


def _show_stock(found: Deals) -> None:
    if found.stock is None:
        return
    amounts = {name: spell.about(each) for name, each in found.stock._asdict().items()}
    cars, coverage = spell.number(found.cars), f"{100 * found.coverage:.0f}"
    st.header(say(texts.STOCK), divider="gray")
    st.markdown(say(texts.STOCK_VALUE, cars=cars, coverage=coverage, **amounts))
    st.caption(say(texts.STOCK_NOTE))


def _show_apart(apart: pd.DataFrame) -> None:
    if apart.empty:
        return
    st.header(say(texts.DEALS_APART), divider="gray")
    st.caption(say(texts.DEALS_APART_NOTE))
    # What looks like a deal comes first: of that, people want to know why it is none.
    shown = [*list_adverts(apart.sort_values("saved", ascending=False).head(MOST_ROWS_SHOWN))]
    _show_table(
        pd.DataFrame(
            {
                "car": [_name_car(each) for each in shown],
                "mileage": [each.mileage_km for each in shown],
                "asked": [each.asked for each in shown],
                "price": [each.price for each in shown],
                "reasons": [name_aside(each.aside, language()) for each in shown],
            },
            pd.Index([each.row for each in shown]),
        ),
        say(texts.DEALS_APART_TABLE),
    )


def _show_table(table: pd.DataFrame, alt: str) -> None:
    numbers = table.columns.difference(["car", "reasons"])
    columns: dict[str, object] = {
        name: st.column_config.NumberColumn(say(texts.DEALS_COLUMNS[name]), format="localized")
        for name in numbers
    }
    columns |= {name: say(texts.DEALS_COLUMNS[name]) for name in table.columns.difference(numbers)}
    columns["_index"] = say(texts.ROW)
    rounded = table.astype(dict.fromkeys(numbers, float)).round()
    st.dataframe(rounded, column_config=columns, placeholder="–", alt=alt)


def _name_car(advert: Advert) -> str:
    year = None if advert.model_year is None else f"{advert.model_year:.0f}"
    return " ".join(filter(None, [advert.make, advert.model, year]))
