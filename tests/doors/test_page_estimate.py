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
    "fuel": "diesel", "gearbox": "manual",
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


def press(page: AppTest, label: str) -> AppTest:
    return next(each for each in page.button if each.label == label).click().run()


def html(page: AppTest) -> str:
    """What the page draws by itself: the bar of the range, cards."""
    return "".join(each.proto.body for each in page.get("html"))


@pytest.fixture(autouse=True)
def production(live_model: LiveModel) -> LiveModel:
    return live_model


def test_a_page_that_is_just_opened_answers_nothing_and_offers_three_cars(
    serving: Serving,
) -> None:
    page = open_page()
    assert not page.exception
    assert not page.metric
    assert serving.reference is not None
    learnt, held_out = map(spell.number, serving.reference.sides)
    assert f"Appris sur **{learnt} annonces**, vérifié sur **{held_out} autres**" in everything(
        page
    )
    ask, clear, *examples = [each.label for each in page.button]
    assert (ask, clear, len(examples)) == ("Prédire", "Effacer", 3)
    press(page, examples[0])
    assert page.header[0].value.startswith(examples[0])
    assert page.metric[0].value.endswith("DH")


def test_a_link_opens_its_estimate(serving: Serving) -> None:
    page = open_page(**LOGAN)
    assert not page.exception
    expected = estimate_car(serving.model, LOGAN)
    assert expected.price is not None
    assert page.metric[0].value == spell.about(expected.price)
    said = everything(page)
    low, high = spell.about(expected.low or 0), spell.about(expected.high or 0)
    assert f"8 voitures sur 10 comme celle-ci sont proposées entre {low} et {high}." in said
    assert "Dacia Logan 2018, 120\u202f000\u00a0km, diesel, manuelle" in said
    assert [each.label for each in page.tabs] == [
        "Pourquoi ce prix", "Selon l'année", "Selon le kilométrage",
    ]  # fmt: skip
    assert "En partant d'une voiture typique, Dacia Logan" in said


def test_the_button_answers_for_what_the_form_says(serving: Serving) -> None:
    page = open_page()
    box(page, "make").set_value("Dacia").run()
    box(page, "model").set_value("Logan").run()
    box(page, "model_year").set_value("2015")
    page.number_input(key="mileage_km").set_value(150_000)
    box(page, "fuel").set_value("diesel")
    assert not page.metric
    press(page, "Prédire")
    answers = {"make": "Dacia", "model": "Logan", "model_year": "2015", "mileage_km": "150000",
               "fuel": "diesel"}  # fmt: skip
    assert page.metric[0].value == spell.about(estimate_car(serving.model, answers).price or 0)


def test_answer_and_address_follow_each_change_of_the_form() -> None:
    page = open_page(**LOGAN, asked_price="90000")
    first = page.metric[0].value
    assert page.query_params == {**LOGAN, "asked_price": "90000"}
    box(page, "fuel").set_value("petrol").run()
    assert page.metric[0].value != first
    box(page, "make").set_value("Renault").run()
    assert page.query_params == {
        "make": "Renault", "mileage_km": "120000", "fuel": "petrol", "gearbox": "manual",
        "asked_price": "90000",
    }  # fmt: skip
    assert page.header[0].value.startswith("Renault, 120")
    press(page, "Effacer")
    assert not page.metric
    assert not page.query_params
    assert box(page, "make").value is None


def test_a_number_that_is_sent_asks_once_enough_is_known() -> None:
    page = open_page()
    page.number_input(key="mileage_km").set_value(120_000).run()
    assert not page.header[0].value.startswith("Une voiture")
    box(page, "make").set_value("Dacia").run()
    box(page, "model").set_value("Logan").run()
    assert not page.metric
    page.number_input(key="mileage_km").set_value(90_000).run()
    assert page.metric


def test_a_link_of_an_earlier_release_holds_the_words_of_its_language() -> None:
    words = LOGAN | {"fuel": "Diesel", "gearbox": "Manual", "lang": "English"}
    page = open_page(**words, equipment=["Sunroof"])
    assert (box(page, "fuel").value, box(page, "gearbox").value) == ("diesel", "manual")
    assert page.multiselect(key="equipment").value == ["sunroof"]
    assert page.header[0].value.endswith("diesel, manual")


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
    assert "Dacia Logan 2018" not in everything(page)


def test_every_field_of_a_listing_can_be_answered() -> None:
    page = open_page()
    asked = {each.key for each in (*page.selectbox, *page.number_input)}
    assert asked == {
        "make", "model", "model_year", "mileage_km", "fuel", "gearbox", "doors", "origin",
        "first_owner", "fiscal_power_cv", "condition", "asked_price",
    }  # fmt: skip
    help_texts = {each.key: each.help for each in page.number_input}
    assert help_texts["mileage_km"] == "De 0 à 899\u202f999\u00a0km"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"model_year": "1900"}, f"Impossible : de 1980 à {THIS_YEAR + 1}."),
        ({"mileage_km": "2000000"}, "Impossible : de 0 à 899\u202f999\u00a0km."),
        ({"mileage_km": "1e300"}, "Illisible."),
        ({"mileage_km": "5"}, "Invraisemblable à cet âge."),
        ({"fiscal_power_cv": "900"}, "Impossible : de 1 à 60\u00a0CV."),
    ],
)
def test_a_value_that_no_car_has_is_an_error_at_its_field(
    changes: dict[str, str], said: str
) -> None:
    page = open_page(**LOGAN | changes)
    assert [each.value for each in page.error] == [said, texts.CORRECT_FIRST.fr]
    assert not page.metric


def test_a_model_never_seen_is_said_beside_its_range() -> None:
    said = everything(open_page(**LOGAN | {"model": "Zyx"}))
    assert "Modèle jamais vu pour cette marque : fourchette élargie" in said


def test_a_make_never_seen_gets_a_range_and_no_price_and_nothing_that_rests_on_one() -> None:
    page = open_page(**LOGAN | {"make": "Zyx", "model": "Ufo"})
    said = everything(page)
    assert page.metric[0].label == "Fourchette"
    assert "–" in page.metric[0].value
    assert "Aucune annonce d'une voiture comme celle-ci n'a été vue" in said
    assert "Pourquoi ce prix" not in said
    assert not pictures(page)


def test_too_little_said_is_no_estimate_but_what_to_add() -> None:
    page = open_page(make="Dacia")
    assert not page.metric
    assert (
        "Il faut au moins 3 renseignements parmi les principaux. Ajoutez par exemple : modèle, "
        "année-modèle, kilométrage" in everything(page)
    )


def test_open_fields_are_named_once_with_what_they_would_bring() -> None:
    said = everything(open_page(**LOGAN | {"fuel": ""}))
    assert said.count("type de carburant") == 1
    assert re.search(r"- type de carburant : prix de \d.* à \d.*\u00a0DH", said)
    assert texts.INVITATION.fr in said


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0.3, ("Anormalement bas", "sous l'estimation : trop beau ?")),
        (0.9, ("Bonne affaire", "10 % sous l'estimation.")),
        (1.0, ("Prix du marché", "à 0 % de l'estimation")),
        (3.0, ("Très cher", "au-dessus de l'estimation : à éviter")),
    ],
)
def test_an_asking_price_is_judged(serving: Serving, share: float, said: tuple[str, str]) -> None:
    price = estimate_car(serving.model, LOGAN).price
    assert price is not None
    page = open_page(**LOGAN, asked_price=str(round(share * price)))
    told = everything(page)
    assert all(each in told for each in said)
    assert f"Prix demandé : {spell.money(round(share * price))}." in html(page)


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
        (0.7, "7 voitures sur 10 comme celle-ci sont proposées"),
        (0.75, "75 % des voitures comme celle-ci sont proposées"),
        (0.95, "95 % des voitures comme celle-ci sont proposées"),
    ],
)
def test_an_interval_says_what_share_of_prices_it_holds(
    monkeypatch: pytest.MonkeyPatch, coverage: float, said: str
) -> None:
    monkeypatch.setattr(PriceModel, "coverage", coverage)
    assert said in everything(open_page(**LOGAN))


def test_another_language_keeps_every_answer_and_the_codes_of_the_address() -> None:
    page = open_page(
        **LOGAN, origin="customs_cleared", condition="good", first_owner="yes",
        equipment=["abs", "sunroof"],
    )  # fmt: skip
    address = dict(page.query_params)
    answers = {each.key: each.value for each in page.selectbox}
    price = page.metric[0].value
    for spoken in ("en", "fr"):
        page.radio(key="lang").set_value(spoken).run()
        assert {each.key: each.value for each in page.selectbox} == answers
        assert page.multiselect(key="equipment").value == ["abs", "sunroof"]
        assert page.query_params == address | {"lang": spoken}
        assert page.metric[0].value == price


def test_every_picture_is_told_in_words() -> None:
    page = open_page(**LOGAN)
    _, by_year, by_distance = pictures(page)
    assert re.search(rf"pour 2000, .*\u00a0DH pour {THIS_YEAR}, cette voiture", by_year.alt)
    assert re.search("pour 0\u00a0km, .* pour 400\u202f000\u00a0km, cette voiture", by_distance.alt)
    said = everything(page)
    assert texts.EXPLAINED.fr in said
    assert said.count(texts.CURVE_NOTE.fr) == 2
    assert re.search(r'aria-label="Bonne affaire de .*; annonces comparables : 8."', html(page))


def test_comparable_adverts_are_cards_with_what_differs(serving: Serving) -> None:
    told = html(open_page(**LOGAN))
    assert serving.reference is not None
    car = read_cars(serving.model, [LOGAN]).tell(0)
    first = serving.reference.find_comparables(car).iloc[0]
    assert told.count("<li>") == 8
    assert f"<li><b>{spell.money(first['price_mad'])}</b>" in told
    years = int(first["model_year"]) - 2018
    assert (f"{abs(years)} an" in told) == bool(years)


@pytest.mark.parametrize("times", [0.5, 2])
def test_comparable_adverts_that_lie_on_one_side_are_pointed_at(
    production: LiveModel, serving: Serving, times: float
) -> None:
    assert serving.reference
    known = serving.reference.known.assign(price_mad=times * serving.reference.known["price_mad"])
    production.state = State(serving._replace(reference=serving.reference._replace(known=known)))
    said = everything(open_page(**LOGAN))
    side = "moins" if times < 1 else "plus"
    assert f"8 des 8 annonces comparables sont {side} chères que cette estimation" in said


def test_what_is_kept_stands_side_by_side_and_is_forgotten_on_demand() -> None:
    page = open_page(**LOGAN, asked_price="90000")
    press(page, "Garder pour comparer")
    page.number_input(key="mileage_km").set_value(20_000).run()
    press(page, "Garder pour comparer")
    table = page.dataframe[0].value
    assert table["Voiture"].tolist() == [
        "Dacia Logan 2018 120\u202f000\u00a0km", "Dacia Logan 2018 20\u202f000\u00a0km",
    ]  # fmt: skip
    assert table["Prix demandé (DH)"].tolist() == [90_000, 90_000]
    assert "mileage_km=20000" in table["Adresse"][1]
    press(page, "Tout oublier")
    assert not page.dataframe


def test_a_car_without_a_model_has_no_comparable_adverts_until_it_is_named() -> None:
    page = open_page(**LOGAN | {"model": ""})
    assert texts.NO_MODEL_NAMED.fr in everything(page)
    assert texts.NO_COMPARABLES.fr in everything(open_page(**LOGAN | {"model": "Zyx"}))


def test_the_page_speaks_english_on_demand() -> None:
    page = open_page(**LOGAN | {"fuel": "", "gearbox": ""}, lang="en")
    assert page.get("html")[0].proto.body == (
        "<script>document.documentElement.lang = 'en'</script>"
    )
    said = everything(page)
    assert "out of 10 cars like this one are advertised at between" in said
    assert page.button[0].label == "Estimate"
    assert box(page, "fuel").label == "Fuel"
    assert "fuel: a price of" in said


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
