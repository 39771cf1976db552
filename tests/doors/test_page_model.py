"""« Le modèle », without a browser."""

import dataclasses
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest
import texts
from page import LiveModel, everything, pictures, run_page, tell_of
from streamlit.testing.v1 import AppTest

from carprice.evaluation.comparison import Comparison, Difference
from carprice.evaluation.decision import Decision
from carprice.evaluation.metrics import Evaluation, evaluate
from carprice.listings.quality_report import DataProfile
from carprice.market.listing import ESTIMATE_COLUMNS
from carprice.registry.history import Record
from carprice.registry.model_facts import LastPipeline, ModelFacts
from carprice.registry.records import Version
from carprice.serving.live_model import NO_ANSWER_YET, Serving, State
from carprice.wording import spell
from carprice.wording.reasons import Code, Reason
from carprice.wording.stored_reasons import store_reasons
from carprice.workspace import Workspace

PROFILED = DataProfile(
    data_hash="abc", rows=1_500, median_price_by_make={"dacia": 90_000.0},
    models_by_make={"dacia": ["logan", "duster"], "kia": ["rio"]},
    missing={"make": 0.0, "origin": 0.4, "doors": 0.25}, simulated=True,
)  # fmt: skip
REFUSED = Version(
    4, "run-4",
    {
        "source": "![x](http://example.com/x.png).csv", "rows": "1500", "rows_trained": "1200",
        "simulated": "false",
        "decision": "refused", "median_error_pct": "9.10",
        "decision_reasons": "median error 9.10 %; at most 8 % is allowed",
    },
    datetime(2026, 11, 4, 9, tzinfo=UTC),
)  # fmt: skip


@pytest.fixture(scope="session")
def evaluation(serving: Serving) -> Evaluation:
    assert serving.reference
    unseen = serving.reference.unseen
    estimates = serving.model.price(serving.model.encode(unseen))
    return evaluate(unseen, pd.DataFrame(estimates, unseen.index, list(ESTIMATE_COLUMNS)), 20)


@pytest.fixture(autouse=True)
def production(live_model: LiveModel, serving: Serving, evaluation: Evaluation) -> LiveModel:
    """Version 3 with its record, and a refused version 4; nothing else can be asked."""
    record = Record(evaluation, PROFILED, "<script>alert(1)</script>")
    live_model.state = State(serving._replace(record=record), tell_of(REFUSED, serving.version))
    return live_model


def figures(page: AppTest) -> dict[str, str]:
    return {each.label: each.value for each in page.metric}


def written(page: AppTest) -> str:
    return "\n".join(each.value for each in page.text)


def chapters(page: AppTest) -> list[Any]:
    """What can be opened of each version in the history; the card stands before them."""
    return [each for each in page.expander if each.label.startswith("Version")]


def test_the_version_in_production_is_told_with_its_figures(
    evaluation: Evaluation, serving: Serving
) -> None:
    page = run_page("model")
    assert page.header[0].value == "Version 3, en production depuis le 02/11/2026"
    error = f"{evaluation.overall.median_error_pct:.1f}".replace(".", ",")
    assert figures(page)["Erreur médiane"] == f"{error} %"
    assert serving.reference
    assert figures(page)["Annonces d'apprentissage"] == spell.number(len(serving.reference.known))
    assert figures(page)["Mises de côté"] == spell.number(len(serving.reference.unseen))
    kept, learnt, held_out = map(spell.number, (1_500, *serving.reference.sides))
    told = everything(page)
    assert f"{kept} annonces retenues = {learnt} d'apprentissage + {held_out} mises de côté" in told
    assert figures(page)["Modèles"] == "3"
    assert "origine (40 %), nombre de portes (25 %)" in told


def test_the_card_follows_the_language_and_the_ledger(production: LiveModel) -> None:
    told = everything(run_page("model"))
    assert "**Ce qui a été décidé.** Mise en production le 02/11/2026." in told
    assert "**What to do.** Nothing." in everything(run_page("model", lang="en"))
    serving = production.state.serving
    assert serving
    marked = serving.version.tags | {"withdrawn_at": "2026-11-05T09:00:00+00:00"}
    wrong = dataclasses.replace(serving.version, tags=marked, aliases=())
    production.state = production.state._replace(history=tell_of(wrong))
    assert "Reconnue fausse et retirée." in everything(run_page("model"))


def test_slices_are_shown_by_the_family_that_is_asked_for(
    evaluation: Evaluation,
) -> None:
    page = run_page("model")
    _, makes, *_ = pictures(page)
    assert len(makes.rows) == len(evaluation.slices["make"])
    assert makes.rows["median_error_pct"].is_monotonic_increasing
    page.radio[0].set_value("price").run()
    _, prices, *_ = pictures(page)
    assert prices.rows["label"].iloc[0] == f"moins de {spell.number(80_000)}"
    assert len(prices.rows) == len(evaluation.slices["price"])


def test_every_picture_is_small_has_words_and_takes_its_ground_from_the_theme() -> None:
    found = pictures(run_page("model"))
    assert len(found) == 4
    for each in found:
        assert len(each.rows) <= 400
        assert each.alt
        assert "background" not in str(each.spec)


def test_held_out_cars_are_counted_whole(serving: Serving) -> None:
    assert serving.reference
    *_, estimates, errors = pictures(run_page("model"))
    for each in (estimates, errors):
        assert each.rows["rows"].sum() == len(serving.reference.unseen)


def test_the_version_stands_beside_plain_ways_and_the_one_before_it(
    production: LiveModel, evaluation: Evaluation, serving: Serving
) -> None:
    overall = Difference(rows=300, points=-0.5, low=-1.5, high=0.25, detectable=1)
    compared = Comparison(overall=overall, slices={}, identical=False)
    decision = Decision(promote=True, challenger=3, champion=2, comparison=compared)
    production.state = State(serving._replace(record=Record(evaluation, None, None, decision)))
    page = run_page("model")
    ways = pictures(page)[0].rows.set_index("label")
    own = evaluation.overall.median_error_pct
    before = ways.loc["Version 2, celle d'avant"]
    assert [before["error"], before["low"], before["high"]] == [own + 0.5, own - 0.25, own + 1.5]
    median = ways.loc["Prix médian de la marque et du modèle"]
    assert own < median["low"] < median["error"] < median["high"]
    title = f"Erreur médiane : {spell.decimal(own)} %, contre {spell.decimal(median['error'])} % ("
    assert title in everything(page)


def test_the_weakest_groups_are_named_whatever_they_are_grouped_by(evaluation: Evaluation) -> None:
    part, scores = evaluation.worst or pytest.fail("no slice was measured")
    line = next(each for each in written(run_page("model")).splitlines() if "plus : " in each)
    weakest = line.partition("plus : ")[2]
    assert weakest.startswith(texts.SLICE_FAMILIES[part.family].fr.lower())
    assert f", {spell.decimal(scores.median_error_pct)} % ({scores.rows} voitures) · " in weakest


def test_each_version_tells_why_it_was_refused() -> None:
    page = run_page("model")
    assert [each.label for each in chapters(page)] == [
        "Version 4 · 04/11/2026 · refusée par la comparaison",
        "Version 3 · 01/11/2026 · en production",
    ]
    assert "Erreur médiane 9,10 % ; au plus 8 % sont admis" in written(page)


def test_a_version_that_is_held_says_how_a_person_lets_it_through(production: LiveModel) -> None:
    moved = Reason.of(Code.LEVEL_MOVED, shift=-25.0, rows=2425, champion=3, most=10.0)
    held = {"decision": "held", "decision_reasons_json": store_reasons([moved])}
    version = dataclasses.replace(REFUSED, tags=REFUSED.tags | held)
    production.state = State(production.state.serving, tell_of(version))
    page = run_page("model")
    assert chapters(page)[0].label.endswith("retenue, une personne décide")
    assert "Ses prix s'écartent de -25,0 % de ceux de la version 3" in written(page)
    assert any("`carprice promote 4 --force`" in each.value for each in page.markdown)


def test_why_validation_refused_a_version_is_told_in_the_language_of_the_page(
    production: LiveModel,
) -> None:
    broken = [Reason.of(Code.NOT_FIT, version=4), Reason.of(Code.OUTSIDE_INTERVAL)]
    invalid = {"validation": "failed: cut", "validation_reasons_json": store_reasons(broken)}
    version = dataclasses.replace(REFUSED, tags=REFUSED.tags | invalid)
    production.state = State(production.state.serving, tell_of(version))
    french, english = written(run_page("model")), written(run_page("model", lang="en"))
    assert "La version 4 n'est pas prête pour la production :\n  - une estimation sort" in french
    assert "CarPricePredictor version 4 is not fit for production:\n  - an estimate" in english


def test_a_version_that_was_put_there_by_hand_has_no_date(
    production: LiveModel, serving: Serving
) -> None:
    version = dataclasses.replace(serving.version, tags={})
    production.state = State(serving._replace(version=version))
    assert run_page("model").header[0].value == "Version 3, en production"


def test_names_of_files_are_no_markdown_of_the_page() -> None:
    page = run_page("model")
    assert "example.com" in written(page)
    assert "example.com" not in everything(page)


def test_the_quality_page_is_handed_out_and_never_shown() -> None:
    page = run_page("model")
    labels = [each.label for each in page.get("download_button")]
    assert labels == [texts.QUALITY_DOWNLOAD.fr, texts.CARD_DOWNLOAD.fr]
    assert not page.get("html")
    assert not page.get("iframe")
    assert "<script>" not in everything(page) + written(page)


def test_links_lead_where_the_settings_say(production: LiveModel) -> None:
    addresses = {"mlflow_page": "https://mlflow.example.com", "airflow_page": "http://airflow"}
    production.work = Workspace(production.work.settings.model_copy(update=addresses))
    page = run_page("model")
    links = [each.proto.url for each in page.get("link_button")]
    assert links[:2] == ["https://mlflow.example.com", "http://airflow"]
    assert links[2] == "https://mlflow.example.com/#/models/CarPricePredictor/versions/4"


def test_no_link_leads_to_an_airflow_that_nobody_named() -> None:
    labels = [each.proto.label for each in run_page("model").get("link_button")]
    assert texts.OPEN_MLFLOW.fr in labels
    assert texts.OPEN_AIRFLOW.fr not in labels


def test_while_the_registry_is_away_the_page_shows_what_it_told_last(
    production: LiveModel,
) -> None:
    production.state = production.state._replace(trouble=NO_ANSWER_YET)
    page = run_page("model")
    assert "voici ce qu'il disait le 24/11/2026 à 10:00 (heure du Maroc)" in everything(page)
    assert len(chapters(page)) == 2
    assert texts.DATA_LEARNT.fr in figures(page)


def test_a_registry_that_was_never_read_is_said_to_be_away(production: LiveModel) -> None:
    production.state = State(trouble=NO_ANSWER_YET)
    page = run_page("model")
    assert texts.HISTORY_AWAY.fr in everything(page)
    assert not page.expander


def test_who_brought_a_version_back_is_told_where_it_came_back(
    production: LiveModel, serving: Serving
) -> None:
    tags = {
        "promoted_by": "Amal",
        "restored_at": "2026-11-05T08:00:00+00:00",
        "restored_by": "Badr",
    }
    version = dataclasses.replace(serving.version, tags=serving.version.tags | tags)
    production.state = State(serving._replace(version=version), tell_of(version))
    page = run_page("model")
    assert page.header[0].value == "Version 3, en production depuis le 05/11/2026"
    assert "Mise en production par le compte Badr." in written(page)
    assert "Amal" not in written(page)


def test_what_a_version_learnt_from_is_told_apart_from_what_was_held_out(
    production: LiveModel, serving: Serving
) -> None:
    production.state = State(history=tell_of(REFUSED, serving.version))
    told = written(run_page("model"))
    assert f"Entraînée sur {spell.number(1_200)} annonces de " in told
    assert ".csv, 300 autres mises de côté." in told
    # Versions of earlier releases have no such tag.
    assert f"sur une part de {spell.number(1_500)} annonces simulées, le reste mis de" in told


def test_a_version_without_a_record_is_said_to_have_none(
    production: LiveModel, serving: Serving
) -> None:
    production.state = production.state._replace(serving=serving)
    page = run_page("model")
    assert texts.NO_EVALUATION.fr in everything(page)
    assert texts.NO_CARD.fr in everything(page)
    assert texts.NO_PROFILE.fr in everything(page)
    assert not page.get("download_button")


def test_what_is_not_on_this_machine_is_said_not_to_be(
    production: LiveModel,
) -> None:
    serving = production.state.serving
    assert serving
    production.state = State(serving._replace(reference=None))
    page = run_page("model")
    assert texts.NO_UNSEEN.fr in everything(page)
    assert len(pictures(page)) == 1  # the scores; there is nothing to set beside them
    assert figures(page)["Annonces retenues"] == spell.number(1_500)


def test_a_version_found_to_be_wrong_says_why(production: LiveModel) -> None:
    marked = {"withdrawn_at": "2026-11-05T09:00:00+00:00", "withdrawn_by": "amina",
              "withdrawn_because": "des _miles_"}  # fmt: skip
    wrong = dataclasses.replace(REFUSED, tags=REFUSED.tags | marked)
    history = tell_of(wrong)
    forged = history.correct(None, ())
    production.state = State(history=forged.correct(None, (), {wrong.identity: marked}))
    page = run_page("model")
    assert "retirée comme fausse" in page.expander[0].label
    assert "Reconnue fausse le 05/11/2026 par amina : des _miles_" in written(page)
    production.state = State(history=forged)
    assert "fausse" not in run_page("model").expander[0].label


@pytest.mark.parametrize(
    ("outcome", "told"), [("unchanged", "rien n'a été entraîné"), ("", "sans décision")]
)
def test_the_last_run_is_told_though_it_left_no_version(
    production: LiveModel, outcome: str, told: str
) -> None:
    facts = ModelFacts(last_pipeline=LastPipeline(at=1.8e9, outcome=outcome))
    production.state = production.state._replace(facts=facts)
    lines = everything(run_page("model")).splitlines()
    (line,) = [each for each in lines if "Dernière exécution" in each]
    assert told in line


def test_without_a_model_the_versions_are_still_told(production: LiveModel) -> None:
    production.state = State(history=tell_of(REFUSED))
    page = run_page("model")
    assert texts.NO_MODEL.fr in everything(page)
    assert len(page.expander) == 1


def test_of_many_versions_the_newest_are_told(production: LiveModel) -> None:
    many = [dataclasses.replace(REFUSED, number=30 - at) for at in range(30)]
    production.state = production.state._replace(history=tell_of(*many))
    page = run_page("model")
    assert len(chapters(page)) == 20
    assert "Les 20 plus récentes de 30 versions" in everything(page)
