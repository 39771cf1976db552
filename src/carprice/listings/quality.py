"""The check of clean listings before training: every broken rule at once, with examples."""

import math
from collections import Counter

import numpy as np
import numpy.typing as npt
import pandas as pd

from carprice.listings.cleaning import DROP_REASONS, Cleaned
from carprice.listings.parsing import Parsed
from carprice.listings.quality_report import (
    EXAMPLES,
    DataProfile,
    Example,
    Finding,
    Histogram,
    QualityReport,
    QualitySummary,
    Unseen,
    shorten,
    title_field,
)
from carprice.listings.quality_rules import QualityRules, list_failures
from carprice.listings.reading import RawListings
from carprice.listings.spelling import choose_spellings
from carprice.listings.table_store import hash_content
from carprice.market.chosen import MARKET
from carprice.market.fields import Kind, fold
from carprice.market.listing import BY_NAME, FIELDS, TARGET, VEHICLE
from carprice.market.problems import Problem, ProblemKind

ROWS_FOR_A_MEDIAN = 20
NAMES_SHOWN = 50
HISTOGRAM_KM = 500_000
NEWEST_SHARE = 0.99
"""Of listings have models no newer than `find_newest_year`."""

PROBLEMS = {
    ProblemKind.UNREADABLE: "a text that cannot be read: taken for unknown",
    ProblemKind.OUT_OF_RANGE: "a number outside its range: taken for unknown",
    ProblemKind.IN_THOUSANDS: "10 to 999 km on a car that is not new: read as thousands",
    ProblemKind.PLACEHOLDER: "a number that stands for nothing: taken for unknown",
}
EXAMPLE_FIELDS = {"no_year": ("model_year",), "same_link": ("link",), "same_content": VEHICLE}


def check(cleaned: Cleaned, rules: QualityRules, accepted: DataProfile | None) -> QualityReport:
    """What was found in listings, and which rules they break.

    accepted: profile of the data that the version in production learnt from, if there is one.
    Never raises for bad listings: what is wrong stands in the failures.
    """
    summary = summarize(cleaned, accepted)
    return QualityReport(summary, list_failures(summary, rules, accepted))


def summarize(cleaned: Cleaned, accepted: DataProfile | None) -> QualitySummary:
    """Counts of listings, and how they differ from the accepted data."""
    raw, parsed, kept = cleaned.raw, cleaned.parsed, cleaned.kept
    source = raw.source
    profile = build_profile(parsed, kept)
    return QualitySummary(
        source=source.name,
        source_sha256=source.sha256,
        encoding=source.encoding,
        separator=source.separator,
        damaged_letters=source.damaged_letters,
        ignored_columns=[shorten(name) for name in source.ignored_columns],
        absent_fields=source.absent_fields,
        rows_read=raw.rows_read,
        rows_malformed=len(raw.malformed),
        malformed_examples=raw.malformed[:EXAMPLES],
        rows_priced=int(parsed.values[TARGET].notna().sum()),
        rows_kept=len(kept),
        dropped=_find_dropped(cleaned),
        duplicates=int(cleaned.dropped.isin(["same_link", "same_content"]).sum()),
        problems=_find_problems(raw, parsed),
        missing=profile.missing,
        unknown_wordings=_count_wordings(raw, parsed),
        unseen_makes=_count_unseen(kept, ("make",), accepted),
        unseen_models=_count_unseen(kept, ("make", "model"), accepted),
        price_shift=compare_prices(profile, accepted),
        simulated=profile.simulated,
        histograms=_build_histograms(kept),
        profile=profile,
    )


def build_profile(parsed: Parsed, kept: pd.DataFrame) -> DataProfile:
    """The profile of these listings, to compare later ones with."""
    values = parsed.values
    priced = values.loc[values[TARGET] > 0, ["make", TARGET]]
    by_make = priced.groupby(priced["make"].map(fold, na_action="ignore"))[TARGET]
    medians = by_make.median()[by_make.size() >= ROWS_FOR_A_MEDIAN]
    models: dict[str, set[str]] = {}
    for make, model in kept[["make", "model"]].drop_duplicates().itertuples(index=False):
        if isinstance(make, str):
            models.setdefault(fold(make), set()).update(
                [fold(model)] if isinstance(model, str) else []
            )
    missing = values.isna().mean() if len(values) else pd.Series(1.0, index=values.columns)
    return DataProfile(
        data_hash=hash_content(kept),
        rows=len(kept),
        median_price_by_make={str(make): float(price) for make, price in medians.items()},
        models_by_make={make: sorted(models[make]) for make in sorted(models)},
        missing={str(name): float(share) for name, share in missing.items()},
        simulated="simulated" in values and bool(values["simulated"].eq(1).any()),
        problems={each.code: float(rows.mean()) for each, rows in parsed.problems.items()},
        newest_year=find_newest_year(kept),
    )


def find_newest_year(kept: pd.DataFrame) -> float | None:
    """Year of the newest models in clean listings, which tells how old a file is.

    A few may be slips, and are passed over. None of no listings.
    """
    return float(kept["model_year"].quantile(NEWEST_SHARE)) if len(kept) else None


def compare_prices(profile: DataProfile, accepted: DataProfile | None) -> float | None:
    """Median factor from accepted prices to these, over the makes in both.

    Make by make, so that another mix of cars does not count; None when no make is in both.
    """
    before = accepted.median_price_by_make if accepted else {}
    ratios = [
        math.log(price / before[make])
        for make, price in profile.median_price_by_make.items()
        if make in before
    ]
    return float(np.exp(np.median(ratios))) if ratios else None


def _find_dropped(cleaned: Cleaned) -> dict[str, Finding]:
    rows = {code: cleaned.dropped.index[cleaned.dropped == code] for code in DROP_REASONS}
    return {
        code: _find(label, cleaned.raw, rows[code], EXAMPLE_FIELDS.get(code, (TARGET,)))
        for code, label in DROP_REASONS.items()
        if len(rows[code])
    }


def _find_problems(raw: RawListings, parsed: Parsed) -> dict[Problem, Finding]:
    return {
        problem: _find(
            f"{title_field(problem.field)}: {PROBLEMS[problem.kind]}",
            raw,
            raw.frame.index[rows],
            (problem.field,),
        )
        for problem, rows in parsed.problems.items()
    }


def _find(label: str, raw: RawListings, rows: pd.Index, fields: tuple[str, ...]) -> Finding:
    cells = raw.frame.loc[rows[:EXAMPLES], list(fields)].astype("str").fillna("")
    return Finding(
        label=label,
        rows=len(rows),
        share=len(rows) / raw.rows_read,
        examples=tuple(
            Example(row=int(row), text=shorten(" ".join(texts)))
            for row, *texts in cells.itertuples()
        ),
    )


def _count_wordings(raw: RawListings, parsed: Parsed) -> dict[str, dict[str, int]]:
    """Unknown texts of choices with their numbers of rows, by field name."""
    return {
        each.name: {
            shorten(str(text)): int(rows)
            for text, rows in _count(raw.frame.loc[holds, each.name])[:NAMES_SHOWN].items()
        }
        for each in FIELDS
        if each.kind in (Kind.CHOICE, Kind.YES_NO)
        and (holds := parsed.problems.get(Problem(each.name, ProblemKind.UNREADABLE))) is not None
    }


def _count(texts: pd.Series) -> pd.Series:
    return texts.astype("str").value_counts()


def _count_unseen(
    kept: pd.DataFrame, columns: tuple[str, ...], accepted: DataProfile | None
) -> Unseen:
    """Names in these columns that are in no spelling in the accepted data."""
    if accepted is None:
        return Unseen(names=0, rows=0, shown={})
    models = accepted.models_by_make
    known = {(make,) for make in models} | {(make, one) for make in models for one in models[make]}
    new: list[tuple[str, int]] = []
    for names, count in kept[list(columns)].value_counts(dropna=True).items():
        parts = names if isinstance(names, tuple) else (names,)
        if tuple(map(fold, parts)) not in known:
            new.append((" ".join(parts), int(count)))
    spelling = choose_spellings(new)
    rows: Counter[str] = Counter()
    for name, count in new:
        rows[fold(name)] += count
    shown = {shorten(spelling[key]): count for key, count in rows.most_common(NAMES_SHOWN)}
    return Unseen(names=len(rows), rows=rows.total(), shown=shown)


def _build_histograms(kept: pd.DataFrame) -> tuple[Histogram, ...]:
    price, year, mileage = (kept[name].to_numpy() for name in (TARGET, *VEHICLE[2:]))
    field, years = BY_NAME[TARGET], BY_NAME["model_year"]
    decimals = math.log10(field.maximum / field.minimum)
    ticks = MARKET.price_ticks
    places = {label: math.log10(at / field.minimum) / decimals for label, at in ticks.items()}
    span = years.maximum + 1 - years.minimum
    firsts = range(int(years.minimum), int(years.maximum) + 1, 10)
    decades = {str(each): (each + 0.5 - years.minimum) / span for each in firsts}
    distances = {"0": 0.0, "100k": 0.2, "200k": 0.4, "300k": 0.6, "400k": 0.8, "500k+": 1.0}
    return (
        _bin("Price (log)", field.unit, price,
             np.geomspace(field.minimum, field.maximum, 41), places),
        _bin("Model year", "", year, np.arange(years.minimum, years.maximum + 2), decades),
        _bin("Mileage", "km", np.clip(mileage, None, HISTOGRAM_KM),
             np.linspace(0, HISTOGRAM_KM, 26), distances),
    )  # fmt: skip


def _bin(
    title: str,
    unit: str,
    values: npt.NDArray[np.float64],
    edges: npt.NDArray[np.float64],
    ticks: dict[str, float],
) -> Histogram:
    counts = np.histogram(values[~np.isnan(values)], edges)[0]
    return Histogram(
        title=title,
        unit=unit,
        edges=tuple(map(float, edges)),
        counts=tuple(map(int, counts)),
        ticks={label: float(place) for label, place in ticks.items()},
    )
