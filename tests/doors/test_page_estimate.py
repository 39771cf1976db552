"""« Estimer », without a browser: what the page says of one car."""

import pytest
from page import LiveModel, everything
from streamlit.testing.v1 import AppTest

from carprice import wording
from carprice.live_model import Serving, State
from carprice.prediction import estimate_car

LOGAN = {
    "make": "Dacia", "model": "Logan", "model_year": "2018", "mileage_km": "120000",
    "fuel": "Diesel", "gearbox": "Manuelle",
}  # fmt: skip
SCRIPT = "from language import choose_language\nfrom views import estimate\n" + (
    "choose_language()\nestimate.show()"
)


def open_page(**address: str) -> AppTest:
    """The page as a link opens it."""
    page = AppTest.from_string(SCRIPT, default_timeout=60)
    for name, value in address.items():
        page.query_params[name] = value
    return page.run()


def box(page: AppTest, key: str):
    return next(each for each in page.selectbox if each.key == key)


@pytest.fixture(autouse=True)
def production(live_model: LiveModel) -> LiveModel:
    return live_model


def test_a_page_that_is_just_opened_asks_and_answers_nothing() -> None:
    page = open_page()
    assert not page.exception
    assert not page.metric
    assert [each.label for each in page.button] == ["Prédire"]


def test_a_link_opens_its_estimate(serving: Serving) -> None:
    page = open_page(**LOGAN)
    assert not page.exception
    expected = estimate_car(serving.pipeline, LOGAN)
    assert expected.price_mad is not None
    assert page.metric[0].value == wording.about(expected.price_mad)
    said = everything(page)
    low, high = wording.about(expected.low_mad or 0), wording.about(expected.high_mad or 0)
    assert f"8 voitures sur 10 comme celle-ci se vendent entre {low} et {high}." in said
    assert "Dacia Logan 2018, 120\u202f000 km, diesel, manuelle" in said
    assert "Pourquoi ce prix" in said
    assert "En partant d'une voiture typique de ce marché" in said


def test_the_button_answers_for_what_the_form_says(serving: Serving) -> None:
    page = open_page()
    box(page, "make").set_value("Dacia").run()
    box(page, "model").set_value("Logan").run()
    box(page, "model_year").set_value("2015")
    page.number_input(key="mileage_km").set_value(150_000)
    box(page, "fuel").set_value("diesel")
    assert not page.metric
    page.button[0].click().run()
    answers = {"make": "Dacia", "model": "Logan", "model_year": "2015", "mileage_km": "150000",
               "fuel": "diesel"}  # fmt: skip
    assert page.metric[0].value == wording.about(
        estimate_car(serving.pipeline, answers).price_mad or 0
    )


def test_a_make_narrows_the_models_and_a_model_the_years(serving: Serving) -> None:
    assert serving.reference is not None
    catalog = serving.reference.catalog
    page = open_page()
    assert box(page, "make").options == list(catalog.names)
    box(page, "make").set_value("Dacia").run()
    assert box(page, "model").options == list(catalog.models_of("Dacia"))
    box(page, "model").set_value("Logan").run()
    years = [str(each) for each in catalog.years_of("Dacia", "Logan")]
    assert box(page, "model_year").options == years


def test_another_make_forgets_the_model_of_the_first() -> None:
    page = open_page(**LOGAN)
    box(page, "make").set_value("Renault").run()
    assert box(page, "model").value is None
    assert box(page, "model_year").value is None
    assert page.metric, "the answer stays that of the car it names"
    assert "Dacia Logan 2018" in everything(page)


def test_every_field_of_a_listing_can_be_answered() -> None:
    page = open_page()
    asked = {each.key for each in (*page.selectbox, *page.number_input)}
    assert asked == {
        "make", "model", "model_year", "mileage_km", "fuel", "gearbox", "doors", "origin",
        "first_owner", "fiscal_power_cv", "condition",
    }  # fmt: skip
    help_texts = {each.key: each.help for each in page.number_input}
    assert help_texts["mileage_km"] == "De 0 à 899\u202f999 km"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"model_year": "2031"}, "Année-modèle hors limites : ignoré"),
        ({"mileage_km": "2000000"}, "kilométrage hors limites : ignoré"),
        ({"model": "Zyx"}, "Modèle jamais vu pour cette marque : fourchette élargie"),
    ],
)
def test_what_could_not_be_used_is_said_plainly(changes: dict[str, str], said: str) -> None:
    assert said.lower() in everything(open_page(**LOGAN | changes)).lower()


def test_a_make_never_seen_gets_a_range_and_no_price_and_nothing_that_rests_on_one() -> None:
    page = open_page(**LOGAN | {"make": "Zyx", "model": "Ufo"})
    said = everything(page)
    assert page.metric[0].label == "Fourchette"
    assert "–" in page.metric[0].value
    assert "Aucune annonce d'une voiture comme celle-ci n'a été vue" in said
    assert "Pourquoi ce prix" not in said
    assert "Le prix selon l'année" not in said


def test_too_little_said_is_no_estimate_but_the_reason() -> None:
    page = open_page(make="Dacia")
    assert not page.metric
    assert "Pas d'estimation : trop peu de renseignements (1 sur 6, il en faut 3)" in everything(
        page
    )


def test_open_fields_are_said_to_widen_the_range() -> None:
    said = everything(open_page(**LOGAN))
    assert "Sans ces renseignements (" in said
    assert "% plus large." in said


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0.3, "sous la fourchette. Trop beau ?"),
        (1.0, "au prix du marché"),
        (3.0, "au-dessus de la fourchette. Cher"),
    ],
)
def test_an_asking_price_is_judged(serving: Serving, share: float, said: str) -> None:
    price = estimate_car(serving.pipeline, LOGAN).price_mad
    assert price is not None
    page = open_page(**LOGAN, asked_price=str(round(share * price)))
    assert said in everything(page)


def test_of_a_guess_an_asking_price_is_only_placed() -> None:
    page = open_page(**LOGAN | {"make": "Zyx"}, asked_price="10000000")
    assert "10\u202f000\u202f000\u00a0DH : au-dessus de la fourchette." in everything(page)


def test_comparable_adverts_are_of_the_same_model(serving: Serving) -> None:
    table = open_page(**LOGAN).dataframe[0].value
    assert serving.reference is not None
    assert len(table) == 8
    assert list(table.columns)[:3] == ["Prix (DH)", "Année-Modèle", "Kilométrage (km)"]


def test_the_page_speaks_english_on_demand() -> None:
    page = open_page(**LOGAN | {"fuel": "", "gearbox": ""}, lang="English")
    said = everything(page)
    assert "cars in 10 like this one sell for between" in said
    assert [each.label for each in page.button] == ["Estimate"]
    assert box(page, "fuel").label == "Fuel"
    assert "Not given: fuel" in said


def test_without_the_training_table_there_is_still_an_estimate(
    production: LiveModel, serving: Serving
) -> None:
    production.state = State(serving._replace(reference=None), None)
    page = open_page(**LOGAN)
    assert not page.exception
    assert page.metric[0].value
    assert "Les annonces d'apprentissage ne sont pas sur cette machine" in everything(page)


def test_with_nothing_in_production_the_page_says_what_to_type(production: LiveModel) -> None:
    production.state = State()
    page = open_page()
    assert "make run" in everything(page)
    assert not page.button
