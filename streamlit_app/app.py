"""Entry point of the page: its routes, and notes on every page."""

from pathlib import Path

import streamlit as st
import texts
from language import choose_language, say
from live import show_notes, show_versions, show_visitor
from views import deals, estimate, file, market, model, monitoring

STYLE = Path(__file__).with_name("style.css")


def main() -> None:
    choose_language()
    st.html(STYLE)
    pages = {
        "": (estimate, texts.PAGE_ESTIMATE, "directions_car"),
        "fichier": (file, texts.PAGE_FILE, "table_view"),
        "affaires": (deals, texts.PAGE_DEALS, "sell"),
        "modele": (model, texts.PAGE_MODEL, "verified"),
        "marche": (market, texts.PAGE_MARKET, "bar_chart"),
        "surveillance": (monitoring, texts.PAGE_MONITORING, "monitoring"),
    }
    page = st.navigation(
        [
            st.Page(
                module.show, title=say(title), icon=f":material/{icon}:", url_path=path,
                default=not path,
            )
            for path, (module, title, icon) in pages.items()
        ],
        position="top",
    )  # fmt: skip
    title = say(texts.PAGE_TITLE, page=page.title)
    st.set_page_config(page_title=title, page_icon="🚗", layout="wide")
    show_notes()
    page.run()
    show_versions()
    show_visitor()


main()
