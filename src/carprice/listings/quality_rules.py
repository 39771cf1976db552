"""What listings must fulfil to be trained on, and which rules they break."""

from collections.abc import Iterable

from pydantic import BaseModel, Field, field_validator

from carprice.listings.quality_report import (
    EXAMPLES,
    DataProfile,
    QualitySummary,
    name_examples,
    name_rows,
    title_field,
)
from carprice.market.listing import BY_NAME, FEATURES, FIELDS, TARGET
from carprice.market.problems import Problem, ProblemKind

LIMITED = tuple(each.name for each in FIELDS if each.needed and each.name != TARGET)
"""Fields of every file: how often they may be unknown has to be decided."""


class QualityRules(BaseModel, frozen=True, extra="forbid"):
    """What listings must fulfil to be trained on; the section `quality` of params.yaml."""

    min_priced_rows: int = Field(ge=1)
    """Clean listings with a price, the same advert counted once."""
    max_malformed_share: float = Field(ge=0, le=1)
    """Rows that have more or fewer cells than the header, of all rows read."""
    max_missing_share: dict[str, float]
    """Field name to the share of rows where it may be unknown; LIMITED fields need an entry.
    A feature without one may be unknown anywhere, but not vanish: be unknown everywhere when
    the accepted data knew it. `origin: 1.0` allows even that."""
    max_unreadable_share: float = Field(ge=0, le=1)
    """Rows where a field holds something that cannot be used, for each field."""
    max_price_shift: float = Field(gt=1)
    """Factor, up or down, between typical prices now and in the accepted data, make by make."""

    @field_validator("max_missing_share")
    @classmethod
    def _refuse_wrong_shares(cls, shares: dict[str, float]) -> dict[str, float]:
        if unknown := [name for name in shares if name not in FEATURES]:
            raise ValueError(f"no feature is named {unknown}; there are {', '.join(FEATURES)}")
        if wrong := {name: share for name, share in shares.items() if not 0 <= share <= 1}:
            raise ValueError(f"shares lie between 0 and 1, found {wrong}")
        if absent := [name for name in LIMITED if name not in shares]:
            raise ValueError(f"an entry is missing for {', '.join(absent)}: name their shares too")
        return shares


def list_failures(
    found: QualitySummary, rules: QualityRules, accepted: DataProfile | None
) -> list[str]:
    return [
        *_judge_rows(found, rules),
        *_judge_missing(found, rules, accepted),
        *_judge_unreadable(found, rules),
        *_judge_prices(found, rules, accepted),
    ]


def _judge_rows(found: QualitySummary, rules: QualityRules) -> Iterable[str]:
    if found.rows_kept < rules.min_priced_rows:
        left_out = [f"{each.rows:,} ({each.label})" for each in found.dropped.values()]
        if found.rows_malformed:
            left_out.append(f"{found.rows_malformed:,} malformed")
        yield (
            f"{found.rows_kept:,} listings are left to train on, at least "
            f"{rules.min_priced_rows:,} are expected; of {found.rows_read:,} read, left out: "
            f"{', '.join(left_out) or 'none'}. Bring more listings, or lower min_priced_rows."
        )
    share = found.rows_malformed / max(1, found.rows_read)
    if share > rules.max_malformed_share:
        yield (
            f"{share:.1%} of rows have more or fewer cells than the header ({name_rows(found)}), "
            f"at most {rules.max_malformed_share:.1%} are expected. Put quotes around cells that "
            "hold the separator, and end no row too early."
        )


def _judge_missing(
    found: QualitySummary, rules: QualityRules, accepted: DataProfile | None
) -> Iterable[str]:
    known_before = accepted.missing if accepted else {}
    for name in FEATURES:
        missing = found.missing[name]
        limit = rules.max_missing_share.get(name)
        if limit is not None and missing > limit:
            yield (
                f"{title_field(name)} is unknown in {missing:.1%} of rows, at most {limit:.1%} are "
                f"expected. Mend the column, or raise max_missing_share of {name}."
            )
        elif limit is None and missing == 1 and (before := known_before.get(name, 1.0)) < 1:
            yield (
                f"{title_field(name)} is unknown everywhere, the accepted data knew it in "
                f"{1 - before:.1%} of rows. Mend the column, or, if it is given up for good, write "
                f"{name}: 1.0 under max_missing_share."
            )


def _judge_unreadable(found: QualitySummary, rules: QualityRules) -> Iterable[str]:
    for each in FIELDS:
        findings = [
            found.problems[problem]
            for kind in (ProblemKind.UNREADABLE, ProblemKind.OUT_OF_RANGE)
            if (problem := Problem(each.name, kind)) in found.problems
        ]
        if each.name == TARGET and "price_out_of_range" in found.dropped:
            findings.append(found.dropped["price_out_of_range"])
        share = sum(finding.share for finding in findings)
        if share > rules.max_unreadable_share:
            yield (
                f"{title_field(each.name)} holds what cannot be used in {share:.1%} of rows "
                f"({'; '.join(map(name_examples, findings))}), at most "
                f"{rules.max_unreadable_share:.1%} are expected. Mend the column, or teach "
                "the module of the market what it says."
            )


def _judge_prices(
    found: QualitySummary, rules: QualityRules, accepted: DataProfile | None
) -> Iterable[str]:
    shift = found.price_shift
    if shift and max(shift, 1 / shift) > rules.max_price_shift:
        yield (
            f"Prices are {shift:.3g} times those of the accepted data, make by make; between "
            f"{1 / rules.max_price_shift:.3g} and {rules.max_price_shift:.3g} times is expected. "
            f"Check the column and its unit ({BY_NAME[TARGET].unit}); if the market moved so far, "
            "raise max_price_shift."
        )
    both = accepted and accepted.median_price_by_make and found.profile.median_price_by_make
    if both and shift is None:
        yield (
            "None of the makes with enough prices was among those of the accepted data, so prices "
            f"cannot be compared; found {', '.join(list(found.unseen_makes.shown)[:EXAMPLES])}. "
            "Check the column of makes."
        )
