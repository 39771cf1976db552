"""Thousands of generated files: each is refused with a clear message or read with sound counts.

The examples are the same at every run (`derandomize`), so a failure here is a failure everywhere.
"""

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from carprice.errors import DatasetError
from carprice.listings.cleaning import NEW_FROM_YEAR, Cleaned, clean, parse_listings, select_rows
from carprice.listings.parsing import parse_text
from carprice.listings.quality import check
from carprice.listings.quality_report import render_html
from carprice.listings.reading import ListingFile, RawListings, read_listings
from carprice.listings.table_store import hash_content
from carprice.market.fields import fold
from carprice.market.listing import BY_NAME, EQUIPMENT, FIELDS, HEADERS, TEXTUAL, UNKNOWN_WORDS
from carprice.params import read_params

FILES_OF_BYTES = 800
FILES_SPOILT = 350
FILES_WITH_A_STRAY_SIGN = 700
FILES_CUT = 300
FILES_ROUND_TRIP = 100
EVERY = 10
"""One file in so many gets the whole report and its page too, which takes longer."""

RULED = ("price_mad", "model_year", "mileage_km", "link")
RULES = read_params(Path(__file__).parents[2]).quality.model_copy(update={"min_priced_rows": 1})

Rows = list[list[str]]
HEADER_1 = [
    "Price_Raw", "Année-Modèle", "Boite de vitesses", "Type de carburant", "Kilométrage", "Marque",
    "Modèle", "Nombre de portes", "Origine", "Première main", "Puissance fiscale", "État", "URL",
    "Title",
]  # fmt: skip
HEADER_2 = [
    "", "Lien", "Ville", "Secteur", "Prix", "Marque", "Modèle", "Année-Modèle", "Kilométrage",
    "Type de carburant", "Boite de vitesses", "Puissance fiscale",
    *(BY_NAME[name].label.fr for name in EQUIPMENT),
]  # fmt: skip
PLAIN_1 = [
    "173\u202f000 DH", "2016", "Manuelle", "Diesel", "150", "Citroën", "C3", "5", "WW au Maroc",
    "Oui", "6 CV", "Très bon", "x/1", "Citroën C3",
]  # fmt: skip
PLAIN_2 = [
    "0", "x/1", "Fès", "Narjiss", "85000", "Citroën", "C4", "2012", "200 000 - 249 999",
    "Essence", "--", "7", *["Oui", "Non"] * 8,
]  # fmt: skip
HOSTILE = [
    "", " ", "--", '"', '""', ",", ";", "\n", "\r\n", "a\nb", "\0", "\ufeff", "\ufffd", "\u202e",
    "NaN", "inf", "-inf", "1e308", "9" * 400, "-173000", "0", "0.0", "-0", "2099", "2016.5",
    "1980 ou plus ancien",
    "12 000 km", "1.200,50", "1,2,3", "Plus de 41 CV", "=cmd|' /C calc'!A0", "<script>",
    "Demander le prix", "999999", "150", "200 000 - 249 999", "9 - 1", "٢٠١٥", "½", "Oui", "True",
    "بيجو", "🚗" * 50, "x" * 3_000,
]  # fmt: skip
EDGES = ["0", "1", "9999", "5000001", "-173000", "1979", "2099", "999999", "150", ""]
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "latin-1", "cp1252", "utf-16-le", "utf-32"]


def generate(files: int) -> settings:
    """The same files at every run, on a fast machine and on a slow one."""
    return settings(
        max_examples=files,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzzed") / "fuzzed.csv"


def write(rows: Rows, separator: str = ",", end: str = "\n", *, quoted: bool = False) -> str:
    buffer = io.StringIO()
    quoting = csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL
    csv.writer(buffer, delimiter=separator, lineterminator=end, quoting=quoting).writerows(rows)
    return buffer.getvalue()


def read(path: Path, content: bytes) -> RawListings | str:
    """The listings of a file, or the message of the one error that is allowed."""
    path.write_bytes(content)
    try:
        raw = read_listings(path)
    except DatasetError as refused:
        message = str(refused)
    else:
        assert b"\0" not in content or raw.source.encoding == "utf-16"
        return raw
    assert path.name in message
    assert len(message) > len(str(path)) + 20
    return message


def assert_sound(raw: RawListings) -> None:
    cleaned = clean(raw)
    kept, reasons = cleaned.kept, cleaned.dropped
    assert len(kept) + len(reasons) == len(raw.frame)
    assert set(kept.index) | set(reasons.index) | set(raw.malformed) == set(
        range(1, len(raw.frame) + len(raw.malformed) + 1)
    )
    assert kept["price_mad"].between(10_000, 5_000_000).all()
    years = BY_NAME["model_year"]
    assert kept["model_year"].between(years.minimum, years.maximum).all()
    assert kept["mileage_km"].dropna().between(0, 899_999).all()
    assert not kept["link"].dropna().duplicated().any()
    assert not kept.drop(columns="link").duplicated().any()
    if int(raw.source.sha256, 16) % EVERY == 0:
        assert_reported(cleaned)


def assert_reported(cleaned: Cleaned) -> None:
    report = check(cleaned, RULES, None)
    found = report.summary
    dropped = sum(each.rows for each in found.dropped.values())
    assert found.rows_kept == len(cleaned.kept)
    assert found.rows_kept + dropped + found.rows_malformed == found.rows_read > 0
    assert report.failures or found.rows_kept
    assert "</html>" in render_html(report)


@st.composite
def scraps(draw: st.DrawFn) -> bytes:
    """Bytes of all kinds, some of them behind or around something that looks like a file."""
    scrap = draw(st.binary(max_size=300))
    whole = write([HEADER_1, PLAIN_1, PLAIN_1]).encode()
    halves = (whole[: len(whole) // 2], whole[len(whole) // 2 :])
    around = [
        b"",
        b"",
        b"",
        b"",
        b"",
        b"",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        write([HEADER_1]).encode(),
    ]
    before, after = draw(st.sampled_from([*((each, b"") for each in around), halves]))
    return before + scrap + after


@generate(FILES_OF_BYTES)
@given(content=scraps())
def test_any_bytes_are_refused_or_read_with_sound_counts(path: Path, content: bytes) -> None:
    raw = read(path, content)
    if isinstance(raw, RawListings):
        assert_sound(raw)


def move_columns(draw: st.DrawFn, rows: Rows) -> Rows:
    """Shuffle, drop or double columns, mostly harmlessly."""
    places = list(range(len(rows[0])))
    match draw(st.sampled_from(["keep", "keep", "shuffle", "drop", "double"])):
        case "shuffle":
            places = draw(st.permutations(places))
        case "drop":
            places.pop(draw(st.sampled_from(places)))
        case "double":
            places.append(draw(st.sampled_from(places)))
    return [[row[place] for place in places] for row in rows]


def spoil_cells(draw: st.DrawFn, rows: Rows) -> None:
    """Put hostile texts anywhere, most often where a rule decides about the row."""
    ruled = [rows[0].index(name) for name in rows[0] if HEADERS.get(fold(name)) in RULED]
    for _ in range(draw(st.integers(0, 6))):
        row = draw(st.sampled_from(rows[1:] if draw(st.booleans()) else rows))
        place = draw(st.sampled_from([*ruled, *ruled, *range(len(row))]))
        hostile = draw(st.sampled_from(HOSTILE) | st.text(max_size=8))
        if place in ruled and draw(st.booleans()):
            row[place] = draw(st.sampled_from(EDGES))
            continue
        row[place] = hostile if draw(st.booleans()) else row[place] + hostile


@st.composite
def spoilt_files(draw: st.DrawFn) -> bytes:
    """Files of either raw form that were whole once."""
    header, plain = draw(st.sampled_from([(HEADER_1, PLAIN_1), (HEADER_2, PLAIN_2)]))
    rows = [list(header), *(list(plain) for _ in range(draw(st.integers(0, 4))))]
    for number, row in enumerate(rows[1:]):
        if draw(st.booleans()):
            row[header.index("Modèle")] = f"C{number}"
        if draw(st.booleans()):
            row[header.index("URL" if "URL" in header else "Lien")] = f"y/{number}"
    if len(rows) > 1:
        spoil_cells(draw, rows)
    text = write(
        move_columns(draw, rows),
        draw(st.sampled_from(",,;\t|:")),
        draw(st.sampled_from(["\n", "\r\n", "\r"])),
        quoted=draw(st.booleans()),
    )
    encoding = draw(st.sampled_from(ENCODINGS if draw(st.booleans()) else ["utf-8"]))
    content = text.encode(encoding, errors="replace")
    at = draw(st.integers(0, len(content)))
    match draw(st.sampled_from(["keep", "keep", "cut", "insert", "replace"])):
        case "cut":
            content = content[:at]
        case "insert":
            content = (
                content[:at]
                + draw(st.sampled_from([b'"', b"\0", b"\xe8", b"\n", b","]))
                + content[at:]
            )
        case "replace":
            content = content[:at] + draw(st.binary(min_size=1, max_size=2)) + content[at + 1 :]
    return content


@generate(FILES_SPOILT)
@given(content=spoilt_files())
def test_a_spoilt_file_is_refused_or_read_with_sound_counts(path: Path, content: bytes) -> None:
    raw = read(path, content)
    if isinstance(raw, RawListings):
        assert_sound(raw)


def read_rows(path: Path, text: str) -> list[tuple[str, ...]] | str:
    """The well-formed rows of a file, or why it is refused."""
    path.write_bytes(text.encode())
    try:
        file = ListingFile(path, needs_price=True)
        rows = [cells for chunk in file.chunks() for cells in chunk]
    except DatasetError as refused:
        return str(refused)
    return [tuple(cells) for cells in rows if not file.is_malformed(cells)]


TITLED = [["Title", *HEADER_1[:12]]] + [
    [title, *PLAIN_1[:6], f"C{number}", *PLAIN_1[7:12]]
    for number, title in enumerate(["C3, rouge", "C4", 'la "bonne"\naffaire', "C6", "C8"])
]


@generate(FILES_WITH_A_STRAY_SIGN)
@given(data=st.data(), quoted=st.booleans(), sign=st.sampled_from('"\n,; x'))
def test_one_stray_sign_never_alters_the_rows_around_it(
    path: Path, data: st.DataObject, quoted: bool, sign: str
) -> None:
    whole = write(TITLED, quoted=quoted)
    first = whole.index("\n") + 1
    at = data.draw(st.integers(first, len(whole)))
    after = read_rows(path, whole[:at] + sign + whole[at:])
    if isinstance(after, str):
        assert "quote" in after
    else:
        before = set(map(tuple, TITLED[1:]))
        assert len(before & set(after)) >= len(before) - 1
        assert len(set(after) - before) <= 1


@generate(FILES_CUT)
@given(data=st.data())
def test_a_cut_file_loses_rows_but_alters_none_except_the_last(
    path: Path, data: st.DataObject
) -> None:
    whole = write(TITLED)
    after = read_rows(path, whole[: data.draw(st.integers(0, len(whole)))])
    if isinstance(after, list):
        assert after[:-1] == [tuple(row) for row in TITLED[1 : len(after)]]


words = (
    st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=12)
    | st.sampled_from(["Citroën", "Mercedes-Benz", 'la "3"', "a, b; c | d", "بيجو 208", "é\ufffd"])
).filter(lambda text: fold(text) not in UNKNOWN_WORDS and parse_text(text) == text)
yes_no = st.sampled_from(["Oui", "Non", ""])


def choose(name: str) -> st.SearchStrategy[str]:
    return st.sampled_from([*BY_NAME[name].choices, ""])


common = {
    "price_mad": st.integers(10_000, 5_000_000),
    "make": words.filter(lambda text: any(map(str.isalpha, text))),
    "model": words,
    "model_year": st.integers(1980, 2026),
    "fuel": choose("fuel"),
    "gearbox": choose("gearbox"),
    "fiscal_power_cv": st.integers(1, 41),
}
form_1 = st.fixed_dictionaries(
    common
    | {
        "mileage_km": st.integers(0, 899_999),
        "doors": st.sampled_from([3, 5, ""]),
        "origin": choose("origin"),
        "first_owner": yes_no,
        "condition": choose("condition"),
    }
).filter(lambda car: car["mileage_km"] >= 1_000 or car["model_year"] >= NEW_FROM_YEAR)
form_2 = st.fixed_dictionaries(
    common | {
        "mileage_km": st.integers(0, 100).map(lambda band: band * 5_000),
        "city": words,
        "equipment": st.lists(yes_no, min_size=len(EQUIPMENT), max_size=len(EQUIPMENT)),
    }
).map(lambda car: car | dict(zip(EQUIPMENT, car.pop("equipment"), strict=True)))  # fmt: skip
Car = dict[str, object]


def spell(name: str, value: object, *, first_form: bool) -> str:
    """Writes a clean value as the given raw form does."""
    if name in BY_NAME and BY_NAME[name].choices:
        return BY_NAME[name].choices[str(value)].fr if value else "--"
    if name == "price_mad" and first_form:
        return f"{value:,} DH".replace(",", "\u202f")
    if name == "fiscal_power_cv" and first_form:
        return f"{value} CV"
    if name == "mileage_km" and not first_form:
        return f"{value:,} - {int(str(value)) + 4_999:,}".replace(",", " ")
    return str(value)


def expect(name: str, value: object, *, first_form: bool) -> object:
    if value in ("", None):
        return None
    if value in ("Oui", "Non") and name not in TEXTUAL:  # there may be a model of that name
        return float(value == "Oui")
    if isinstance(value, int):
        return value + (0 if first_form or name != "mileage_km" else 2_499.5)
    return value


written = st.tuples(
    st.sampled_from(",;\t|"),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.booleans(),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)


@generate(FILES_ROUND_TRIP)
@given(
    cars=st.lists(form_1, min_size=1, max_size=3) | st.lists(form_2, min_size=1, max_size=3),
    how=written,
)
def test_clean_listings_written_in_either_raw_form_are_read_as_they_were(
    path: Path, cars: list[Car], how: tuple[str, str, bool, str]
) -> None:
    separator, end, quoted, encoding = how
    first_form, names = "origin" in cars[0], list(cars[0])
    rows = [[spell(name, car[name], first_form=first_form) for name in names] for car in cars]
    labels = [BY_NAME[name].label.fr for name in names]
    content = write([labels, *rows], separator, end, quoted=quoted).encode(encoding)
    raw = read(path, content)
    assert isinstance(raw, RawListings), raw
    parsed = parse_listings(raw.frame)
    assert not parsed.problems
    found = parsed.values.astype(object).replace({np.nan: None}).to_dict("records")
    assert found == [
        {each.name: expect(each.name, car.get(each.name), first_form=first_form) for each in FIELDS}
        for car in cars
    ]
    kept, _ = select_rows(parsed)
    assert hash_content(kept) == hash_content(kept.iloc[::-1])
