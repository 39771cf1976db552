import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carprice.errors import DatasetError
from carprice.listings.cleaning import parse_listings
from carprice.listings.copying import copy_with_columns
from carprice.listings.parsing import Parsed
from carprice.listings.reading import ListingFile
from carprice.market.fields import THIS_YEAR, fold
from carprice.market.listing import BY_NAME, EQUIPMENT, ESTIMATE_COLUMNS, FEATURES, FIELDS
from carprice.pricing.prediction import (
    CORE,
    LEAST_GIVEN,
    RARE_BELOW,
    estimate_adverts,
    estimate_car,
    spell_estimates,
)
from carprice.pricing.price_model import PriceModel
from carprice.wording.remarks import COLUMNS

LOGAN = {
    "make": "Dacia", "model": "Logan", "model_year": "2018", "mileage_km": "120 000",
    "fuel": "Diesel", "gearbox": "Manuelle", "origin": "WW au Maroc", "condition": "Bon",
    "first_owner": "Oui", "fiscal_power_cv": "6 CV", "doors": "5",
}  # fmt: skip
HEADER = "Marque,Modèle,Année-Modèle,Kilométrage,Type de carburant,Boite de vitesses"
ROW = "Dacia,Logan,2018,120000,Diesel,Manuelle"


def parse(*cars: dict[str, str | None]) -> Parsed:
    return parse_listings(
        pd.DataFrame(
            {each.name: [car.get(each.name) for car in cars] for each in FIELDS}, dtype="str"
        )
    )


def remark(served: PriceModel, **changes: str | None) -> str:
    return str(estimate_adverts(served, parse(LOGAN | changes))["remark"].item())


def test_a_car_that_is_fully_known_needs_no_remark(served: PriceModel) -> None:
    answer = estimate_adverts(served, parse(LOGAN)).iloc[0]
    assert answer["remark"] == ""
    assert 0 < answer["low_mad"] < answer["price_mad"] < answer["high_mad"]


def test_the_price_is_the_one_of_the_pipeline(served: PriceModel, unseen: pd.DataFrame) -> None:
    answer = estimate_adverts(served, Parsed(unseen.head(50), {}))
    pd.testing.assert_frame_equal(
        answer[list(ESTIMATE_COLUMNS)],
        served.pipeline.predict(unseen.head(50)),
        check_exact=True,
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"make": "Zyx"}, "marque jamais vue : fourchette élargie"),
        ({"make": "Zyx", "model": None},
         "marque jamais vue : fourchette élargie ; non renseigné : modèle"),
        ({"model": "Zyx"}, "modèle jamais vu pour cette marque : fourchette élargie"),
        ({"make": "Renault"}, "modèle jamais vu pour cette marque : fourchette élargie"),
        ({"mileage_km": "120"}, "kilométrage lu en milliers de km"),
        ({"make": None}, "non renseigné : marque"),
        ({"origin": "", "condition": "--"}, "non renseigné : origine, état"),
        ({"model_year": None, "fuel": None}, "non renseigné : type de carburant, année-modèle"),
        ({"make": "Zyx", "mileage_km": "120", "doors": None},
         "marque jamais vue : fourchette élargie ; kilométrage lu en milliers de km ; "
         "non renseigné : nombre de portes"),
        ({"price_mad": "beaucoup"}, ""),
        ({"price_mad": "1"}, ""),
    ],
)  # fmt: skip
def test_each_case_is_said_in_french(
    served: PriceModel, changes: dict[str, str | None], said: str
) -> None:
    assert remark(served, **changes) == said


@pytest.mark.parametrize(
    ("changes", "begins"),
    [
        ({"mileage_km": "3"}, "kilométrage invraisemblable pour cet âge : valeur ignorée"),
        ({"mileage_km": "beaucoup"}, "kilométrage illisible : valeur ignorée"),
        (
            {"model_year": "1850"},
            f"année-modèle hors limites (1980 à {THIS_YEAR + 1}) : valeur ignorée",
        ),
        ({"fuel": "charbon"}, "type de carburant illisible : valeur ignorée"),
    ],
)
def test_what_was_not_used_is_said_with_its_reason(
    served: PriceModel, changes: dict[str, str], begins: str
) -> None:
    assert remark(served, **changes).startswith(begins)


def test_a_rare_model_is_said_to_be_rare(served: PriceModel, known: pd.DataFrame) -> None:
    counts = known.groupby(["make", "model"]).size()
    for times, rare in ((4, True), (5, False)):
        make, model = counts.index[counts == times][0]
        said = remark(served, make=make, model=model)
        assert said == ("modèle rare : moins de 5 annonces connues" if rare else "")


def test_remarks_are_said_of_their_own_rows_only(served: PriceModel) -> None:
    cars = [LOGAN, LOGAN | {"make": "Zyx"}, LOGAN | {"doors": ""}, {"make": "Dacia"}, LOGAN]
    together = estimate_adverts(served, parse(*cars))
    alone = pd.concat([estimate_adverts(served, parse(car)) for car in cars], ignore_index=True)
    assert together["remark"].tolist() == alone["remark"].tolist()
    pd.testing.assert_frame_equal(together, alone, rtol=1e-12)


def test_rows_keep_their_numbers(served: PriceModel) -> None:
    parsed = parse(LOGAN, {}, LOGAN | {"make": "Zyx"})
    moved = Parsed(
        parsed.values.set_axis([7, 3, 9]),
        {code: rows.set_axis([7, 3, 9]) for code, rows in parsed.problems.items()},
    )
    answer = estimate_adverts(served, moved)
    assert answer.index.tolist() == [7, 3, 9]
    assert answer["price_mad"].isna().tolist() == [False, True, False]
    assert answer["remark"].str.contains("jamais vue").tolist() == [False, False, True]


def test_with_too_little_known_there_is_no_price_but_the_reason(served: PriceModel) -> None:
    assert CORE == ("make", "model", "model_year", "mileage_km", "fuel", "gearbox")
    for known in range(len(CORE) + 1):
        car = {name: LOGAN[name] for name in CORE[:known]}
        answer = estimate_adverts(served, parse(car | {"doors": "5", "origin": "Dédouanée"})).iloc[
            0
        ]
        if known < LEAST_GIVEN:
            assert answer[list(ESTIMATE_COLUMNS)].isna().all()
            assert answer["remark"] == (
                f"pas d'estimation : trop peu de renseignements ({known} sur 6, il en faut 3)"
            )
        else:
            assert answer[list(ESTIMATE_COLUMNS)].gt(0).all()


def test_what_cannot_be_read_does_not_count_as_known(served: PriceModel) -> None:
    vague = {"make": "Dacia", "model": "Logan", "model_year": "récente", "fuel": "charbon"}
    assert "2 sur 6" in estimate_adverts(served, parse(vague))["remark"].item()


def test_one_car_is_estimated_from_what_a_form_says(served: PriceModel) -> None:
    equipped = dict.fromkeys(EQUIPMENT, "non")
    found = estimate_car(served, {**LOGAN, **equipped, "gearbox": "", "wheels": "4"})
    row = estimate_adverts(served, parse(LOGAN | equipped | {"gearbox": None})).iloc[0]
    assert list(found) == row.tolist()
    assert found.remark == "non renseigné : boite de vitesses"


def test_what_an_advert_lacks_and_what_a_person_leaves_open_are_two_things(
    served: PriceModel,
) -> None:
    lacking = parse(LOGAN | {"doors": ""})
    assert "doors" in np.array(FEATURES)[served.lacking]
    assert estimate_adverts(served, lacking)["price_mad"].item() == (
        served.pipeline.predict(lacking.values[list(FEATURES)])["price_mad"].item()
    )
    silent = [estimate_car(served, LOGAN | {"doors": given}) for given in ("", "5")]
    assert silent[0].price == pytest.approx(silent[1].price, rel=0.02)
    # What cannot be used says nothing: neither what the car is, nor that an advert lacks it.
    spoilt = LOGAN | {"doors": "beaucoup"} | dict.fromkeys(EQUIPMENT, "non")
    assert estimate_adverts(served, parse(spoilt))["price_mad"].item() == (
        estimate_car(served, spoilt).price
    )
    assert estimate_car(served, {**LOGAN, "doors": ""}, "en").remark == "not given: doors"


def test_of_a_car_too_rarely_seen_there_is_a_range_and_no_price(
    served: PriceModel, known: pd.DataFrame
) -> None:
    counts = known.groupby(["make", "model"]).size()
    for times in (RARE_BELOW - 1, RARE_BELOW):
        make, model = counts.index[counts == times][0]
        found = estimate_car(served, LOGAN | {"make": make, "model": model})
        assert found.seen == times
        assert (found.price is None) == (times < RARE_BELOW)
        assert found.low < found.high
    never = estimate_car(served, LOGAN | {"make": "Zyx"})
    assert (never.price, never.seen) == (None, 0)


def test_a_car_without_a_model_counts_adverts_of_its_make(
    served: PriceModel, known: pd.DataFrame
) -> None:
    found = estimate_car(served, LOGAN | {"model": ""})
    assert found.seen == (known["make"].map(fold) == "dacia").sum()
    assert found.price is not None
    nameless = estimate_car(served, LOGAN | {"make": "", "model": ""})
    assert nameless.seen is None
    assert nameless.price is not None


def test_one_car_of_which_too_little_is_said_has_no_price(served: PriceModel) -> None:
    found = estimate_car(served, {"make": "Dacia", "fuel": "charbon"})
    assert found[:3] == (None, None, None)
    assert "1 sur 6" in found.remark


def test_no_cars_give_no_estimates(served: PriceModel) -> None:
    answer = estimate_adverts(served, parse())
    assert len(answer) == 0
    assert spell_estimates(answer) == []


def test_estimates_are_spelt_in_whole_dirhams_and_empty_where_there_are_none() -> None:
    answer = pd.DataFrame(
        {
            "price_mad": [123_456.7, np.nan, 1e6],
            "low_mad": [100_000.2, np.nan, 999_999.6],
            "high_mad": [150_000.5, np.nan, 1_234_567.0],
            "remark": ["", "pas d'estimation", "x ; y"],
        },
        index=[4, 2, 7],
    )
    assert spell_estimates(answer) == [
        ["123457", "100000", "150000", ""],
        ["", "", "", "pas d'estimation"],
        ["1000000", "1000000", "1234567", "x ; y"],
    ]


def annotate(raw: pd.DataFrame) -> list[list[str]]:
    """Instead of a price, what was understood of the row."""
    return [
        ["1", "2", "3", f"{make}/{model}"]
        for make, model in zip(raw["make"], raw["model"], strict=True)
    ]


def copy(folder: Path, content: str | bytes, separator: str = ",") -> list[list[str]]:
    source, target = folder / "in.csv", folder / "out.csv"
    source.write_bytes(content.encode() if isinstance(content, str) else content)
    copy_with_columns(ListingFile(source, needs_price=False), target, COLUMNS, annotate)
    text = target.read_text(encoding="utf-8-sig")
    return [*csv.reader(text.splitlines(keepends=True), delimiter=separator)]


def test_rows_are_copied_in_order_with_their_estimates_beside_them(tmp_path: Path) -> None:
    rows = [f"Dacia,M{number},2018,1,Diesel,Manuelle" for number in range(250)]
    header, *found = copy(tmp_path, "\n".join([HEADER, *rows]))
    assert header == [*HEADER.split(","), *COLUMNS]
    assert found == [
        [*row.split(","), "1", "2", "3", f"Dacia/M{at}"] for at, row in enumerate(rows)
    ]


def test_short_and_long_rows_are_copied_with_their_trouble(tmp_path: Path) -> None:
    _, short, sound, long = copy(tmp_path, f"{HEADER}\nDacia,Logan\n{ROW}\n{ROW},x,y\n")
    assert short == [
        "Dacia", "Logan", "", "", "", "", "", "", "",
        "pas d'estimation : 2 cellules au lieu de 6",
    ]  # fmt: skip
    assert sound == [*ROW.split(","), "1", "2", "3", "Dacia/Logan"]
    trouble = "pas d'estimation : 8 cellules au lieu de 6"
    assert long == [*ROW.split(","), "", "", "", trouble, "x", "y"]


def test_a_file_of_malformed_rows_only_is_copied_without_asking_for_estimates(
    tmp_path: Path,
) -> None:
    (tmp_path / "in.csv").write_text(f"{HEADER}\nDacia\nKia\n", encoding="utf-8")
    copy_with_columns(
        ListingFile(tmp_path / "in.csv", needs_price=False), tmp_path / "out.csv", COLUMNS,
        lambda _: pytest.fail("no row can be estimated"),
    )  # fmt: skip
    lines = (tmp_path / "out.csv").read_text(encoding="utf-8").splitlines()
    assert [line.split(",")[0] for line in lines] == ["Marque", "Dacia", "Kia"]


def test_a_row_of_empty_cells_is_copied_in_its_place(tmp_path: Path) -> None:
    _, *found = copy(tmp_path, f"{HEADER}\n{ROW}\n,,,,,\n{ROW}\n")
    assert [row[:6] for row in found] == [ROW.split(","), [""] * 6, ROW.split(",")]


def test_quoted_cells_are_copied_as_they_were(tmp_path: Path) -> None:
    _, found = copy(tmp_path, f'{HEADER}\n"Da""cia","Lo, gan\nMCV",2018,1,Diesel,Manuelle\n')
    assert found[:2] == ['Da"cia', "Lo, gan\nMCV"]
    assert found[-1] == 'Da"cia/Lo, gan\nMCV'


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_the_copy_keeps_the_separator_and_the_byte_order_mark(
    tmp_path: Path, separator: str, mark: bytes
) -> None:
    content = mark + f"{HEADER}\n{ROW}\n".replace(",", separator).encode()
    header, row = copy(tmp_path, content, separator)
    assert len(header) == len(row) == 10
    written = (tmp_path / "out.csv").read_bytes()
    assert written.startswith(b"\xef\xbb\xbf") == bool(mark)
    assert written.count(b"\xef\xbb\xbf") == bool(mark)


def test_a_copy_that_fails_midway_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(f"{HEADER}\n{ROW}\n", encoding="utf-8")
    (tmp_path / "out.csv").write_text("before", encoding="utf-8")

    def fail(_: pd.DataFrame) -> list[list[str]]:
        raise OSError("disk full")

    file = ListingFile(tmp_path / "in.csv", needs_price=False)
    with pytest.raises(DatasetError, match="disk full"):
        copy_with_columns(file, tmp_path / "out.csv", COLUMNS, fail)
    assert (tmp_path / "out.csv").read_text(encoding="utf-8") == "before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "out.csv"]


CELL = st.text(
    st.characters(codec="utf-8", exclude_characters="\0\r\n\x85\u2028\u2029\x0b\x0c\x1c\x1d\x1e"),
    max_size=8,
)


@settings(max_examples=15, deadline=None)
@given(rows=st.lists(st.lists(CELL, min_size=1, max_size=9), min_size=1, max_size=6))
def test_whatever_the_cells_hold_no_row_is_lost_or_moved(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]
) -> None:
    folder = tmp_path_factory.mktemp("copy")
    source, target = folder / "in.csv", folder / "out.csv"
    with source.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER.split(","))
        writer.writerows(rows)
    copy_with_columns(ListingFile(source, needs_price=False), target, COLUMNS, annotate)
    with target.open(encoding="utf-8", newline="") as file:
        found = [*csv.reader(file)][1:]
    assert [row[:6] + row[10:] for row in found] == [row + [""] * (6 - len(row)) for row in rows]
    assert [row[6] for row in found] == ["1" if len(row) == 6 else "" for row in rows]


def test_estimated_files_say_in_each_row_what_the_model_made_of_it(
    tmp_path: Path, served: PriceModel
) -> None:
    source = tmp_path / "in.csv"
    source.write_text(f"{HEADER}\n{ROW}\nDacia,,,,,\n{ROW},x\n", encoding="utf-8")
    copy_with_columns(
        ListingFile(source, needs_price=False), tmp_path / "out.csv", COLUMNS,
        lambda raw: spell_estimates(estimate_adverts(served, parse_listings(raw))),
    )  # fmt: skip
    table = pd.read_csv(tmp_path / "out.csv", names=range(11), skiprows=1)
    assert table[6].gt(10_000).tolist() == [True, False, False]
    assert (
        table[9]
        .str.startswith(
            ("non renseigné : origine", "pas d'estimation : trop", "pas d'estimation : 7")
        )
        .all()
    )


def test_every_core_field_is_needed_in_a_file() -> None:
    assert all(BY_NAME[name].needed for name in CORE)
