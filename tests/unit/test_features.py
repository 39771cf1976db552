from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import skops.io as sio
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from carprice.market.listing import BY_NAME, EQUIPMENT, FEATURES, TEXTUAL
from carprice.market.table import to_listings
from carprice.pricing.encoder import AT, CHOICES, COLUMNS, NUMBERS, ListingEncoder

NAMES = ("make", "model", "make_count", "model_count")
SEEN = [
    ("Citroën", "C3"), ("CITROEN", "c 3"), (" citroen ", "C-3"), ("Citroën", "Express"),
    ("Renault", "Express"), ("Renault", "Express"), ("Renault", None), (None, "Express"),
    (None, None), ("دايسا", "لوجان"),
]  # fmt: skip


def cars(*names: tuple[str | None, str | None]) -> pd.DataFrame:
    return to_listings([{"make": make, "model": model} for make, model in names])  # type: ignore[dict-item]


@pytest.fixture(scope="module")
def encoder() -> ListingEncoder:
    return ListingEncoder().fit(cars(*SEEN))


def encode(encoder: ListingEncoder, *names: tuple[str | None, str | None]) -> pd.DataFrame:
    return pd.DataFrame(encoder.transform(cars(*names)), columns=list(COLUMNS))


def test_columns_stand_in_one_fixed_order() -> None:
    assert (
        "make", "model", "make_count", "model_count", "fuel", "gearbox", "origin", "condition",
        "model_year", "mileage_km", "doors", "fiscal_power_cv", "first_owner", *EQUIPMENT,
    ) == COLUMNS  # fmt: skip
    assert set(FEATURES) == {*COLUMNS} - {"make_count", "model_count"}


def test_spellings_of_one_name_are_one_name(encoder: ListingEncoder) -> None:
    found = encode(encoder, ("Citroën", "C3"), ("CITROËN", "c3"), ("citroen", "C 3"))
    assert found.nunique(dropna=False).max() == 1
    assert found.loc[0, ["make_count", "model_count"]].tolist() == [4, 3]


def test_a_model_under_two_makes_is_two_models(encoder: ListingEncoder) -> None:
    found = encode(encoder, ("Citroën", "Express"), ("Renault", "Express"))
    assert found["model"].nunique() == 2
    assert found["model_count"].tolist() == [1, 2]


def test_an_unknown_make_takes_its_model_with_it(encoder: ListingEncoder) -> None:
    assert not encode(encoder, ("Tesla", "C3"), ("Tesla", None))[list(NAMES)].any(axis=None)


def test_an_unknown_model_of_a_known_make_leaves_the_make_known(encoder: ListingEncoder) -> None:
    found = encode(encoder, ("Renault", "C3"), ("Renault", "Zoe"), ("Renault", None))
    assert (found["make"] > 0).all()
    assert found["make_count"].tolist() == [3, 3, 3]
    assert not found[["model", "model_count"]].any(axis=None)


def test_a_model_without_its_make_is_unknown(encoder: ListingEncoder) -> None:
    found = encode(encoder, (None, "Express"), (None, None), ("Renault", "Express"))
    assert not found.loc[[0, 1], list(NAMES)].any(axis=None)
    assert found.loc[2, "model_count"] == 2


def test_names_in_any_script_are_told_apart(encoder: ListingEncoder) -> None:
    found = encode(encoder, ("دايسا", "لوجان"), ("رينو", "لوجان"))
    assert found["model_count"].tolist() == [1, 0]


def test_missing_names_are_counted_nowhere(encoder: ListingEncoder) -> None:
    assert encoder.make_counts_.tolist() == [0, 4, 3, 1]
    assert encoder.model_counts_.tolist() == [0, 3, 1, 2, 1]


def test_names_that_are_all_missing_can_be_learnt_from() -> None:
    encoder = ListingEncoder().fit(cars((None, None), (None, None)))
    assert not encode(encoder, ("Renault", "Clio"))[list(NAMES)].any(axis=None)


@pytest.mark.parametrize("name", CHOICES)
def test_choices_are_numbered_as_listing_declares_them_and_0_when_missing(
    encoder: ListingEncoder, name: str
) -> None:
    codes = list(BY_NAME[name].choices)
    listings = to_listings([{name: code} for code in [*codes, "no such choice"]] + [{}])
    found = encoder.transform(listings)[:, AT[name]]
    assert found.tolist() == [*range(1, len(codes) + 1), 0, 0]


def test_numbers_pass_unchanged_and_missing_ones_stay_missing(encoder: ListingEncoder) -> None:
    car = {name: float(place) for place, name in enumerate(NUMBERS)}
    encoded = encoder.transform(to_listings([car, {}]))[:, [AT[name] for name in NUMBERS]]
    assert encoded[0].tolist() == list(range(len(NUMBERS)))
    assert np.isnan(encoded[1]).all()


def test_a_car_is_encoded_alone_as_among_many(known: pd.DataFrame, unseen: pd.DataFrame) -> None:
    encoder = ListingEncoder().fit(known)
    mixed = unseen.head(150).mask(np.random.default_rng(0).random((150, unseen.shape[1])) < 0.3)
    together = encoder.transform(mixed)
    alone = [encoder.transform(mixed.iloc[[row]]) for row in range(len(mixed))]
    np.testing.assert_array_equal(together, np.concatenate(alone))


def test_neither_the_order_nor_the_numbers_of_rows_and_columns_matter(
    known: pd.DataFrame, unseen: pd.DataFrame
) -> None:
    encoder = ListingEncoder().fit(known)
    order = np.random.default_rng(0).permutation(len(unseen))
    shuffled = unseen.iloc[order, ::-1].set_axis(["x"] * len(unseen))
    np.testing.assert_array_equal(
        encoder.transform(shuffled), encoder.transform(unseen)[order], strict=True
    )
    relearnt = ListingEncoder().fit(known.iloc[::-1, ::-1])
    np.testing.assert_array_equal(relearnt.transform(unseen), encoder.transform(unseen))


def test_texts_are_encoded_alike_whatever_pandas_holds_them_in(
    known: pd.DataFrame, unseen: pd.DataFrame
) -> None:
    encoder = ListingEncoder().fit(known)
    for held_in in ("object", "category"):
        other = unseen.astype(dict.fromkeys(TEXTUAL & set(FEATURES), held_in))
        np.testing.assert_array_equal(encoder.transform(other), encoder.transform(unseen))


def test_a_table_kept_on_disk_is_encoded_as_before(
    known: pd.DataFrame, unseen: pd.DataFrame, tmp_path: Path
) -> None:
    encoder = ListingEncoder().fit(known)
    unseen.to_parquet(tmp_path / "cars.parquet")
    read = pd.read_parquet(tmp_path / "cars.parquet")
    np.testing.assert_array_equal(encoder.transform(read), encoder.transform(unseen))


def test_an_encoder_kept_with_skops_encodes_as_before(
    known: pd.DataFrame, unseen: pd.DataFrame
) -> None:
    encoder = ListingEncoder().fit(known)
    stored = sio.dumps(encoder)
    assert sio.get_untrusted_types(data=stored) == ["carprice.pricing.encoder.ListingEncoder"]
    opened = sio.loads(stored, trusted=["carprice.pricing.encoder.ListingEncoder"])
    np.testing.assert_array_equal(opened.transform(unseen), encoder.transform(unseen))


def test_no_cars_are_encoded_as_no_rows(encoder: ListingEncoder) -> None:
    assert encoder.transform(to_listings([])).shape == (0, len(COLUMNS))


def test_an_encoder_that_has_learnt_nothing_says_so(encoder: ListingEncoder) -> None:
    with pytest.raises(NotFittedError):
        clone(encoder).transform(cars(("Renault", "Clio")))
