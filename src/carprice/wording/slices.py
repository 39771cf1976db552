"""Names of slices for people."""

from carprice.language import Language, Text
from carprice.market.listing import HOME
from carprice.market.slices import Slice
from carprice.wording.spell import number, word_choice

SLICE_BELOW = Text("moins de {high}", "under {high}")
SLICE_ABOVE = Text("{low} et plus", "{low} and more")


def name_slice(part: Slice, language: Language = HOME) -> str:
    """Name of a slice for people: its wording, or the ends of its band."""
    if part.low is None:
        return word_choice(part.family, part.name, language)
    spell = number if part.family == "price" else str
    if part.high is None:
        return SLICE_ABOVE.say(language, low=spell(part.low))
    if not part.low:
        return SLICE_BELOW.say(language, high=spell(part.high + 1))
    return f"{spell(part.low)} – {spell(part.high)}"
