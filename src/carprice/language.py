"""A sentence in each language."""

from typing import Literal, NamedTuple

Language = Literal["fr", "en"]


class Text(NamedTuple):
    """One sentence in each language, with places for what it tells of."""

    fr: str
    en: str

    def say(self, language: Language = "fr", **details: object) -> str:
        sentence: str = getattr(self, language)
        return sentence.format(**details)
