"""The errors for files that cannot be read as listings, in each language."""

from collections.abc import Sequence

from carprice.errors import DatasetError
from carprice.language import Language, Text
from carprice.market.listing import BY_NAME, accepted_headers
from carprice.wording import spell
from carprice.wording.files import (
    AND_MORE,
    COLUMN_NAME,
    FILE_LACKS_COLUMNS,
    MISSING_COLUMN,
    OR,
    UNNAMED,
)

EXAMPLE_LENGTH = 40
COLUMNS_SHOWN = 30
LANGUAGES: tuple[Language, ...] = ("fr", "en")


def refuse(sentence: Text, file: object, **details: object) -> DatasetError:
    """The error to raise, its sentence filled with details in each language.

    file: its path, or its name when it was uploaded.
    details: values for the places in the sentence; a Text is said in the same language.
    """
    return DatasetError(
        _fill(sentence, "en", file, details), french=_fill(sentence, "fr", file, details)
    )


def refuse_missing(missing: Sequence[str], header: Sequence[str], file: object) -> DatasetError:
    """The error for missing columns, given as field names."""
    more = AND_MORE if len(header) > COLUMNS_SHOWN else Text("", "")
    return refuse(
        FILE_LACKS_COLUMNS,
        file,
        count=len(missing),
        columns=Text(*("\n".join(_name_columns(missing, each)) for each in LANGUAGES)),
        found=Text(*(_show_header(header, each) for each in LANGUAGES)),
        more=Text(*(each.format(count=len(header) - COLUMNS_SHOWN) for each in more)),
    )


def _fill(sentence: Text, language: Language, file: object, details: dict[str, object]) -> str:
    # Not formatted themselves: what they quote of a file may hold braces.
    said = {
        name: getattr(each, language) if isinstance(each, Text) else each
        for name, each in details.items()
    }
    return sentence.say(language, file=file, **said)


def _name_columns(missing: Sequence[str], language: Language) -> list[str]:
    quoted, alternative = COLUMN_NAME, OR.say(language)
    return [
        MISSING_COLUMN.say(
            language,
            label=spell.title(name),
            names=alternative.join(
                quoted.say(language, name=each) for each in accepted_headers(BY_NAME[name])
            ),
        )
        for name in missing
    ]


def _show_header(header: Sequence[str], language: Language) -> str:
    unnamed = UNNAMED.say(language)
    return ", ".join(repr(cell[:EXAMPLE_LENGTH] or unnamed) for cell in header[:COLUMNS_SHOWN])
