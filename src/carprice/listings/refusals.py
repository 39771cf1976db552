"""The error for a file that lacks columns, in each language."""

from collections.abc import Sequence

from carprice.errors import DatasetError
from carprice.language import Language, Text
from carprice.market.listing import BY_NAME, accepted_headers
from carprice.wording import spell
from carprice.wording.files import (
    AND_MORE,
    COLUMN_NAME,
    FILE_LACKS_COLUMN,
    FILE_LACKS_COLUMNS,
    MISSING_COLUMN,
    OR,
    UNNAMED,
)

EXAMPLE_LENGTH = 40
COLUMNS_SHOWN = 30


def refuse_missing(missing: Sequence[str], header: Sequence[str], file: object) -> DatasetError:
    """The error for missing columns, given as field names.

    file: its path, or its name when it was uploaded.
    """
    unseen = len(header) - COLUMNS_SHOWN
    return DatasetError(
        FILE_LACKS_COLUMN if len(missing) == 1 else FILE_LACKS_COLUMNS,
        file=file,
        count=len(missing),
        columns=Text.write(lambda each: "\n".join(_name_columns(missing, each))),
        found=Text.write(lambda each: _show_header(header, each)),
        more=Text.write(lambda each: AND_MORE.say(each, count=unseen)) if unseen > 0 else "",
    )


def _name_columns(missing: Sequence[str], language: Language) -> list[str]:
    alternative = OR.say(language)
    return [
        MISSING_COLUMN.say(
            language,
            label=spell.title(name),
            names=alternative.join(
                COLUMN_NAME.say(language, name=each) for each in accepted_headers(BY_NAME[name])
            ),
        )
        for name in missing
    ]


def _show_header(header: Sequence[str], language: Language) -> str:
    unnamed = UNNAMED.say(language)
    return ", ".join(repr(cell[:EXAMPLE_LENGTH] or unnamed) for cell in header[:COLUMNS_SHOWN])
