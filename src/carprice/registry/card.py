"""The card of a version, in Markdown, from what stands in the registry: pure.

Names and reasons out of files are escaped. Nothing in it ages: it tells of what was done, with the
date, so that writing it again changes nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import metadata
from typing import NamedTuple

from carprice.evaluation.metrics import Evaluation, PlainScores, Scores
from carprice.language import LANGUAGES, Language, Text
from carprice.market.listing import TARGET
from carprice.market.slices import Slice
from carprice.registry.history import Chapter, Fate, Record
from carprice.registry.records import CARD
from carprice.wording import card as said
from carprice.wording import spell
from carprice.wording.reasons import say_reason
from carprice.wording.slices import name_slice

LONGEST_DESCRIPTION = 4900
"""Letters of the text of a version; MLflow's databases hold 5000."""
FIELDS = {"price": TARGET, "year": "model_year"}
"""Family of slices to the field it is named by, where that has another name."""
SHOWN = ("median_error_pct", "within_20_pct", "coverage_pct")
COMMON = ("median_error_pct", "within_10_pct", "within_20_pct")
"""Scores of a plain way, which has no interval."""


class Card(NamedTuple):
    """A version's card in one language; texts are Markdown.

    told: what came in and what was learnt. decided: what came of it, why, and what to do.
    sections: the rest, title to text.
    """

    title: str
    told: str
    decided: str
    sections: dict[str, str]

    @property
    def half_page(self) -> str:
        return _join(self.told, self.decided)

    @property
    def text(self) -> str:
        """The whole card."""
        sections = (f"## {title}\n\n{text}" for title, text in self.sections.items())
        return _join(f"# {self.title}", self.half_page, *sections) + "\n"


def write_card(chapter: Chapter, record: Record, language: Language) -> Card | None:
    """The card of a version; None where it was not evaluated, or that is not on record."""
    if record.evaluation is None:
        return None
    writer = _Writer(chapter, record, record.evaluation, language)
    return Card(writer.title, writer.tell(), writer.tell_decided(), writer.write_sections())


def join_cards(chapter: Chapter, record: Record) -> str:
    """The card as it is stored, one language below the other; empty where there is none."""
    cards = [write_card(chapter, record, each) for each in LANGUAGES]
    return "\n---\n\n".join(each.text for each in cards if each)


def describe_version(chapter: Chapter, record: Record) -> str:
    """The half pages, as MLflow shows them of a version; empty where there is no card."""
    cards = [(each, write_card(chapter, record, each)) for each in LANGUAGES]
    told = [
        f"{card.half_page}\n\n{said.WHOLE_CARD.say(language, path=CARD)}"
        for language, card in cards
        if card
    ]
    text = "\n\n---\n\n".join(told)
    return (
        text if len(text) <= LONGEST_DESCRIPTION else text[:LONGEST_DESCRIPTION].rpartition("\n")[0]
    )


@dataclass(frozen=True)
class _Writer:
    """Writes the parts of a card in one language."""

    chapter: Chapter
    record: Record
    evaluation: Evaluation
    language: Language

    @property
    def title(self) -> str:
        return self.say(said.TITLE, number=self.chapter.version.number)

    def tell(self) -> str:
        return _join(self.tell_data(), *self.tell_learnt())

    def tell_decided(self) -> str:
        number = self.chapter.version.number
        return _join(
            self.say(said.DECIDED, sentence=self.tell_fate()),
            self.list_reasons(),
            self.say(said.TO_DO, sentence=self.say(said.ACTIONS[self.chapter.fate], number=number)),
        )

    def write_sections(self) -> dict[str, str]:
        licence = metadata("carprice")["License-Expression"]
        sections = {
            said.DATA: self.tabulate_data(),
            said.PROTOCOL: self.tell_protocol(),
            said.FIGURES: _join(self.tabulate_scores(), self.tell_coverage()),
            said.COMPARED: _join(self.tell_champion(), self.tabulate_plain()),
            said.BY_SLICE: self.tabulate_slices(),
            said.LIMITS: self.say(said.KNOWN_LIMITS),
            said.USE: self.say(said.INTENDED),
            said.LICENCE: self.say(said.LICENSED, licence=licence),
        }
        return {self.say(title): text for title, text in sections.items() if text}

    def tell_data(self) -> str:
        facts, sides = self.chapter.version.facts, self.chapter.version.sides
        told = self.say(
            said.CAME_IN,
            rows=spell.number(facts.rows),
            kind=said.SIMULATED if facts.simulated else said.REAL,
            source=spell.escape(facts.source or "?"),
            learnt=spell.number(sides[0]) if sides else "?",
            scored=spell.number(self.evaluation.overall.rows),
        )
        return _join(told, self.say(said.ONLY_SIMULATED) if facts.simulated else "")

    def tell_learnt(self) -> Iterator[str]:
        overall, plain, worst = (
            self.evaluation.overall,
            self.evaluation.plain,
            self.evaluation.worst,
        )
        yield self.say(
            said.LEARNT,
            error=self.decimal(overall.median_error_pct),
            near=f"{overall.within_20_pct:.0f}",
            coverage=f"{overall.coverage_pct:.0f}",
        )
        if plain.keys() >= said.PLAIN_WAYS.keys():
            median, line = (self.decimal(plain[each].median_error_pct) for each in said.PLAIN_WAYS)
            yield self.say(said.BESIDE_PLAIN, median=median, line=line)
        if worst:
            part, scores = worst
            error, rows = self.decimal(scores.median_error_pct), spell.number(scores.rows)
            yield self.say(said.WORST, name=self.name(part), error=error, rows=rows)

    def tell_fate(self) -> str:
        chapter = self.chapter
        return self.say(
            said.FATES[chapter.fate],
            forced=said.FORCED if chapter.forced else "",
            when=self.say(said.WHEN, date=self.day(chapter.since)) if chapter.since else "",
            who=self.say(said.WHO, who=spell.escape(chapter.who)) if chapter.who else "",
        )

    def list_reasons(self) -> str:
        """Of the validation where it failed, else of the gate."""
        reasons = (
            self.chapter.invalid if self.chapter.fate is Fate.INVALID else self.chapter.reasons
        )
        return "\n".join(f"- {spell.escape(say_reason(each, self.language))}" for each in reasons)

    def tabulate_data(self) -> str:
        version, profile = self.chapter.version, self.record.profile
        facts, unknown = version.facts, self.say(said.NOT_ON_RECORD)
        sides, makes = version.sides, profile.models_by_make if profile else {}
        decision = self.record.decision
        measured = decision.measured if decision else None
        rows = {
            said.FILE: spell.escape(facts.source or unknown),
            said.FILE_HASH: facts.source_sha256 or unknown,
            said.CONTENT_HASH: facts.data_hash or unknown,
            said.PERIOD: self.tell_period(),
            said.MARKETS: facts.market,
            said.ADVERTS: spell.number(facts.rows),
            said.SIDES: " · ".join(map(spell.number, sides)) if sides else unknown,
            said.NAMES: f"{len(makes)} · {sum(map(len, makes.values()))}" if makes else unknown,
            said.COPIES: f"{self.decimal(measured.copies_pct)} %" if measured else unknown,
        }
        return _tabulate(*((self.say(name), value) for name, value in rows.items()))

    def tell_period(self) -> str:
        version = self.chapter.version
        learnt = spell.day(version.created, self.language)
        if changed := version.facts.source_changed:
            return self.say(
                said.PERIOD_KNOWN, changed=spell.day(changed, self.language), learnt=learnt
            )
        return self.say(said.PERIOD_UNKNOWN, learnt=learnt)

    def tell_protocol(self) -> str:
        share = self.chapter.version.facts.holdout_share
        if share is None:
            return self.say(said.NOT_ON_RECORD)
        return self.say(said.HOW_MEASURED, share=f"{100 * share:.0f}")

    def tabulate_scores(self) -> str:
        figures = self.evaluation.overall.model_dump(exclude_none=True)
        rows = [
            (self.label(name), spell.number(figure) if name == "rows" else self.decimal(figure))
            for name, figure in figures.items()
            if name.endswith("_pct") or name == "rows"
        ]
        return _tabulate((self.say(said.FIGURE), self.say(said.VALUE)), *rows)

    def tell_coverage(self) -> str:
        """The promised share of prices in their interval, beside that of the worst slice."""
        decision = self.record.decision
        measured = decision.measured if decision else None
        slices = dict(self.evaluation.all_slices)
        if measured is None or measured.promised_coverage_pct is None or not slices:
            return ""
        least = min(slices, key=lambda part: slices[part].coverage_pct)
        return self.say(
            said.PROMISED,
            promised=f"{measured.promised_coverage_pct:.0f}",
            name=self.name(least),
            found=self.decimal(slices[least].coverage_pct),
        )

    def tell_champion(self) -> str:
        decision = self.record.decision
        if decision is None:
            return self.say(said.NOT_ON_RECORD)
        if decision.champion is None or decision.comparison is None:
            return self.say(said.NO_CHAMPION)
        overall, level = decision.comparison.overall, decision.measured and decision.measured.level
        figures = overall.model_dump(include={"points", "low", "high", "detectable"})
        told = self.say(
            said.AGAINST,
            champion=decision.champion,
            rows=spell.number(overall.rows),
            **{name: self.decimal(figure, 2) for name, figure in figures.items()},
        )
        return _join(
            told, self.say(said.LEVEL, shift=self.decimal(level.shift_pct)) if level else ""
        )

    def tabulate_plain(self) -> str:
        ways: dict[Text, Scores | PlainScores] = {said.THIS_VERSION: self.evaluation.overall}
        ways |= {said.PLAIN_WAYS[name]: each for name, each in self.evaluation.plain.items()}
        heads = (self.say(said.WAY), *map(self.label, COMMON))
        return _tabulate(
            heads, *((self.say(way), *self.pick(each, COMMON)) for way, each in ways.items())
        )

    def tabulate_slices(self) -> str:
        heads = (self.say(said.SLICE), *map(self.label, ("rows", *SHOWN)))
        rows = [
            (self.name(part), spell.number(scores.rows), *self.pick(scores, SHOWN))
            for part, scores in self.evaluation.all_slices
        ]
        return _tabulate(heads, *rows) if rows else ""

    def pick(self, scores: Scores | PlainScores, names: tuple[str, ...]) -> Iterator[str]:
        return (self.decimal(getattr(scores, name)) for name in names)

    def say(self, text: Text, **details: object) -> str:
        return text.say(self.language, **details)

    def label(self, name: str) -> str:
        return self.say(said.LABELS[name]) if name in said.LABELS else f"`{name}`"

    def decimal(self, figure: float, digits: int = 1) -> str:
        return spell.decimal(figure, self.language, digits)

    def day(self, moment: str) -> str:
        return spell.day(datetime.fromisoformat(moment), self.language)

    def name(self, part: Slice) -> str:
        """A slice with its family; a make is a name out of adverts."""
        family = spell.label(FIELDS.get(part.family, part.family), self.language)
        if part.family == "make":
            return f"{family} {spell.escape(spell.capital(part.name))}"
        return f"{family} {name_slice(part, self.language)}"


def _tabulate(heads: tuple[str, ...], *rows: tuple[str, ...]) -> str:
    lines = [heads, ("---",) * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _join(*parts: str) -> str:
    """Paragraphs, empty ones left out."""
    return "\n\n".join(filter(None, parts))
