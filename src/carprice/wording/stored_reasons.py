"""Reasons in the tags of a registry, which hold a few thousand letters."""

from collections.abc import Sequence
from itertools import accumulate

from pydantic import TypeAdapter, ValidationError

from carprice.wording.reasons import Code, Reason

LONGEST_TEXT = 4000
LONGEST_TAG = 5000
"""Letters of a tag that every MLflow server takes."""
STORED = TypeAdapter(list[Reason])


def write_reasons(reasons: Sequence[Reason]) -> str:
    """Text of a tag for people: as many whole reasons as fit, in English."""
    texts = [each.text for each in reasons]
    return _join_whole(texts, "; ", LONGEST_TEXT) or "".join(texts[:1])[:LONGEST_TEXT]


def store_reasons(reasons: Sequence[Reason]) -> str:
    """JSON of a tag for programs: as many whole reasons as fit."""
    stored = [each.model_dump_json(exclude={"text"}) for each in reasons]
    return f"[{_join_whole(stored, ',', LONGEST_TAG - 2)}]"


def recall_reasons(stored: str, text: str) -> list[Reason]:
    """Reasons of a JSON tag; of the English text where that fails."""
    try:
        reasons = STORED.validate_json(stored)
    except ValidationError:  # of an earlier release, or of a later one
        reasons = []
    if not reasons and text:
        reasons = [Reason.of(Code.ON_RECORD, sentence=text)]
    return reasons


def _join_whole(parts: Sequence[str], separator: str, longest: int) -> str:
    ends = accumulate(len(part) + len(separator) for part in parts)
    fitting = sum(end - len(separator) <= longest for end in ends)
    return separator.join(parts[:fitting])
