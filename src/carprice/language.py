"""A sentence in each language."""

from collections.abc import Callable
from typing import Literal, NamedTuple, Self, get_args

Language = Literal["fr", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
NAMES: dict[Language, str] = {"fr": "French", "en": "English"}
OTHERS: dict[Language, Language] = {"fr": "en", "en": "fr"}


class Text(NamedTuple):
    """One sentence in each language, with places for details."""

    fr: str
    en: str

    @classmethod
    def write(cls, in_language: Callable[[Language], str]) -> Self:
        """The Text of a function that writes it in one language."""
        return cls(**{each: in_language(each) for each in LANGUAGES})

    def say(self, language: Language, **details: object) -> str:
        """The sentence in a language, its places filled.

        A Text among the details is said in the same language, as it stands: what it quotes of a
        file may hold braces.
        """
        sentence: str = getattr(self, language)
        said = {
            name: getattr(each, language) if isinstance(each, Text) else each
            for name, each in details.items()
        }
        return sentence.format(**said)
