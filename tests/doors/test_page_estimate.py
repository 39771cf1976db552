"""« Estimer », without a browser: what the page says of one car, and of what answers."""

import dataclasses
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
import texts
from page import LiveModel, everything, pictures, tell_of
from streamlit.testing.v1 import AppTest

from carprice.market.fields import THIS_YEAR
from carprice.pricing.prediction import estimate_car, read_cars
from carprice.pricing.price_model import PriceModel
from carprice.serving.live_model import NO_ANSWER_YET, Serving, State
from carprice.wording import spell
from carprice.wording.troubles import Trouble, TroubleCode

LOGAN = {
    "make": "Dacia", "model": "Logan", "model_year": "2018", "mileage_km": "120000",
    "fuel": "Diesel", "gearbox": "Manuelle",
}  # fmt: skip
APP = Path(__file__).parents[2] / "streamlit_app" / "app.py"
SCRIPT = "from language import choose_language\nfrom views import estimate\n" + (
    "choose_language()\nestimate.show()"
)


def open_page(**address: str | list[str]) -> AppTest:
    """The page as a link opens it."""
    page = AppTest.from_string(SCRIPT, default_timeout=60)
    for name, value in address.items():
        page.query_params[name] = value
    return page.run()


def open_app() -> AppTest:
    """The page with all that stands around it."""
    return AppTest.from_file(APP, default_timeout=60).run()


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
    expected = estimate_car(serving.model, LOGAN)
    assert expected.price is not None
    assert page.metric[0].value == spell.about(expected.price)
    said = everything(page)
    low, high = spell.about(expected.low or 0), spell.about(expected.high or 0)
    assert f"8 voitures sur 10 comme celle-ci s'affichent entre {low} et {high}." in said
    assert "Dacia Logan 2018, 120\u202f000\u00a0km, diesel, manuelle" in said
    assert "Pourquoi ce prix" in said
    assert "En partant d'une voiture typique, Dacia Logan" in said


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
    assert page.metric[0].value == spell.about(estimate_car(serving.model, answers).price or 0)


def test_the_address_is_that_of_the_answer_that_is_shown() -> None:
    page = open_page(**LOGAN, asked_price="90000")
    link, price = dict(page.query_params), page.metric[0].value
    assert link == {**LOGAN, "asked_price": "90000"}
    page.number_input(key="mileage_km").set_value(20_000)
    box(page, "fuel").set_value("petrol")
    box(page, "make").set_value("Renault").run()
    assert (page.query_params, page.metric[0].value) == (link, price)
    page.button[0].click().run()
    assert page.metric[0].value != price
    assert page.query_params == {
        "make": "Renault", "mileage_km": "20000", "fuel": "Essence", "gearbox": "Manuelle",
        "asked_price": "90000",
    }  # fmt: skip


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
    assert help_texts["mileage_km"] == "De 0 à 899\u202f999\u00a0km"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"model_year": "2031"},
            f"Année-modèle hors limites (1980 à {THIS_YEAR + 1}) : valeur ignorée",
        ),
        (
            {"model_year": "99999"},
            f"Année-modèle hors limites (1980 à {THIS_YEAR + 1}) : valeur ignorée",
        ),
        ({"mileage_km": "2000000"}, "Kilométrage hors limites (0 à 899\u202f999\u00a0km)"),
        ({"mileage_km": str(10**22)}, "Kilométrage hors limites (0 à 899\u202f999\u00a0km)"),
        ({"mileage_km": "1e300"}, "Kilométrage illisible : valeur ignorée"),
        ({"fiscal_power_cv": "900"}, "Puissance fiscale hors limites (1 à 60\u00a0CV)"),
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
    price = estimate_car(serving.model, LOGAN).price
    assert price is not None
    page = open_page(**LOGAN, asked_price=str(round(share * price)))
    assert said in everything(page)


def test_of_a_guess_an_asking_price_is_only_placed() -> None:
    page = open_page(**LOGAN | {"make": "Zyx"}, asked_price="10000000")
    assert "10\u202f000\u202f000\u00a0DH : au-dessus de la fourchette." in everything(page)


@pytest.mark.parametrize("number", ["inf", "-inf", "nan", "1e999", "abc", "-5"])
@pytest.mark.parametrize("name", ["mileage_km", "fiscal_power_cv", "asked_price"])
def test_a_number_that_no_field_can_hold_leaves_it_empty(name: str, number: str) -> None:
    page = open_page(**LOGAN | {name: number})
    assert not page.exception
    assert page.number_input(key=name).value is None
    assert page.metric


def test_unknown_and_endless_answers_in_an_address_leave_the_page_standing() -> None:
    page = open_page(
        **LOGAN | {"make": "x" * 5_000, "wings": "2", "doors": "12"}, equipment=["ABS"] * 2
    )
    assert not page.exception
    assert page.header[0].value == f"{'x' * 40}… Logan 2018, 120\u202f000\u00a0km, diesel, manuelle"
    assert page.metric


def test_what_a_link_calls_a_car_is_no_markdown_of_the_page() -> None:
    page = open_page(**LOGAN | {"make": "[Won](https://evil)", "model": "![x](https://evil/p)"})
    title = page.header[0].value
    assert title.startswith("\\[Won\\]\\(")
    assert "](" not in title
    assert "://" not in title


def test_what_a_file_calls_a_car_is_no_markdown_of_the_page(
    production: LiveModel, serving: Serving
) -> None:
    assert serving.reference
    logan = read_cars(serving.model, [LOGAN]).tell(0)
    typical = serving.reference.find_typical(serving.model, logan)
    typical = typical._replace(values={**typical.values, "make": "<b>:smile:</b>", "model": "$x$"})
    typicals = dict.fromkeys(serving.reference.typicals, typical)
    reference = serving.reference._replace(typicals=typicals)
    production.state = State(serving._replace(reference=reference))
    said = everything(open_page(**LOGAN))
    assert f"\\<b\\>\\:{spell.WORD_JOINER}smile" in said
    assert "\\$x\\$" in said


@pytest.mark.parametrize(
    ("coverage", "said"),
    [
        (0.7, "7 voitures sur 10 comme celle-ci s'affichent"),
        (0.75, "75 % des voitures comme celle-ci s'affichent"),
        (0.95, "95 % des voitures comme celle-ci s'affichent"),
    ],
)
def test_an_interval_says_what_share_of_prices_it_holds(
    monkeypatch: pytest.MonkeyPatch, coverage: float, said: str
) -> None:
    monkeypatch.setattr(PriceModel, "coverage", coverage)
    assert said in everything(open_page(**LOGAN))


def test_another_language_keeps_every_answer_and_the_address_in_its_words() -> None:
    page = open_page(
        **LOGAN, origin="Dédouanée", condition="Bon", first_owner="Oui",
        equipment=["ABS", "Toit ouvrant"],
    )  # fmt: skip
    french = dict(page.query_params)
    answers = {each.key: each.value for each in page.selectbox}
    price = page.metric[0].value
    page.radio(key="lang").set_value("en").run()
    assert {each.key: each.value for each in page.selectbox} == answers
    assert page.multiselect(key="equipment").value == ["abs", "sunroof"]
    assert page.query_params["gearbox"] == "Manual"
    assert page.query_params["origin"] == "Customs cleared"
    assert page.query_params["equipment"] == ["ABS", "Sunroof"]
    assert page.metric[0].value == price
    page.radio(key="lang").set_value("fr").run()
    assert page.query_params == french


def test_every_picture_is_told_in_words() -> None:
    page = open_page(**LOGAN)
    interval, _, by_year, by_distance = pictures(page)
    assert interval.alt.endswith("; annonces comparables : 8.")
    assert re.search(rf"pour 2000, .*\u00a0DH pour {THIS_YEAR}, cette voiture", by_year.alt)
    assert re.search("pour 0\u00a0km, .* pour 400\u202f000\u00a0km, cette voiture", by_distance.alt)
    said = everything(page)
    assert texts.INTERVAL_NOTE.fr in said
    assert texts.EXPLAINED.fr in said
    assert said.count(texts.CURVE_NOTE.fr) == 2


def test_comparable_adverts_are_of_the_same_model(serving: Serving) -> None:
    table = open_page(**LOGAN).dataframe[0].value
    assert serving.reference is not None
    assert len(table) == 8
    assert list(table.columns)[:3] == ["Prix (DH)", "Année-Modèle", "Kilométrage (km)"]


def test_a_car_without_a_model_has_no_comparable_adverts_until_it_is_named() -> None:
    page = open_page(**LOGAN | {"model": ""})
    assert texts.NO_MODEL_NAMED.fr in everything(page)
    assert texts.NO_COMPARABLES.fr in everything(open_page(**LOGAN | {"model": "Zyx"}))


def test_the_page_speaks_english_on_demand() -> None:
    page = open_page(**LOGAN | {"fuel": "", "gearbox": ""}, lang="English")
    assert page.get("html")[0].proto.body == (
        "<script>document.documentElement.lang = 'en'</script>"
    )
    said = everything(page)
    assert "cars in 10 like this one are advertised at between" in said
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


def test_what_limits_trust_stands_above_the_page_and_what_answers_below() -> None:
    page = open_app()
    kinds = {"warning", "title", "caption"}
    assert [(each.type, each.value) for each in page.main if each.type in kinds] == [
        ("warning", texts.SIMULATED.fr),
        ("title", "Le prix d'une voiture d'occasion au Maroc"),
        ("caption", "Modèle en production : version 3, depuis le 02/11/2026."),
    ]


@pytest.mark.parametrize(
    ("tags", "said"),
    [
        ({"restored_at": "2026-11-05T08:00:00+00:00"}, "version 3, depuis le 05/11/2026."),
        ({"promoted_at": ""}, "Modèle en production : version 3."),
    ],
)
def test_a_version_that_came_back_is_dated_anew_and_one_set_by_hand_is_not_dated(
    production: LiveModel, serving: Serving, tags: dict[str, str], said: str
) -> None:
    version = dataclasses.replace(serving.version, tags=serving.version.tags | tags)
    production.state = State(serving._replace(version=version))
    assert said in open_app().caption[-1].value


def test_a_registry_that_is_away_is_told_of_in_the_time_of_the_market(
    production: LiveModel, serving: Serving
) -> None:
    away = datetime(2026, 11, 3, 23, 30, tzinfo=UTC)
    production.state = State(serving, None, NO_ANSWER_YET, away)
    said = open_app().warning[0].value
    assert "ne répond pas depuis le 04/11/2026 à 00:30 (heure du Maroc)" in said
    assert "le dernier bon modèle continue de répondre" in said


def test_trouble_with_production_is_told_with_the_way_back_and_quotes_no_markdown(
    production: LiveModel, serving: Serving
) -> None:
    changed = {"version": 3, "message": "model.skops: ![a](http://b.example)"}
    trouble = Trouble(TroubleCode.FILES_CHANGED, changed, 2)
    production.state = State(serving, None, trouble, datetime(2026, 11, 3, 23, 30, tzinfo=UTC))
    said = open_app().warning[0].value
    assert "la version 3, en production, ne s'ouvre pas comme elle a été enregistrée" in said
    assert "`carprice rollback` remet en production la version 2" in said
    assert "La version 3, la dernière bonne, continue de répondre" in said
    assert "![a](" not in said


def test_the_version_trained_last_is_told_of_where_it_does_not_answer(
    production: LiveModel, serving: Serving
) -> None:
    newest = dataclasses.replace(serving.version, number=4, tags={"decision": "refused"})
    production.state = State(serving, tell_of(newest, serving.version))
    assert open_app().caption[-1].value == (
        "Dernière version entraînée : version 4, le 01/11/2026 (refusée par la comparaison)."
    )
