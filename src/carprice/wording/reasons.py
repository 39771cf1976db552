"""Reasons of gate, validation and monitoring: codes, figures, sentences."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from string import Formatter
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    computed_field,
    model_validator,
)

from carprice.frozen import Frozen
from carprice.language import Language, Text
from carprice.market.chosen import MARKET
from carprice.market.listing import HOME
from carprice.wording.french_figures import in_french


class Code(StrEnum):
    """Names of reasons; they are stored, so none may change."""

    # The gate
    TOO_FEW_ROWS = "too_few_rows"
    ERROR_TOO_LARGE = "error_too_large"
    TOO_FEW_NEAR = "too_few_near"
    COVERAGE_TOO_LOW = "coverage_too_low"
    SAME_PRICES = "same_prices"
    SIMULATED_AGAINST_REAL = "simulated_against_real"
    WORSE = "worse"
    WORSE_ON_SLICE = "worse_on_slice"
    CHAMPION_NOT_OPENED = "champion_not_opened"
    SCORES = "scores"
    NO_CHAMPION = "no_champion"
    NOT_WORSE = "not_worse"
    # Validation
    NOT_FIT = "not_fit"
    NOT_VALIDATED = "not_validated"
    NOT_POSITIVE = "not_positive"
    OUTSIDE_INTERVAL = "outside_interval"
    ONE_PRICE = "one_price"
    WRONG_DIRECTION = "wrong_direction"
    TOO_SLOW = "too_slow"
    OPEN_FIELD_PRICE = "open_field_price"
    GOLDEN_PRICE = "golden_price"
    # Monitoring
    NOTHING_STANDS_OUT = "nothing_stands_out"
    TOO_FEW_CARS = "too_few_cars"
    QUALITY_BROKEN = "quality_broken"
    OTHER_COLUMN = "other_column"
    OTHER_CARS = "other_cars"
    UNKNOWN_NAMES = "unknown_names"
    MORE_PROBLEMS = "more_problems"
    HARDER_CARS = "harder_cars"
    OTHER_LEVEL = "other_level"
    OTHER_LEVEL_OF_MAKE = "other_level_of_make"
    LARGER_ERROR = "larger_error"
    LOST_COVERAGE = "lost_coverage"
    # The gate again
    NOT_COMPARED = "not_compared"
    NOT_BETTER = "not_better"
    TOO_LITTLE_POWER = "too_little_power"
    LEVEL_MOVED = "level_moved"
    NAMES_LOST = "names_lost"
    MANY_COPIES = "many_copies"
    KNOWLEDGE_NOT_ON_RECORD = "knowledge_not_on_record"
    RULE_BETTER = "rule_better"
    RULE_FRESHER = "rule_fresher"
    RULE_FIRST_REAL = "rule_first_real"
    ERROR_GREW = "error_grew"
    OLDER_LISTINGS = "older_listings"
    FEWER_LISTINGS = "fewer_listings"
    EFFECT_LOST = "effect_lost"
    # Of releases that stored sentences
    WIDE_COVERAGE_TOO_LOW = "wide_coverage_too_low"
    GROUP_NOT_COVERED = "group_not_covered"
    ON_RECORD = "on_record"


REASONS = {
    Code.TOO_FEW_ROWS: Text(
        "{rows} voitures mises de côté ; il en faut au moins {least}",
        "{rows} held-out rows; at least {least} are needed",
    ),
    Code.ERROR_TOO_LARGE: Text(
        "erreur médiane {error:.2f} % ; au plus {most:g} % sont admis",
        "median error {error:.2f} %; at most {most:g} % is allowed",
    ),
    Code.TOO_FEW_NEAR: Text(
        "{share:.1f} % des estimations à moins de 20 % du prix ; il en faut au moins {least:g} %",
        "{share:.1f} % of estimates within 20 % of the price; at least {least:g} % are needed",
    ),
    Code.COVERAGE_TOO_LOW: Text(
        "la fourchette contient {share:.1f} % des prix ; il en faut au moins {least:g} %",
        "the interval holds {share:.1f} % of prices; at least {least:g} % are needed",
    ),
    Code.WIDE_COVERAGE_TOO_LOW: Text(
        "la fourchette large contient {share:.1f} % des prix ; il en faut au moins {least:g} %",
        "the wide interval holds {share:.1f} % of prices; at least {least:g} % are needed",
    ),
    Code.GROUP_NOT_COVERED: Text(
        "{family} {slice} : une fourchette de {promised:g} % contient {share:.1f} % des prix de "
        "{rows} voitures, ce que le hasard n'explique pas",
        "{family} {slice}: an interval of {promised:g} % holds {share:.1f} % of the prices of "
        "{rows} cars, which chance does not explain",
    ),
    Code.SAME_PRICES: Text(
        "elle donne les mêmes {rows} prix que la version {champion}",
        "it gives the same {rows} prices as version {champion}",
    ),
    Code.SIMULATED_AGAINST_REAL: Text(
        "elle a appris d'annonces simulées, la version {champion} d'annonces réelles",
        "it was trained on simulated listings, version {champion} on real ones",
    ),
    Code.WORSE: Text(
        "erreur médiane {points:+.2f} point face à la version {champion}, pire au-delà du hasard "
        "(intervalle à 90 % : de {low:+.2f} à {high:+.2f})",
        "median error {points:+.2f} points against version {champion}, worse beyond noise "
        "(90 % interval {low:+.2f} to {high:+.2f})",
    ),
    Code.WORSE_ON_SLICE: Text(
        "{family} {slice} : erreur médiane {points:+.2f} point sur {rows} voitures ; "
        "au plus {most:+g} est toléré sur un grand groupe",
        "{family} {slice}: median error {points:+.2f} points on {rows} rows; "
        "at most {most:+g} is tolerated on a large slice",
    ),
    Code.CHAMPION_NOT_OPENED: Text(
        "la version en production ne peut être comparée : {message}",
        "the champion cannot be compared with: {message}",
    ),
    Code.SCORES: Text(
        "erreur médiane {error:.2f} %, {near:.1f} % à moins de 20 % du prix, la fourchette "
        "contient {coverage:.1f} % des prix, sur {rows} voitures mises de côté",
        "median error {error:.2f} %, {near:.1f} % within 20 %, interval holds {coverage:.1f} % "
        "on {rows} held-out rows",
    ),
    Code.NO_CHAMPION: Text(
        "aucun modèle en production à qui la comparer",
        "there is no model in production to compare with",
    ),
    Code.NOT_WORSE: Text(
        "erreur médiane {points:+.2f} point face à la production sur les mêmes voitures "
        "(intervalle à 90 % : de {low:+.2f} à {high:+.2f}) ; une dégradation de "
        "{detectable:.2f} point aurait été remarquée 8 fois sur 10",
        "median error {points:+.2f} points against the champion on the same rows "
        "(90 % interval {low:+.2f} to {high:+.2f}); a worsening of "
        "{detectable:.2f} points would have been noticed 8 times in 10",
    ),
    Code.NOT_FIT: Text(
        "la version {version} n'est pas prête pour la production :",
        "CarPricePredictor version {version} is not fit for production:",
    ),
    Code.NOT_VALIDATED: Text(
        "la version {version} n'a pas pu être validée ; son processus s'est terminé par le code "
        "{exit_code} :\n{message}",
        "CarPricePredictor version {version} could not be validated; its process ended with "
        "{exit_code}:\n{message}",
    ),
    Code.NOT_POSITIVE: Text(
        "une estimation n'est pas un nombre positif", "an estimate is not a positive number"
    ),
    Code.OUTSIDE_INTERVAL: Text(
        "une estimation sort de sa propre fourchette", "an estimate lies outside its own interval"
    ),
    Code.ONE_PRICE: Text(
        "toutes les voitures témoins ont le même prix", "every golden car gets the same price"
    ),
    Code.WRONG_DIRECTION: Text(
        "{share:.1f} % des pas vers une voiture plus récente ou moins de kilomètres baissent le "
        "prix ; au plus {most:g} % sont admis",
        "{share:.1f} % of steps to a newer car or fewer kilometres lower the price; "
        "at most {most:g} % are allowed",
    ),
    Code.TOO_SLOW: Text(
        "une estimation prend {time:.1f} ms ; au plus {most:g} ms sont admis",
        "one estimate takes {time:.1f} ms; at most {most:g} ms is allowed",
    ),
    Code.OPEN_FIELD_PRICE: Text(
        "{car} à {price:,.0f} {currency} avec {opened} laissé ouvert ; selon ce que cela peut "
        "être, entre {low:,.0f} et {high:,.0f} {currency}",
        "{car} at {price:,.0f} {currency} with {opened} left open; by what that could be, "
        "between {low:,.0f} and {high:,.0f} {currency}",
    ),
    Code.GOLDEN_PRICE: Text(
        "{car} à {price:,.0f} {currency} ; un prix entre {low:,.0f} et {high:,.0f} {currency} "
        "était attendu",
        "{car} at {price:,.0f} {currency}; between {low:,.0f} and {high:,.0f} {currency} "
        "was expected",
    ),
    Code.NOTHING_STANDS_OUT: Text(
        "rien à signaler dans {rows} voitures, dont {late} nouveaux prix",
        "nothing stands out in {rows} cars, {late} of them new prices",
    ),
    Code.TOO_FEW_CARS: Text(
        "{rows} voitures, dont {late} nouveaux prix ; moins de {least} ne sont pas jugées",
        "{rows} cars, {late} of them new prices; fewer than {least} are not judged",
    ),
    Code.QUALITY_BROKEN: Text(
        "une règle de qualité est enfreinte : {message}", "a quality rule is broken: {message}"
    ),
    Code.OTHER_COLUMN: Text(
        "{field} : les parts ont changé de {effect:.2f} ; la limite est {limit:.2f}",
        "{field}: its shares have moved by {effect:.2f}; the limit is {limit:.2f}",
    ),
    Code.OTHER_CARS: Text(
        "une voiture nouvelle se distingue d'une ancienne {effect:.0f} fois sur 100 ; le hasard en "
        "donne 50, la limite est {limit:.0f}",
        "a new car is told from an old one {effect:.0f} times in 100; chance gives 50, the limit "
        "is {limit:.0f}",
    ),
    Code.UNKNOWN_NAMES: Text(
        "{field} : {effect:.1f} points de plus de noms que la version ne connaît pas",
        "{field}: {effect:.1f} points more of names that the version does not know",
    ),
    Code.MORE_PROBLEMS: Text(
        "{field} : {effect:.1f} points de plus de textes mal saisis ({kind})",
        "{field}: {effect:.1f} points more of texts with a slip ({kind})",
    ),
    Code.HARDER_CARS: Text(
        "les voitures sont plus difficiles à estimer : fourchettes plus larges de {effect:.0f} %",
        "the cars are harder to estimate: intervals are wider by {effect:.0f} %",
    ),
    Code.OTHER_LEVEL: Text(
        "les prix s'écartent des estimations de {effect:+.1f} %",
        "prices lie {effect:+.1f} % off their estimates",
    ),
    Code.OTHER_LEVEL_OF_MAKE: Text(
        "{make} : les prix s'écartent des estimations de {effect:+.1f} %",
        "{make}: prices lie {effect:+.1f} % off their estimates",
    ),
    Code.LARGER_ERROR: Text(
        "sur les nouveaux prix, l'erreur est plus grande de {effect:.0f} % que ce que promet la "
        "version : {error:.1f} % en médiane",
        "on new prices the error is {effect:.0f} % larger than the version promises: {error:.1f} % "
        "in the median",
    ),
    Code.LOST_COVERAGE: Text(
        "la fourchette contient {share:.1f} % des nouveaux prix ; elle en promet {asked:g} %",
        "the interval holds {share:.1f} % of new prices; it promises {asked:g} %",
    ),
    Code.NOT_COMPARED: Text(
        "elle n'a pas été comparée à la version {champion}",
        "it was not compared with version {champion}",
    ),
    Code.NOT_BETTER: Text(
        "elle n'a rien appris de plus récent que la version {champion} et devrait être meilleure "
        "au-delà du hasard (intervalle à 90 % : de {low:+.2f} à {high:+.2f})",
        "it learnt from nothing newer than version {champion}, so it must be better beyond noise "
        "(90 % interval {low:+.2f} to {high:+.2f})",
    ),
    Code.TOO_LITTLE_POWER: Text(
        "« pas moins bonne » ne prouve rien ici : une dégradation de {detectable:.2f} point "
        "passerait souvent inaperçue ; au-delà de {most:g}, une personne décide",
        "*not worse* proves nothing here: a worsening of {detectable:.2f} points might well go "
        "unnoticed; beyond {most:g} a person decides",
    ),
    Code.LEVEL_MOVED: Text(
        "ses prix s'écartent de {shift:+.1f} % de ceux de la version {champion}, en médiane sur "
        "{rows} voitures que les deux connaissent ; au-delà de {most:g} %, une personne décide",
        "its prices lie {shift:+.1f} % off those of version {champion}, in the median of {rows} "
        "cars that both know; beyond {most:g} % a person decides",
    ),
    Code.NAMES_LOST: Text(
        "{family} : elle ne connaît plus {count} noms ou tranches de la version {champion}, "
        "{share:.1f} % des annonces de celle-ci ({names}) ; au-delà de {most:g} %, une personne "
        "décide",
        "{family}: it lost {count} names or bands that version {champion} knows, {share:.1f} % of "
        "the adverts of that one ({names}); beyond {most:g} % a person decides",
    ),
    Code.MANY_COPIES: Text(
        "{share:.0f} % de ses annonces en répètent une autre, à quelques kilomètres près ; au-delà "
        "de {most:g} %, une personne décide",
        "{share:.0f} % of its listings repeat another but for a few kilometres; beyond {most:g} % "
        "a person decides",
    ),
    Code.KNOWLEDGE_NOT_ON_RECORD: Text(
        "ce que connaît la version {champion} n'est plus enregistré ; une personne décide",
        "what version {champion} knows is not on record any more; a person decides",
    ),
    Code.ERROR_GREW: Text(
        "son erreur médiane, {error:.2f} % (au moins {low:.2f} %), dépasse de plus de {most:g} % "
        "celle de la version {champion} sur ses propres voitures, {before:.2f} % : les prix du "
        "fichier sont peut-être faux, une personne décide",
        "its median error, {error:.2f} % (at least {low:.2f} %), is more than {most:g} % above "
        "that of version {champion} on cars of its own, {before:.2f} %: prices of the file may be "
        "wrong, a person decides",
    ),
    Code.OLDER_LISTINGS: Text(
        "ses voitures les plus récentes sont de {year:.0f}, celles de la version {champion} de "
        "{before:.0f} : le fichier est peut-être ancien ; au-delà de {most:g} an, une personne "
        "décide",
        "its newest cars are of {year:.0f}, those of version {champion} of {before:.0f}: the file "
        "may be an old one; beyond {most:g} years a person decides",
    ),
    Code.FEWER_LISTINGS: Text(
        "{rows} annonces au lieu de {before} pour la version {champion} : le fichier est peut-être "
        "coupé ; au-delà de {most:g} % de moins, une personne décide",
        "{rows} listings in place of {before} of version {champion}: the file may be cut short; "
        "beyond {most:g} % fewer a person decides",
    ),
    Code.EFFECT_LOST: Text(
        "{field} : au hasard, ce champ déplace ses prix de {effect:.1f} %, ceux de la version "
        "{champion} de {before:.1f} % ; la colonne est peut-être abîmée, au-delà de {most:g} % de "
        "perdus une personne décide",
        "{field}: shuffled, it moves its prices by {effect:.1f} %, those of version {champion} by "
        "{before:.1f} %; the column may be broken, beyond {most:g} % lost a person decides",
    ),
    Code.RULE_BETTER: Text(
        "la règle : meilleure, ou plus fraîche et pas moins bonne ; elle est meilleure que la "
        "version {champion}, au-delà du hasard",
        "the rule: better, or fresher and not worse; it is better than version {champion}, beyond "
        "noise",
    ),
    Code.RULE_FRESHER: Text(
        "la règle : meilleure, ou plus fraîche et pas moins bonne ; elle est plus fraîche que la "
        "version {champion}, et pas moins bonne",
        "the rule: better, or fresher and not worse; it is fresher than version {champion}, and "
        "not worse",
    ),
    Code.RULE_FIRST_REAL: Text(
        "elle a appris d'annonces réelles, la version {champion} d'annonces simulées : passer les "
        "planchers suffit",
        "it learnt from real listings, version {champion} from simulated ones: to pass the floors "
        "is enough",
    ),
    Code.ON_RECORD: Text("{sentence}", "{sentence}"),
}
NOT_FINITE = frozenset({"NaN", "Infinity", "-Infinity"})
"""Numbers that are texts in JSON."""
Figure = Annotated[
    int | float | str,
    AfterValidator(lambda figure: float(figure) if figure in NOT_FINITE else figure),
]


class Reason(Frozen):
    """One finding, by its code and the figures of its sentence."""

    code: Code
    figures: dict[str, Figure]

    @classmethod
    def of(cls, code: Code, **figures: float | str) -> Self:
        return cls(code=code, figures=figures)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def text(self) -> str:
        """The English sentence, stored for people."""
        return say_reason(self, "en")

    @model_validator(mode="before")
    @classmethod
    def _read_sentence(cls, given: Any) -> Any:
        """Accept the plain sentence stored by earlier releases."""
        if isinstance(given, str):
            return {"code": Code.ON_RECORD, "figures": {"sentence": given}}
        return given

    @model_validator(mode="after")
    def _ensure_figures(self) -> Self:
        places = {place for _, place, _, _ in Formatter().parse(REASONS[self.code].en) if place}
        places.discard("currency")
        if places != self.figures.keys():
            raise ValueError(f"{self.code} tells of {sorted(places)}, not {sorted(self.figures)}")
        say_reason(self, "en")  # a text in the place of a number is a ValueError
        return self


def say_reason(reason: Reason, language: Language = HOME) -> str:
    figures: Mapping[str, object] = reason.figures
    if language == "fr":
        figures = {name: in_french(name, figure) for name, figure in reason.figures.items()}
    return REASONS[reason.code].say(language, currency=MARKET.currency.symbol, **figures)


def say_reasons(reasons: Sequence[Reason], language: Language = HOME) -> str:
    """Reasons on one line."""
    separator = " ; " if language == "fr" else "; "
    return separator.join(say_reason(each, language) for each in reasons)


def list_reasons(heading: str, reasons: Sequence[Reason], language: Language = "en") -> str:
    """Reasons under a heading, one a line."""
    return "\n  - ".join([heading, *(say_reason(each, language) for each in reasons)])
