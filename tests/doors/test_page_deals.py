"""« Bonnes affaires », without a browser."""

import os
from pathlib import Path

import pytest
import texts
from page import LiveModel, everything, run_page
from streamlit.testing.v1 import AppTest

from carprice.pricing.prediction import estimate_car
from carprice.serving.deals import write_deals
from carprice.serving.live_model import State
from carprice.settings import Settings
from carprice.wording.deals import NOT_RANKED
from carprice.workspace import Workspace

HEADER = "Prix;Marque;Modèle;Année-Modèle;Kilométrage;Type de carburant;Boite de vitesses"
CAR = {
    "make": "Dacia", "model": "Logan", "model_year": "2018", "mileage_km": "90000",
    "fuel": "Diesel", "gearbox": "Manuelle",
}  # fmt: skip


@pytest.fixture
def price(live_model: LiveModel) -> float:
    assert live_model.state.serving
    return estimate_car(live_model.state.serving.model, CAR).price or 0


def write_adverts(*adverts: tuple[float, str]) -> str:
    """Logans by their price and kilometres."""
    rows = [f"{price:.0f};Dacia;Logan;2018;{km};Diesel;Manuelle" for price, km in adverts]
    return "\n".join([HEADER, *rows, ""])


def upload(content: str) -> AppTest:
    page = run_page("deals", deals_source="upload")
    return page.file_uploader[0].set_value(("a.csv", content.encode(), "text/csv")).run()


def test_deals_come_ranked_with_reasons_and_what_is_suspicious_apart(price: float) -> None:
    page = upload(
        write_adverts(
            (0.95 * price, "90000"), (0.85 * price, "91000"), (0.1 * price, "92000"),
            (0.9 * price, "999999"), (0.95 * price, "90000"),
        )
    )  # fmt: skip
    assert not page.exception
    page.selectbox[0].set_value(100).run()
    deals, apart = (each.value for each in page.dataframe)
    assert deals.index.tolist() == [2, 1]
    assert deals["saved"].tolist() == pytest.approx([0.15 * price, 0.05 * price], rel=0.2)
    assert dict(zip(apart.index, apart["reasons"], strict=True)) == {
        3: "prix trop bas pour être cru : moins de 1 annonce sur 100 est aussi basse",
        4: "kilométrage impossible ou illisible",
        5: "annonce répétée (même contenu)",
    }
    said = everything(page)
    assert "annonces sur 100 de voitures comme celle-ci sont aussi basses" in said
    assert "pour 2 voitures : entre" in said
    page.number_input[0].set_value(int(0.1 * price)).run()
    assert page.dataframe[0].value.index.tolist() == [2]
    page.text_input[0].set_value("Lada").run()
    assert texts.DEALS_NONE.fr in everything(page)


def test_the_newest_arrival_is_ranked_unasked(
    live_model: LiveModel, price: float, tmp_path: Path
) -> None:
    live_model.work = Workspace(Settings(home=tmp_path))
    assert "Aucun fichier d'annonces entier" in everything(run_page("deals"))
    raw = live_model.work.settings.raw_data
    raw.mkdir(parents=True)
    (raw / "new.csv").write_text(write_adverts((0.85 * price, "90000")))
    (raw / "old.csv").write_text(write_adverts((price, "90000")))
    os.utime(raw / "old.csv", (1, 1))
    (raw / "half.csv").write_text(HEADER + "\n100000;Dacia")
    assert "new.csv" in everything(run_page("deals"))


def test_a_model_of_an_earlier_release_says_that_it_has_no_ranks(
    live_model: LiveModel, price: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    serving = live_model.state.serving
    assert serving
    monkeypatch.setattr(serving.model.pipeline["price"], "error_table_", None)
    page = upload(write_adverts((0.95 * price, "90000"), (0.1 * price, "91000")))
    assert NOT_RANKED.fr in everything(page)
    deals, apart = (each.value for each in page.dataframe)
    assert deals["as_low"].isna().all()
    assert apart["reasons"].tolist() == ["prix sous la fourchette"]
    assert not page.selectbox
    assert texts.STOCK.fr not in everything(page)


def test_a_name_that_a_spreadsheet_would_run_is_harmless_in_the_list(price: float) -> None:
    content = write_adverts((0.85 * price, "90000")).replace("Logan", "=1+1")
    page = upload(content)
    page.selectbox[0].set_value(100).run()
    found = page.session_state["deals"].result
    assert ";'=1+1;" in write_deals(found.table).decode()


def test_without_a_model_or_with_a_bad_file_the_page_says_what_to_do(live_model: LiveModel) -> None:
    assert "Prix" in upload("Marque;Modèle\nDacia;Logan\n").code[0].value
    live_model.state = State()
    assert texts.NO_MODEL.fr in everything(run_page("deals"))
