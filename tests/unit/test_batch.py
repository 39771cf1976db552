import csv
import io
from pathlib import Path

import pandas as pd
import pytest
from workbooks import write_workbook

from carprice.errors import DatasetError
from carprice.listings.copying import make_harmless
from carprice.listings.reading import ListingFile, Upload
from carprice.pricing.price_model import PriceModel
from carprice.progress import be_silent
from carprice.serving import batch
from carprice.serving.batch import (
    EstimatedFile,
    Shown,
    copy_with_estimates,
    estimate_upload,
    select_shown,
)
from carprice.wording.remarks import COLUMNS

HEADER = "Marque,Modèle,Année-Modèle,Kilométrage,Type de carburant,Boite de vitesses,Note"
FORM_2 = (
    ",Lien,Ville,Prix,Marque,Modèle,Année-Modèle,Kilométrage,Type de carburant,Boite de vitesses\n"
    "0,x/1,Fès,85000,Dacia,Logan,2018,50 000 - 54 999,Diesel,--\n"
)
TABLE = pd.DataFrame(
    {
        "make": ["Citroën", "CITROEN", "Dacia", ""],
        "price_mad": [1.0, None, 3.0, None],
        "remark": ["", "pas d'estimation", "rare", "pas d'estimation"],
    },
    index=[1, 2, 3, 4],
)


def estimate(served: PriceModel, content: str | bytes, name: str = "a.b.csv") -> EstimatedFile:
    data = content.encode() if isinstance(content, str) else content
    return estimate_upload(served, Upload(name, data), be_silent, "fr")


def read(result: EstimatedFile, separator: str = ",") -> list[list[str]]:
    return [*csv.reader(io.StringIO(result.copy.decode("utf-8-sig")), delimiter=separator)]


def test_copy_and_table_tell_the_same_of_every_row(served: PriceModel) -> None:
    rows = ["Dacia,Logan,2018,90000,Diesel,Manuelle,x", "Dacia,,,,,,", "Kia,Rio", ",,,,,,"]
    result = estimate(served, "\n".join([HEADER, *rows]))
    header, *written = read(result)
    assert result.name == "a.b-estimations.csv"
    assert header == [*HEADER.split(","), *COLUMNS]
    assert result.table.index.tolist() == [1, 2, 3, 4]
    assert result.table["remark"].tolist() == [row[12] for row in written]
    prices = ["" if pd.isna(each) else f"{each:.0f}" for each in result.table["price_mad"]]
    assert prices == [row[7] for row in written]
    assert result.table["make"].tolist() == ["Dacia", "Dacia", "", ""]
    assert (result.estimated, result.remarked) == (1, 4)


RISKY = ["=1+1", "@Logan", "2018", "+90000", "-Diesel", " =Manuelle", "\uff1dcmd|x"]


def test_cells_that_a_spreadsheet_would_run_are_made_harmless(served: PriceModel) -> None:
    _, written = read(estimate(served, f"{HEADER}\n{','.join(RISKY)}\n"))
    safe = ["'=1+1", "'@Logan", "2018", "+90000", "'-Diesel", "' =Manuelle", "'\uff1dcmd|x"]
    assert written[:7] == safe
    assert not any(cell.startswith(tuple("=+-@\t\r")) for cell in written[7:])
    for cell in ("\t1", "\r1", "--", "-12,5", "+212 600"):
        expected = f"'{cell}" if cell[0].isspace() else cell
        assert make_harmless(cell) == make_harmless(expected) == expected


def test_cells_of_a_workbook_are_made_harmless_too(served: PriceModel) -> None:
    rows = [HEADER.split(","), ["=A1", "Logan", -2018, "90000", "Diesel", "Manuelle", "-"]]
    _, written = read(estimate(served, write_workbook(rows), "a.xlsx"), ";")
    assert written[:3] == ["'=A1", "Logan", "-2018"]


def test_cells_are_left_unchanged_for_who_asks(served: PriceModel) -> None:
    upload = Upload("a.csv", f"=A1,{HEADER}\nx,{','.join(RISKY)}\n".encode())
    header, written = read(estimate_upload(served, upload, be_silent, "fr", unchanged=True))
    assert (header[0], written[1:8]) == ("=A1", RISKY)


def test_an_own_file_read_again_is_the_same_listing(served: PriceModel) -> None:
    car = "=Dacia,-Logan,2018,-90000 km,+Diesel,@Manuelle,=x\n"
    first = estimate(served, f"{HEADER}\n{car}")
    lines = first.copy.decode().splitlines()
    again = estimate(served, "\n".join(",".join(line.split(",")[:7]) for line in lines))
    assert again.table["price_mad"].tolist() == first.table["price_mad"].tolist()
    assert again.table["remark"].tolist() == first.table["remark"].tolist()


def test_progress_grows_to_the_end(served: PriceModel) -> None:
    told: list[tuple[int, int]] = []
    car = "Dacia,Logan,2018,90000,Diesel,Manuelle,x\n"
    upload = Upload("a.csv", f"{HEADER}\n{car * 25_000}".encode())
    result = estimate_upload(served, upload, lambda *far: told.append(far), "fr")
    assert [done for done, _ in told] == [10_000, 20_000, 25_000]
    assert all(0 <= total - 25_000 <= 2 for _, total in told)
    assert result.estimated == 25_000


def test_both_raw_forms_and_our_own_column_names_are_read(served: PriceModel) -> None:
    own = "make,model,model_year,mileage_km,fuel,gearbox\nDacia,Logan,2018,90000,diesel,manual\n"
    for content in (FORM_2, own):
        assert estimate(served, content).estimated == 1


def test_a_workbook_is_estimated_like_the_csv_file_of_its_cells(served: PriceModel) -> None:
    cells = ["Dacia", "Logan", 2018.0, 90000.0, "Diesel", "Manuelle", None]
    book = write_workbook([HEADER.split(","), cells])
    found = estimate(served, book, "a.xlsx")
    same = estimate(served, f"{HEADER}\nDacia,Logan,2018,90000,Diesel,Manuelle,\n")
    assert read(found, ";") == read(same)
    pd.testing.assert_frame_equal(found.table, same.table)


def test_the_page_hands_back_what_the_command_line_writes(
    served: PriceModel, tmp_path: Path
) -> None:
    content = f"{HEADER}\nDacia,Logan,2018,90000,Diesel,Manuelle,x\nKia\n".encode("cp1252")
    target = tmp_path / "out.csv"
    file = ListingFile(Upload("a.csv", content), needs_price=False)
    assert copy_with_estimates(served, file, target, be_silent) == (1, 1)
    assert estimate(served, content).copy == target.read_bytes()


def test_estimated_files_say_in_each_row_what_the_model_made_of_it(
    served: PriceModel, tmp_path: Path
) -> None:
    rows = ["Dacia,Logan,2018,120000,Diesel,Manuelle,", "Dacia,,,,,,", "Dacia,Logan,2018,1,2,3,,4"]
    upload = Upload("a.csv", "\n".join([HEADER, *rows]).encode())
    file = ListingFile(upload, needs_price=False)
    copy_with_estimates(served, file, tmp_path / "out.csv", be_silent)
    table = pd.read_csv(tmp_path / "out.csv", names=range(14), skiprows=1)
    assert table[7].gt(10_000).tolist() == [True, False, False]
    for said, expected in zip(
        table[12],
        ["non renseigné : origine", "pas d'estimation : trop", "pas d'estimation : 8"],
        strict=True,
    ):
        assert said.startswith(expected)


def test_a_file_of_malformed_rows_alone_is_handed_back_with_their_trouble(
    served: PriceModel,
) -> None:
    result = estimate(served, f"{HEADER}\nDacia\nKia\n")
    assert (len(result.table), result.estimated, result.remarked) == (2, 0, 2)


def test_a_header_without_a_car_is_a_word_and_no_copy(served: PriceModel, tmp_path: Path) -> None:
    file = ListingFile(Upload("a.csv", f"{HEADER}\n\n".encode()), needs_price=False)
    with pytest.raises(DatasetError, match="a header and no listing under it"):
        copy_with_estimates(served, file, tmp_path / "out.csv", be_silent)
    assert not [*tmp_path.iterdir()]


def test_a_copy_that_fails_midway_leaves_nothing_behind(
    served: PriceModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(batch, "score_chunk", fail)
    target = tmp_path / "out.csv"
    target.write_text("before", encoding="utf-8")
    file = ListingFile(Upload("a.csv", FORM_2.encode()), needs_price=False)
    with pytest.raises(DatasetError, match="disk full"):
        copy_with_estimates(served, file, target, be_silent)
    assert target.read_text(encoding="utf-8") == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]


@pytest.mark.parametrize(("content", "says"), [
    (b"", "le fichier est vide"),
    (b"\xd0\xcf\x11\xe0....", "ancien classeur Excel"),
    (b"%PDF-1.7", "c'est un PDF"),
    (b"a\0b", "octets nuls"),
    (b"{0},{x", "'{0}', '{x'"),
    (b'"Marque,Dacia\na,b\n', "un guillemet y est ouvert"),
    (f"{HEADER},marque\n".encode(), "plusieurs colonnes pour un même renseignement"),
    (f'{HEADER}\n"Dacia,1,2\n'.encode(), "un guillemet n'est pas fermé"),
])  # fmt: skip
def test_a_bad_file_is_explained_in_french_by_its_name(
    served: PriceModel, content: bytes, says: str
) -> None:
    with pytest.raises(DatasetError) as caught:
        estimate(served, content, "voitures.csv")
    assert "voitures.csv" in caught.value.say("fr")
    assert says in caught.value.say("fr")


def test_a_file_of_too_many_rows_is_refused_before_any_is_estimated(
    served: PriceModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "MOST_ROWS", 20_000)
    told: list[tuple[int, int]] = []
    upload = Upload("a.csv", (HEADER + "\n,,,,,," * 20_001).encode())
    with pytest.raises(DatasetError) as caught:
        estimate_upload(served, upload, lambda *far: told.append(far), "fr")
    assert "about 20 002 rows; 20 000 at most" in str(caught.value).replace("\u202f", " ")
    assert "Découpez le fichier" in caught.value.say("fr")
    assert not told


def test_lines_are_no_rows_where_cells_hold_several(
    served: PriceModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "MOST_ROWS", 2)
    row = 'Dacia,Logan,2018,90000,Diesel,Manuelle,"one\ntwo\nthree"\n'
    assert estimate(served, f"{HEADER}\n{row * 2}").estimated == 2
    with pytest.raises(DatasetError):
        estimate(served, f"{HEADER}\n{row * 3}")


@pytest.mark.parametrize(("shown", "make", "rows"), [
    (Shown.ALL, "", [1, 2, 3, 4]),
    (Shown.REMARKED, "", [2, 3, 4]),
    (Shown.UNESTIMATED, "", [2, 4]),
    (Shown.ALL, "citroen", [1, 2]),
    (Shown.UNESTIMATED, " CITROËN", [2]),
    (Shown.ALL, "lada", []),
])  # fmt: skip
def test_rows_are_shown_by_kind_and_by_make_however_it_is_spelt(
    shown: Shown, make: str, rows: list[int]
) -> None:
    assert select_shown(TABLE, shown, make).index.tolist() == rows
