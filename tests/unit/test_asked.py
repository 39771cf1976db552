"""A sample of what is asked for: bounded, without a text that was typed, and not for ever."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from carprice.market.listing import FEATURES
from carprice.monitoring.asked import (
    ANSWER,
    MOST_OF_A_REQUEST,
    MOST_OF_AN_HOUR,
    Keeper,
    asked_folder,
    read_asked,
)
from carprice.pricing.prediction import estimate_told, read_cars
from carprice.pricing.price_model import PriceModel
from carprice.settings import Settings

LOGAN = {"make": "Dacia", "model": "Logan", "model_year": "2018", "mileage_km": "120 000 km"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, keep_requests_days=30)


def note(settings: Settings, model: PriceModel, *cars: dict[str, str], times: int = 1) -> None:
    keeper, told = Keeper(settings), read_cars(model, cars)
    for _ in range(times):
        keeper.note(7, told, estimate_told(model, told))


def test_cars_come_back_as_they_were_understood_with_their_answers(
    settings: Settings, served: PriceModel
) -> None:
    note(settings, served, LOGAN, {"make": "Call me: 0612345678", "model": "now", "fuel": "Diesel"})
    kept = read_asked(settings)
    assert [*kept.columns] == [*FEATURES, *ANSWER]
    car, stranger = kept.to_dict("records")
    assert (car["make"], car["model"], car["mileage_km"]) == ("Dacia", "Logan", 120_000)
    assert (car["version"], car["unknown"]) == (7, "")
    assert car["low"] < car["price"] < car["high"]
    assert (stranger["fuel"], stranger["unknown"]) == ("diesel", "make")
    (file,) = asked_folder(settings).iterdir()
    assert not {"0612345678", "now", "Call"} & {*file.read_text().replace('"', " ").split()}


def test_it_is_bounded_by_request_and_by_hour(settings: Settings, served: PriceModel) -> None:
    note(settings, served, *[LOGAN] * 50)
    assert len(read_asked(settings)) == MOST_OF_A_REQUEST
    note(settings, served, *[LOGAN] * 50, times=50)
    assert len(read_asked(settings)) == MOST_OF_A_REQUEST + MOST_OF_AN_HOUR


def test_nothing_is_kept_unasked_nor_longer_than_asked(
    settings: Settings, served: PriceModel
) -> None:
    note(settings.model_copy(update={"keep_requests_days": 0}), served, LOGAN)
    assert not asked_folder(settings).exists()
    note(settings, served, LOGAN)
    (today,) = asked_folder(settings).iterdir()
    old = datetime.now(UTC) - timedelta(days=30)
    (today.parent / f"asked-{old:%Y-%m-%d}.jsonl").write_bytes(today.read_bytes())
    with today.open("a") as file:
        file.write('{"make": "Dac')  # its disk was full
    assert len(read_asked(settings)) == 1
    assert [*today.parent.iterdir()] == [today]
    assert read_asked(settings.model_copy(update={"keep_requests_days": 0})).empty
    assert not [*today.parent.iterdir()]
