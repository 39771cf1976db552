"""Sentences of the pages on the model and on the market that it learnt from."""

import re
from functools import partial

from carprice.texts import Language, Text, number, word_choice

# « Le modèle »

MODEL_INTRO = Text(
    "Ce qui répond, ce que cela vaut sur des voitures jamais vues, d'où cela vient, et ce qu'il "
    "en a été des autres versions.",
    "What answers, what it is worth on cars it never saw, where it comes from, and what became "
    "of the other versions.",
)
SINCE = Text(
    "Version {number}, en production depuis le {date}",
    "Version {number}, in production since {date}",
)
PROMOTED_BY = Text("Mise en production par {who}.", "Brought to production by {who}.")
MEASURED_ON = Text(
    "Mesuré sur {rows} voitures mises de côté, que le modèle n'a jamais vues.",
    "Measured on {rows} cars kept aside, which the model never saw.",
)
SCORES = {
    "median_error_pct": Text("Erreur médiane", "Median error"),
    "within_10_pct": Text("À moins de 10 % du prix", "Within 10 % of the price"),
    "within_20_pct": Text("À moins de 20 % du prix", "Within 20 % of the price"),
    "coverage_pct": Text("Prix dans la fourchette", "Prices inside the range"),
}
NO_EVALUATION = Text(
    "Le bilan de cette version n'est pas dans le registre.",
    "The scores of this version are not in the registry.",
)
RECORD_AWAY = Text(
    "Le registre des modèles ne répond pas : le bilan de cette version suivra.",
    "The model registry does not answer: the scores of this version will follow.",
)
BY_SLICE = Text("Où il se trompe le plus, et le moins", "Where it errs most, and least")
SLICE_FAMILIES = {
    "make": Text("Marque", "Make"),
    "fuel": Text("Carburant", "Fuel"),
    "price": Text("Prix", "Price"),
    "year": Text("Année", "Year"),
}
SLICE_FAMILY = Text("Par", "By")
SLICE_NOTE = Text(
    "Trait : toutes les voitures ensemble, {error} %. Les groupes de moins de quelques dizaines "
    "de voitures sont laissés de côté : leur chiffre serait du hasard.",
    "Line: all cars together, {error} %. Groups of less than a few dozen cars are left out: "
    "their figure would be luck.",
)
NO_SLICES = Text(
    "Aucun groupe n'est assez grand pour être mesuré.", "No group is large enough to be measured."
)
SLICE_ALT = Text(
    "Erreur médiane par groupe : la plus faible, {best} ({low} %) ; la plus forte, {worst} "
    "({high} %).",
    "Median error by group: the smallest, {best} ({low} %); the largest, {worst} ({high} %).",
)
CARS = Text("Voitures", "Cars")
AGAINST_PRICE = Text("Estimation face au prix demandé", "Estimate against asking price")
AGAINST_PRICE_ALT = Text(
    "Estimation face au prix pour {rows} voitures mises de côté : la plupart sont près de la "
    "diagonale, où les deux sont égaux.",
    "Estimate against price of {rows} cars kept aside: most lie near the diagonal, where both "
    "are equal.",
)
ERRORS = Text("De combien il se trompe", "How far off it is")
ERROR_AXIS = Text("Estimation face au prix (%)", "Estimate against price (%)")
ERRORS_ALT = Text(
    "Écart entre estimation et prix : {share} % des voitures à moins de 10 % de leur prix.",
    "Estimate against price: {share} % of cars within 10 % of their price.",
)
NO_UNSEEN = Text(
    "Les voitures mises de côté ne sont pas sur cette machine ; leurs images sont dans MLflow.",
    "The cars kept aside are not on this machine; their pictures are in MLflow.",
)
DATA = Text("Les annonces dont il a appris", "The adverts it learnt from")
DATA_SOURCE = Text("Fichier : {source}", "File: {source}")
DATA_ROWS = Text("Annonces retenues", "Adverts kept")
DATA_MAKES = Text("Marques", "Makes")
DATA_MODELS = Text("Modèles", "Models")
DATA_MISSING = Text("Le plus souvent absents : {fields}.", "Most often absent: {fields}.")
MISSING_SHARE = Text("{label} ({percent} %)", "{label} ({percent} %)")
NO_PROFILE = Text(
    "Le contrôle de ces annonces n'est pas dans le registre.",
    "The check of these adverts is not in the registry.",
)
QUALITY_DOWNLOAD = Text("Télécharger le rapport de qualité", "Download the quality report")
HISTORY = Text("Toutes les versions", "All versions")
HISTORY_CUT = Text(
    "Les {shown} plus récentes de {count} versions ; toutes sont dans MLflow.",
    "The newest {shown} of {count} versions; all are in MLflow.",
)
VERSION_TITLE = Text("Version {number} · {date} · {fate}", "Version {number} · {date} · {fate}")
VERSION_FATES = {
    "production": Text("en production", "in production"),
    "withdrawn": Text("retirée de la production", "taken out of production"),
    "replaced": Text("remplacée", "replaced"),
    "invalid": Text("refusée à la validation", "refused by validation"),
    "refused": Text("refusée par la comparaison", "refused by the comparison"),
    "waiting": Text("acceptée, pas encore en production", "accepted, not in production yet"),
    "unjudged": Text("pas encore comparée", "not compared yet"),
}
WHY_DECIDED = {
    "accepted": Text("Pourquoi elle a été acceptée", "Why it was accepted"),
    "refused": Text("Pourquoi elle a été refusée", "Why it was refused"),
    "forced": Text(
        "Imposée par une personne malgré ces raisons",
        "Forced through by a person despite these reasons",
    ),
}
INVALID_BECAUSE = Text("La validation a dit", "Validation said")
ROLLED_BACK = Text(
    "Retirée le {date} par {who}, au profit de la version {number}.",
    "Taken out on {date} by {who}, in favour of version {number}.",
)
LEARNT_FROM = Text(
    "Apprise de {rows} annonces de {source}.", "Learnt from {rows} adverts of {source}."
)
SIMULATED_DATA = Text("annonces simulées", "simulated adverts")
FIGURE = Text("{label} : {figure} %", "{label}: {figure} %")
NO_VERSIONS = Text("Aucune version n'a encore été entraînée.", "No version was trained yet.")
HISTORY_STALE = Text(
    "Le registre des modèles ne répond pas : voici ce qu'il disait à {time} (UTC).",
    "The model registry does not answer: this is what it said at {time} (UTC).",
)
HISTORY_AWAY = Text(
    "Le registre des modèles ne répond pas, et cette page ne l'a pas encore lu. Elle le relira "
    "dès qu'il répondra.",
    "The model registry does not answer, and this page has not read it yet. It will as soon as "
    "there is an answer.",
)
OPEN_MLFLOW = Text("Ouvrir MLflow", "Open MLflow")
OPEN_AIRFLOW = Text("Ouvrir Airflow", "Open Airflow")
OPEN_VERSION = Text("Cette version dans MLflow", "This version in MLflow")

REASONS = {
    r"([+-]\S+) points against version (\d+), worse beyond noise "
    r"\(90 % interval (\S+) to (\S+)\)": (
        "{} point face à la version {}, pire au-delà du hasard (intervalle à 90 % : de {} à {})"
    ),
    r"([+-]\S+) points against the champion on the same rows \(90 % interval (\S+) to (\S+)\); "
    r"a worsening of (\S+) points would have been noticed 8 times in 10": (
        "{} point face à la production sur les mêmes voitures (intervalle à 90 % : de {} à {}) ; "
        "une dégradation de {} point aurait été remarquée 8 fois sur 10"
    ),
    r": median error ([+-]\S+) points on (\d+) rows; at most (\S+) is tolerated on a large slice": (
        " : erreur médiane {} point sur {} voitures ; au plus {} est toléré sur un grand groupe"
    ),
    r"(\S+) % within 20 %, interval holds (\S+) % on (\d+) held-out rows": (
        "{} % à moins de 20 % du prix, la fourchette contient {} % des prix, sur {} voitures "
        "mises de côté"
    ),
    r"(\d+) held-out rows; at least (\d+) are needed": (
        "{} voitures mises de côté ; il en faut au moins {}"
    ),
    r"(\S+) %; at most (\S+) % is allowed": "{} % ; au plus {} % sont admis",
    r"(\S+) % of estimates within 20 % of the price; at least (\S+) % are needed": (
        "{} % des estimations à moins de 20 % du prix ; il en faut au moins {} %"
    ),
    r"the interval holds (\S+) % of prices; at least (\S+) % are needed": (
        "la fourchette contient {} % des prix ; il en faut au moins {} %"
    ),
    r"it gives the same (\d+) prices as version (\d+)": (
        "elle donne les mêmes {} prix que la version {}"
    ),
    r"it was trained on simulated listings, version (\d+) on real ones": (
        "elle a appris d'annonces simulées, la version {} d'annonces réelles"
    ),
    "there is no model in production to compare with": (
        "aucun modèle en production à qui la comparer"
    ),
    "the champion cannot be compared with:": "la version en production ne peut être comparée :",
    "median error": "erreur médiane",
    " and more :": " et plus :",
    r"\bmake (?=[^;]+ : erreur)": "marque ",
    r"\bfuel (?=[^;]+ : erreur)": "carburant ",
    r"\bprice (?=[^;]+ : erreur)": "prix ",
    r"\byear (?=[^;]+ : erreur)": "année ",
}
"""What the gate puts on record in English, and its French; figures come in the same order."""


def say_reasons(reasons: str, language: Language = "fr") -> str:
    """Reasons of the gate as they stand on record."""
    if language == "en":
        return reasons
    for english, french in REASONS.items():
        reasons = re.sub(english, partial(_put_figures, french), reasons)
    return re.sub(r"(?<=\d)\.(?=\d)", ",", reasons)


def _put_figures(french: str, found: re.Match[str]) -> str:
    return french.format(*found.groups())


def name_slice(family: str, name: str, language: Language = "fr") -> str:
    """A slice of an evaluation: a choice by its wording, a band by its ends."""
    if family == "fuel":
        return word_choice("fuel", name, language)
    ends = [int(each) for each in re.findall(r"\d+", name)]
    spell = number if family == "price" else str
    if len(ends) == 1:
        return SLICE_ABOVE.say(language, low=spell(ends[0]))
    if not ends[0]:
        return SLICE_BELOW.say(language, high=spell(ends[1] + 1))
    return f"{spell(ends[0])} – {spell(ends[1])}"


def decimal(amount: float, language: Language = "fr", digits: int = 1) -> str:
    """A figure with the decimal mark of the language."""
    spelt = f"{amount:.{digits}f}"
    return spelt.replace(".", ",") if language == "fr" else spelt


SLICE_BELOW = Text("moins de {high}", "under {high}")
SLICE_ABOVE = Text("{low} et plus", "{low} and more")

# « Le marché »

MARKET_INTRO = Text(
    "Les annonces dont le modèle a appris. Ce sont des prix demandés, pas des prix de vente.",
    "The adverts that the model learnt from. These are asking prices, not selling prices.",
)
NO_MARKET = Text(
    "Les annonces d'apprentissage ne sont pas sur cette machine : rien à montrer ici.",
    "The training adverts are not on this machine: there is nothing to show here.",
)
NO_ADVERTS = Text("Aucune annonce de cette sorte.", "There is no such advert.")
ALL_MAKES = Text("Toutes les marques", "All makes")
ALL_FUELS = Text("Tous les carburants", "All fuels")
MEDIAN_PRICE = Text("Prix médian", "Median price")
MEDIAN_PRICE_AXIS = Text("Prix médian (DH)", "Median price (DH)")
MEDIAN_AGE = Text("Année médiane", "Median year")
MEDIAN_DISTANCE = Text("Kilométrage médian", "Median kilometres")
MARKET_BY_MAKE = Text("Par marque", "By make")
MARKET_BY_MODEL = Text("Par modèle", "By model")
MARKET_BY_YEAR = Text("Par année", "By year")
MARKET_BY_CITY = Text("Par ville", "By city")
MARKET_BAR = Text(
    "Trait : prix médian ; barre : la moitié centrale des annonces. Au moins {least} annonces "
    "chacun, les {most} plus fréquents.",
    "Tick: median price; bar: the middle half of adverts. At least {least} adverts each, the "
    "{most} most frequent.",
)
MARKET_TOO_FEW = Text(
    "Trop peu d'annonces pour un chiffre : il en faut {least}.",
    "Too few adverts for a figure: {least} are needed.",
)
MARKET_GROUP_ALT = Text(
    "{title} : de {low} en médiane ({cheapest}) à {high} ({dearest}).",
    "{title}: from a median of {low} ({cheapest}) to {high} ({dearest}).",
)
MARKET_YEAR_ALT = Text(
    "Prix médian selon l'année : {low} en {first}, {high} en {last}.",
    "Median price by model year: {low} in {first}, {high} in {last}.",
)
MARKET_TOLD = Text(
    "{median} (de {low} à {high}), {rows} annonces", "{median} ({low} to {high}), {rows} adverts"
)
