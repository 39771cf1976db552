"""Every sentence that people read of an estimate, French first, English beside it.

Labels and wordings of a listing are French in `listing.py`; their English stands here.
"""

from typing import Literal, NamedTuple

from carprice.listing import BY_NAME, EQUIPMENT

Language = Literal["fr", "en"]
THIN_SPACE, FIXED_SPACE = "\u202f", "\u00a0"

COLUMNS = ("prix_estime", "prix_bas", "prix_haut", "remarque")
"""What is added to a file of cars, in this order."""


class Text(NamedTuple):
    """One sentence in each language, with places for what it tells of."""

    fr: str
    en: str

    def say(self, language: Language = "fr", **details: object) -> str:
        sentence: str = getattr(self, language)
        return sentence.format(**details)


# Remarks on an estimate

UNKNOWN_MAKE = Text("marque jamais vue : fourchette élargie", "make never seen: the range is wider")
UNKNOWN_MODEL = Text(
    "modèle jamais vu pour cette marque : fourchette élargie",
    "model never seen for this make: the range is wider",
)
RARE_MODEL = Text(
    "modèle rare : moins de {least} annonces connues",
    "rare model: fewer than {least} known adverts",
)
NOT_ESTIMATED = Text(
    "pas d'estimation : trop peu de renseignements ({given} sur {needed}, il en faut {least})",
    "no estimate: too little is known ({given} of {needed}, {least} are needed)",
)
MALFORMED = Text(
    "pas d'estimation : {found} cellules au lieu de {expected}",
    "no estimate: {found} cells instead of {expected}",
)
MISSING = Text("non renseigné : {labels}", "not given: {labels}")
CORRECTIONS = {
    "mileage_km_in_thousands": Text(
        "kilométrage lu en milliers de km", "kilometres read as thousands of km"
    ),
    "mileage_km_placeholder": Text(
        "kilométrage invraisemblable pour cet âge : ignoré",
        "kilometres not plausible at this age: ignored",
    ),
}
PROBLEM_ENDINGS = {
    "_unreadable": Text("{label} illisible : ignoré", "{label} cannot be read: ignored"),
    "_out_of_range": Text("{label} hors limites : ignoré", "{label} out of range: ignored"),
}

# Labels

LABELS_IN_ENGLISH = {
    "price_mad": "Price", "make": "Make", "model": "Model", "model_year": "Model year",
    "mileage_km": "Kilometres", "fuel": "Fuel", "gearbox": "Gearbox", "doors": "Doors",
    "origin": "Origin", "first_owner": "First owner", "fiscal_power_cv": "Fiscal power",
    "condition": "Condition", "alloy_wheels": "Alloy wheels", "airbags": "Airbags",
    "air_conditioning": "Air conditioning", "navigation": "Navigation", "sunroof": "Sunroof",
    "leather_seats": "Leather seats", "parking_sensors": "Parking sensors",
    "reversing_camera": "Reversing camera", "electric_windows": "Electric windows", "abs": "ABS",
    "esp": "ESP", "cruise_control": "Cruise control", "speed_limiter": "Speed limiter",
    "audio_bluetooth": "CD/MP3/Bluetooth", "trip_computer": "Trip computer",
    "remote_locking": "Remote central locking", "city": "City", "link": "Link",
    "simulated": "Simulated advert",
}  # fmt: skip
CHOICES_IN_ENGLISH = {
    "diesel": "Diesel", "petrol": "Petrol", "hybrid": "Hybrid", "electric": "Electric",
    "lpg": "LPG", "manual": "Manual", "automatic": "Automatic",
    "local_new": "Bought new in Morocco", "customs_cleared": "Customs cleared",
    "imported_new": "Imported new", "uncleared": "Not cleared by customs yet",
    "new": "New", "excellent": "Excellent",
    "very_good": "Very good", "good": "Good", "fair": "Fair", "damaged": "Damaged",
    "for_parts": "For parts",
}  # fmt: skip
EQUIPMENT_LABEL = Text("équipement", "equipment")
YES, NO = Text("Oui", "Yes"), Text("Non", "No")


def describe_problem(code: str, language: Language = "fr") -> str:
    """The sentence for a problem code of `cleaning.Parsed`."""
    if code in CORRECTIONS:
        return CORRECTIONS[code].say(language)
    for ending, sentence in PROBLEM_ENDINGS.items():
        if code.endswith(ending):
            return sentence.say(language, label=label(code.removesuffix(ending), language))
    raise KeyError(code)


def title(name: str, language: Language = "fr") -> str:
    """The label of a field as it stands over a column."""
    return BY_NAME[name].label if language == "fr" else LABELS_IN_ENGLISH[name]


def label(name: str, language: Language = "fr") -> str:
    """The label of a field inside a sentence."""
    return title(name, language).lower()


def name_fields(names: tuple[str, ...], language: Language = "fr") -> str:
    """Labels of fields that are told of together."""
    if set(names) <= set(EQUIPMENT):
        return EQUIPMENT_LABEL.say(language)
    return ", ".join(label(name, language) for name in names)


def word_choice(name: str, code: str, language: Language = "fr") -> str:
    """The wording of a choice by its code."""
    return BY_NAME[name].choices[code] if language == "fr" else CHOICES_IN_ENGLISH[code]


def capital(sentence: str) -> str:
    """A remark as it begins a line."""
    return sentence[:1].upper() + sentence[1:]


def number(amount: float) -> str:
    """A whole number with thin spaces between thousands."""
    return f"{amount:,.0f}".replace(",", THIN_SPACE)


def about(amount: float) -> str:
    """An estimated amount: three digits that mean something, not six that do not."""
    return dirhams(float(f"{amount:.3g}"))


def dirhams(amount: float) -> str:
    """An amount as it is written in Morocco: 173 000 DH with thin spaces."""
    return f"{number(amount)}{FIXED_SPACE}DH"


# Every page

TITLE = Text("Le prix d'une voiture d'occasion au Maroc", "The price of a used car in Morocco")
LANGUAGE_SWITCH = Text("Langue", "Language")
PAGE_ESTIMATE = Text("Estimer", "Estimate")
PAGE_FILE = Text("Estimer un fichier", "Estimate a file")
PAGE_MODEL = Text("Le modèle", "The model")
PAGE_MARKET = Text("Le marché", "The market")
VERSION = Text(
    "Modèle en production : version {number}, depuis le {date}.",
    "Model in production: version {number}, since {date}.",
)
NEWEST = Text(
    "Dernière version entraînée : version {number}, le {date} ({fate}).",
    "Version trained last: version {number}, on {date} ({fate}).",
)
FATES = {
    "": Text("pas encore comparée à la production", "not compared with production yet"),
    "refused": Text("refusée par la comparaison", "refused by the comparison"),
}
NOT_IN_PRODUCTION = Text("hors production", "not in production")
SIMULATED = Text(
    "Ce modèle a été entraîné sur des annonces simulées : il sert à essayer, pas à acheter.",
    "This model was trained on simulated adverts: it is for trying out, not for buying.",
)
NO_MODEL = Text(
    "Aucun modèle en production. Tapez `make run` dans un terminal, ou lancez "
    "`car_price_predictor_pipeline` dans Airflow ; cette page répondra d'elle-même.",
    "No model in production. Type `make run` in a terminal, or start "
    "`car_price_predictor_pipeline` in Airflow; this page will answer by itself.",
)
REGISTRY_DOWN = Text(
    "Le registre des modèles ne répond pas depuis {since}. Nouvel essai toutes les 5 secondes.",
    "The model registry has not answered since {since}. It is asked again every 5 seconds.",
)
STALE = Text(
    "Le registre des modèles ne répond pas depuis {since} : le dernier bon modèle continue de "
    "répondre.",
    "The model registry has not answered since {since}: the last good model goes on answering.",
)

# The form

INTRO = Text(
    "Décrivez la voiture ; laissez vide ce que vous ne savez pas : la fourchette en tiendra "
    "compte.",
    "Describe the car; leave empty what you do not know: the range will allow for it.",
)
BUTTON = Text("Prédire", "Estimate")
UNKNOWN = Text("Je ne sais pas", "I do not know")
DETAILS = Text(
    "Plus de détails, pour une fourchette plus étroite", "More details, for a narrower range"
)
HELP_NAME = Text(
    "Choisissez dans la liste, ou tapez le nom.", "Choose from the list, or type the name."
)
HELP_RANGE = Text("De {low} à {high} {unit}", "From {low} to {high} {unit}")

# The answer

ESTIMATE = Text("Prix estimé", "Estimated price")
RANGE = Text("Fourchette", "Range")
INTERVAL = Text(
    "{coverage} voitures sur 10 comme celle-ci se vendent entre {low} et {high}.",
    "{coverage} cars in 10 like this one sell for between {low} and {high}.",
)
ASKED_PRICES = Text(
    "Ce sont des prix demandés dans des annonces ; un prix négocié est souvent un peu plus bas.",
    "These are prices asked in adverts; what is agreed upon is often a little lower.",
)
TOO_FEW = {
    0: Text(
        "Aucune annonce d'une voiture comme celle-ci n'a été vue : un prix serait deviné. La "
        "fourchette, élargie, se fonde sur l'âge, le kilométrage et le reste.",
        "No advert of a car like this one was ever seen: a price would be a guess. The range, "
        "widened, rests on age, kilometres and the rest.",
    ),
    1: Text(
        "Une seule annonce d'une voiture comme celle-ci a été vue : un prix serait deviné. Voici "
        "une fourchette élargie.",
        "One single advert of a car like this one was seen: a price would be a guess. Here is a "
        "wider range.",
    ),
}
TOO_FEW_SEEN = Text(
    "Seulement {seen} annonces d'une voiture comme celle-ci ont été vues : un prix serait deviné. "
    "Voici une fourchette élargie.",
    "Only {seen} adverts of a car like this one were seen: a price would be a guess. Here is a "
    "wider range.",
)
LIKENESSES = {
    "model_and_age": Text("de ce modèle et de cet âge", "of this model and age"),
    "model": Text("de ce modèle", "of this model"),
    "make_and_age": Text("de cette marque et de cet âge", "of this make and age"),
    "make": Text("de cette marque", "of this make"),
}
RECORD = Text(
    "Vérifié sur {rows} voitures {likeness}, jamais montrées au modèle : {coverage} % dans leur "
    "fourchette, erreur médiane {error} %.",
    "Checked on {rows} cars {likeness} that the model never saw: {coverage} % inside their "
    "range, median error {error} %.",
)
NO_RECORD = Text(
    "Trop peu de voitures {likeness} mises de côté pour un bilan : {rows}, il en faut {least}.",
    "Too few cars {likeness} were kept aside for a track record: {rows}, {least} are needed.",
)
WIDENED = Text(
    "Sans ces renseignements ({labels}), la fourchette est {percent} % plus large.",
    "Without these details ({labels}), the range is {percent} % wider.",
)
WHY = Text("Pourquoi ce prix", "Why this price")
TYPICAL = Text(
    "En partant d'une voiture typique de ce marché, {car}, estimée à {price} :",
    "Starting from a typical car of this market, {car}, estimated at {price}:",
)
EXPLAINED = Text(
    "Chaque barre dit ce que ce modèle ajoute ou retire pour la différence ; ensemble, elles "
    "font tout l'écart de prix.",
    "Each bar is what this model adds or takes off for the difference; together they are the "
    "whole difference in price.",
)
SAME_AS_TYPICAL = Text(
    "Cette voiture est la voiture typique de ce marché.",
    "This car is the typical car of this market.",
)
BY_AGE = Text("Le prix selon l'année", "Price by model year")
BY_DISTANCE = Text("Le prix selon le kilométrage", "Price by kilometres")
CURVE_ALT = Text(
    "{title} : de {first} à {start} à {last} à {end}, pour cette voiture par ailleurs inchangée.",
    "{title}: from {first} at {start} to {last} at {end}, for this car otherwise unchanged.",
)
COMPARABLES = Text("Annonces comparables", "Comparable adverts")
COMPARABLES_NOTE = Text(
    "Les plus proches par l'année et le kilométrage, parmi {seen} annonces d'apprentissage.",
    "The closest in year and kilometres, of {seen} adverts that the model learnt from.",
)
NO_COMPARABLES = Text(
    "Aucune annonce de ce modèle à comparer.", "There is no advert of this model to compare with."
)
NO_REFERENCE = Text(
    "Les annonces d'apprentissage ne sont pas sur cette machine : ni explication, ni bilan, ni "
    "annonces comparables.",
    "The training adverts are not on this machine: no explanation, no track record and no "
    "comparable adverts.",
)
FAIR_PRICE = Text("Cette annonce est-elle au bon prix ?", "Is this advert fairly priced?")
ASKING_PRICE = Text("Prix demandé (DH)", "Asking price (DH)")
ASKING_PLACEHOLDER = Text("Tapez le prix de l'annonce", "Type the price of the advert")
VERDICTS = {
    "far_below": Text(
        "{price} : {percent} % sous l'estimation, sous la fourchette. Trop beau ? Vérifiez "
        "l'état, les papiers et le kilométrage.",
        "{price}: {percent} % under the estimate, below the range. Too good? Check condition, "
        "papers and kilometres.",
    ),
    "below": Text(
        "{price} : {percent} % sous l'estimation, dans la fourchette. Plutôt une bonne affaire.",
        "{price}: {percent} % under the estimate, inside the range. Rather a good deal.",
    ),
    "fair": Text(
        "{price} : au prix du marché, à {percent} % près.",
        "{price}: at the market's price, within {percent} %.",
    ),
    "above": Text(
        "{price} : {percent} % au-dessus de l'estimation, dans la fourchette. Il y a de quoi "
        "négocier.",
        "{price}: {percent} % above the estimate, inside the range. There is room to negotiate.",
    ),
    "far_above": Text(
        "{price} : {percent} % au-dessus de l'estimation, au-dessus de la fourchette. Cher, sauf "
        "si quelque chose le justifie.",
        "{price}: {percent} % above the estimate, above the range. Dear, unless something "
        "justifies it.",
    ),
}
VERDICTS_WITHOUT_PRICE = {
    "far_below": Text("{price} : sous la fourchette.", "{price}: below the range."),
    "inside": Text("{price} : dans la fourchette.", "{price}: inside the range."),
    "far_above": Text("{price} : au-dessus de la fourchette.", "{price}: above the range."),
}
EXPLANATION_ALT = Text("{name} : {amount}", "{name}: {amount}")
NAMELESS = Text("Une voiture", "A car")
SHARE = Text(
    "L'adresse de cette page contient la voiture : partagez-la pour partager l'estimation.",
    "The address of this page holds the car: share it to share the estimate.",
)
INTERVAL_ALT = Text(
    "Fourchette de {low} à {high}, et {count} annonces comparables.",
    "Range from {low} to {high}, and {count} comparable adverts.",
)
CAR_PRICE = Text("Prix (DH)", "Price (DH)")
ADVERTS = Text("annonces", "adverts")
EFFECT = Text("Effet sur le prix (DH)", "Effect on the price (DH)")
