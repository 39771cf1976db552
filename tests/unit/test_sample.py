from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from carprice.errors import ConfigurationError
from carprice.listings.cleaning import parse_listings, select_rows
from carprice.listings.parsing import Parsed
from carprice.listings.reading import RawListings, read_listings
from carprice.market.chosen import MARKET
from carprice.market.fields import fold
from carprice.market.listing import (
    BY_NAME,
    EQUIPMENT,
    FIELDS,
    TARGET,
    TEXTUAL,
    UNKNOWN_WORDS,
    UNPRICED_WORDS,
)
from carprice.market.problems import ProblemKind
from carprice.simulation import dirt, facts
from carprice.simulation.dirt import (
    DISTRICT,
    MILEAGE_FILLER,
    UNKNOWN_GEARBOX,
    WIDEST_BAND,
    RawForm,
    _spell_column,
    to_raw_form,
    write_sample,
)
from carprice.simulation.drawing import OPTIONAL, draw_listings
from carprice.simulation.facts import load_market

SIMULATION = MARKET.simulation
assert SIMULATION

ROWS, SEED = 4_000, 11
NAMED = ("make", "model", "model_year", "fuel", "doors", "origin", "first_owner", "condition")
"""Fields that dirt blanks but never alters."""


@pytest.fixture(scope="module")
def drawn() -> pd.DataFrame:
    return draw_listings(ROWS, SEED)


@pytest.fixture(scope="module")
def market() -> pd.DataFrame:
    return draw_listings(20_000, 0)


def read_back(folder: Path, form: RawForm) -> tuple[RawListings, Parsed]:
    write_sample(folder / "sample.csv", ROWS, SEED, form)
    raw = read_listings(folder / "sample.csv")
    return raw, parse_listings(raw.frame)


@pytest.fixture(scope="module")
def form_1(tmp_path_factory: pytest.TempPathFactory) -> tuple[RawListings, Parsed]:
    return read_back(tmp_path_factory.mktemp("form_1"), RawForm.WITH_UNITS)


@pytest.fixture(scope="module")
def form_2(tmp_path_factory: pytest.TempPathFactory) -> tuple[RawListings, Parsed]:
    return read_back(tmp_path_factory.mktemp("form_2"), RawForm.WITH_BANDS)


def advert_of_each_line(drawn: pd.DataFrame, form: RawForm) -> pd.DataFrame:
    lines = pd.concat(to_raw_form(drawn, form, SEED)).index
    return drawn.loc[lines].reset_index(drop=True)


def same(found: pd.Series, meant: pd.Series) -> pd.Series:
    return found.eq(meant) | (found.isna() & meant.isna())


def test_same_seed_draws_the_same_market(drawn: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(draw_listings(ROWS, SEED), drawn)


def test_another_seed_draws_another_market(drawn: pd.DataFrame) -> None:
    assert not draw_listings(ROWS, SEED + 1)[TARGET].equals(drawn[TARGET])


def test_drawn_listings_have_the_columns_and_types_of_the_clean_table(
    drawn: pd.DataFrame, form_2: tuple[RawListings, Parsed]
) -> None:
    assert drawn.dtypes.to_dict() == form_2[1].values.dtypes.to_dict()
    assert list(drawn) == [each.name for each in FIELDS]


def test_cleaning_has_nothing_to_correct_in_drawn_listings(market: pd.DataFrame) -> None:
    parsed = parse_listings(market.astype("str"))
    assert parsed.problems == {}
    pd.testing.assert_frame_equal(parsed.values, market)
    assert market[TARGET].between(BY_NAME[TARGET].minimum, BY_NAME[TARGET].maximum).all()


def test_every_drawn_listing_says_that_it_is_simulated(
    drawn: pd.DataFrame, form_1: tuple[RawListings, Parsed], form_2: tuple[RawListings, Parsed]
) -> None:
    for values in (drawn, form_1[1].values, form_2[1].values):
        assert values["simulated"].eq(1).all()


@pytest.mark.parametrize("column", ["make", "model", "fuel", "gearbox", "model_year", "mileage_km"])
def test_what_every_real_advert_says_is_never_left_out(market: pd.DataFrame, column: str) -> None:
    assert market[column].notna().all()


@pytest.mark.parametrize(
    ("column", "level", "real"),
    [
        (TARGET, 0.05, 47_000), (TARGET, 0.5, 160_000), (TARGET, 0.95, 430_000),
        ("mileage_km", 0.05, 15_000), ("mileage_km", 0.5, 129_000), ("mileage_km", 0.95, 300_000),
    ],
)  # fmt: skip
def test_quantiles_are_near_those_of_real_adverts(
    market: pd.DataFrame, column: str, level: float, real: float
) -> None:
    assert market[column].quantile(level) == pytest.approx(real, rel=0.15)


def test_model_years_are_spread_as_in_real_adverts(market: pd.DataFrame) -> None:
    found = market["model_year"].quantile([0.05, 0.5, 0.95]).to_numpy()
    assert np.abs(found - [2002, 2018, 2024]).max() <= 1


def test_details_are_left_out_as_often_and_as_jointly_as_in_real_adverts(
    market: pd.DataFrame,
) -> None:
    given = market[[*OPTIONAL]].notna()
    assert (~given.any(axis=1)).mean() == pytest.approx(0.546, abs=0.02)
    assert given.all(axis=1).mean() == pytest.approx(0.353, abs=0.03)


@pytest.mark.parametrize("column", ["mileage_km", "age"])
def test_of_one_model_the_older_and_the_further_driven_is_cheaper(
    market: pd.DataFrame, column: str
) -> None:
    cars = market.assign(age=SIMULATION.year - market["model_year"])
    common = cars[cars["model"].isin(cars["model"].value_counts().index[:20])]
    ranks = common.groupby("model")[[TARGET, column]].corr("spearman").xs(TARGET, level=1)[column]
    assert (ranks < -0.3).all()


def test_dearer_cars_are_better_equipped(market: pd.DataFrame) -> None:
    dear = market[TARGET] > market[TARGET].median()
    shares = market[list(EQUIPMENT)].groupby(dear).mean()
    assert (shares.loc[True] > shares.loc[False]).all()
    assert set(np.unique(market[list(EQUIPMENT)])) == {0, 1}


@pytest.mark.parametrize("form", RawForm)
def test_every_wording_of_a_raw_form_is_understood(
    form: RawForm, form_1: tuple[RawListings, Parsed], form_2: tuple[RawListings, Parsed]
) -> None:
    raw, parsed = (form_1, form_2)[form - 1]
    assert not [each for each in parsed.problems if each.kind is ProblemKind.UNREADABLE]
    assert raw.malformed == ()
    assert raw.source.ignored_columns == (
        [] if form is RawForm.WITH_UNITS else ["(unnamed)", DISTRICT]
    )
    assert raw.source.encoding == ("utf-8-sig" if form is RawForm.WITH_UNITS else "utf-8")


def test_unpriced_and_unknown_wordings_are_those_of_the_listing() -> None:
    assert fold(MARKET.wordings.unpriced[0]) in UNPRICED_WORDS
    assert {fold(word) for word in UNKNOWN_GEARBOX.values()} <= UNKNOWN_WORDS


@pytest.mark.parametrize("form", RawForm)
def test_a_raw_form_reads_back_as_it_was_drawn_but_for_its_dirt(
    drawn: pd.DataFrame,
    form: RawForm,
    form_1: tuple[RawListings, Parsed],
    form_2: tuple[RawListings, Parsed],
) -> None:
    found = (form_1, form_2)[form - 1][1].values.reset_index(drop=True)
    meant = advert_of_each_line(drawn, form)
    blank = found["make"].isna()
    assert 0 < blank.mean() < 0.01
    for name in NAMED:
        assert same(found[name], meant[name])[~blank].all(), name
    power = (
        meant["fiscal_power_cv"].clip(upper=42)
        if form is RawForm.WITH_UNITS
        else meant["fiscal_power_cv"]
    )
    assert same(found["fiscal_power_cv"], power)[~blank].all()
    ratio = found[TARGET] / meant[TARGET]
    assert set(ratio.dropna().round(3)) == {0.1, 1, 10}


def test_kilometres_of_form_1_come_back_exactly_or_unknown(
    drawn: pd.DataFrame, form_1: tuple[RawListings, Parsed]
) -> None:
    found = form_1[1].values["mileage_km"].reset_index(drop=True)
    known = found.notna()
    assert known.mean() == pytest.approx(0.98, abs=0.01)
    assert (
        found[known].eq(advert_of_each_line(drawn, RawForm.WITH_UNITS)["mileage_km"][known]).all()
    )


def test_kilometres_of_form_2_come_back_as_the_middle_of_their_band(
    drawn: pd.DataFrame, form_2: tuple[RawListings, Parsed]
) -> None:
    found = form_2[1].values["mileage_km"].reset_index(drop=True)
    distance = (found - advert_of_each_line(drawn, RawForm.WITH_BANDS)["mileage_km"]).abs().dropna()
    assert distance.max() <= WIDEST_BAND / 2
    assert form_2[0].frame["mileage_km"].str.fullmatch(r"[\d ]+ - [\d ]+|").all()


def test_form_2_gives_back_equipment_and_places(
    drawn: pd.DataFrame, form_2: tuple[RawListings, Parsed]
) -> None:
    found = form_2[1].values.reset_index(drop=True)
    meant = advert_of_each_line(drawn, RawForm.WITH_BANDS)
    known = found["make"].notna()
    for name in (*EQUIPMENT, "city"):
        assert found[name][known].eq(meant[name][known]).all(), name
    assert found["link"].eq(meant["link"]).all()


def test_dirt_comes_at_the_rates_of_the_real_file() -> None:
    clean = draw_listings(20_000, 3)
    raw = pd.concat(to_raw_form(clean, RawForm.WITH_UNITS, 3))
    price, mileage = (raw[_header(name)] for name in (TARGET, "mileage_km"))
    aged = clean.loc[raw.index, "model_year"] < SIMULATION.year - 1
    kilometres = pd.to_numeric(mileage, errors="coerce")
    assert (price == MARKET.wordings.unpriced[0]).mean() == pytest.approx(0.339, abs=0.015)
    assert (kilometres[aged].between(10, 999)).mean() == pytest.approx(0.022, abs=0.006)
    assert (kilometres[aged] == 0).mean() == pytest.approx(0.019, abs=0.006)
    assert (kilometres == MILEAGE_FILLER).mean() == pytest.approx(0.001, abs=0.001)
    assert raw.index.duplicated().mean() == pytest.approx(0.025, abs=0.006)


def _header(name: str) -> str:
    """French header of a field in raw form 1."""
    return BY_NAME[name].headers[0] if name == TARGET else BY_NAME[name].label.fr


def test_prices_slip_by_a_zero_about_once_in_a_hundred_adverts() -> None:
    clean = draw_listings(20_000, 4)
    raw = pd.concat(to_raw_form(clean, RawForm.WITH_UNITS, 4))
    price = pd.to_numeric(raw[_header(TARGET)].str.replace(r"\D", "", regex=True))
    ratio = price.dropna() / clean.loc[price.dropna().index, TARGET]
    assert (ratio > 5).mean() == pytest.approx(0.005, abs=0.003)
    assert (ratio < 0.5).mean() == pytest.approx(0.003, abs=0.002)


def test_every_advert_of_form_2_stands_about_three_times_and_is_kept_once(
    form_2: tuple[RawListings, Parsed],
) -> None:
    raw, parsed = form_2
    times = raw.frame["link"].value_counts()
    assert (times.min(), times.max()) == (2, 4)
    assert times.mean() == pytest.approx(3, abs=0.1)
    kept, dropped = select_rows(parsed)
    assert kept["link"].is_unique
    assert dropped.value_counts()["same_link"] > 0.4 * len(raw.frame)


def test_a_sample_is_the_same_whatever_the_size_of_its_chunks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_sample(tmp_path / "whole.csv", 300, SEED, RawForm.WITH_BANDS)
    monkeypatch.setattr(dirt, "CHUNK_ROWS", 100)
    write_sample(tmp_path / "chunks.csv", 300, SEED, RawForm.WITH_BANDS)
    assert (tmp_path / "chunks.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()


@pytest.mark.parametrize(
    ("name", "value", "form", "text"),
    [
        (TARGET, 173_000.0, RawForm.WITH_UNITS, "173\u202f000 DH"),
        (TARGET, 173_000.0, RawForm.WITH_BANDS, "173000"),
        ("fiscal_power_cv", 6.0, RawForm.WITH_UNITS, "6 CV"),
        ("fiscal_power_cv", 42.0, RawForm.WITH_UNITS, "Plus de 41 CV"),
        ("fiscal_power_cv", 42.0, RawForm.WITH_BANDS, "42"),
        ("mileage_km", 212_000.0, RawForm.WITH_BANDS, "200 000 - 249 999"),
        ("mileage_km", 134_000.0, RawForm.WITH_BANDS, "130 000 - 139 999"),
        ("mileage_km", 0.0, RawForm.WITH_BANDS, "0 - 4 999"),
        ("model_year", 1980.0, RawForm.WITH_UNITS, "1980 ou plus ancien"),
        ("origin", "local_new", RawForm.WITH_UNITS, "WW au Maroc"),
        ("gearbox", None, RawForm.WITH_UNITS, ""),
        ("gearbox", None, RawForm.WITH_BANDS, "--"),
        ("first_owner", 0.0, RawForm.WITH_BANDS, "Non"),
    ],
)
def test_values_are_written_as_the_market_writes_them(
    name: str, value: float | str | None, form: RawForm, text: str
) -> None:
    column = pd.Series([value, value], dtype="str" if name in TEXTUAL else "float64")
    assert _spell_column(column, BY_NAME[name], form).tolist() == [text, text]


def test_no_row_of_the_table_describes_fewer_than_five_cars() -> None:
    variants = load_market().variants
    assert variants["cars"].min() >= 5
    assert not variants.duplicated(["make", "model", "fuel", "gearbox"]).any()
    assert variants[["make", "model"]].drop_duplicates().shape[0] > 200


def test_the_table_is_small_and_its_lines_can_be_read_in_a_diff() -> None:
    text = files("carprice.simulation").joinpath(SIMULATION.facts).read_text(encoding="utf-8")
    assert len(text.encode()) <= 70_000
    assert max(map(len, text.splitlines())) < 2_500
    assert "NaN" not in text


def test_no_further_kilometre_makes_a_car_dearer() -> None:
    effect = load_market().facts["mileage_effect"]
    assert max(effect["below"] + effect["above"]) <= 0


def test_a_market_without_simulated_adverts_asks_for_real_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(facts, "MARKET", replace(MARKET, simulation=None))
    with pytest.raises(ConfigurationError, match="bring real ones"):
        draw_listings(1, 0)
