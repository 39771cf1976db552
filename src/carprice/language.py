"""A sentence in each language."""

from typing import Literal, NamedTuple

Language = Literal["fr", "en"]
NAMES: dict[Language, str] = {"fr": "French", "en": "English"}
OTHERS: dict[Language, Language] = {"fr": "en", "en": "fr"}


class Text(NamedTuple):
    """One sentence in each language, with places for what it tells of."""

    fr: str
    en: str

    def say(self, language: Language, **details: object) -> str:
        sentence: str = getattr(self, language)
        return sentence.format(**details)
