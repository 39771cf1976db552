"""Every sentence that people read of an estimate, French first, English beside it.

One table, and nothing but the table: how values are worded and put in is in `wording.py`. Labels
and wordings of a listing are French in `listing.py`; their English stands here.
"""

from typing import Literal, NamedTuple

Language = Literal["fr", "en"]

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
        "kilométrage invraisemblable pour cet âge : valeur ignorée",
        "kilometres not plausible at this age: ignored",
    ),
}
PROBLEM_ENDINGS = {
    "_unreadable": Text("{label} illisible : valeur ignorée", "{label} cannot be read: ignored"),
    "_out_of_range": Text(
        "{label} hors limites ({limits}) : valeur ignorée",
        "{label} out of range ({limits}): ignored",
    ),
}
LIMITS = Text("{low} à {high}", "{low} to {high}")
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
# Every page

TITLE = Text("Le prix d'une voiture d'occasion au Maroc", "The price of a used car in Morocco")
LANGUAGE_SWITCH = Text("Langue", "Language")
PAGE_ESTIMATE = Text("Estimer", "Estimate")
PAGE_FILE = Text("Estimer un fichier", "Estimate a file")
PAGE_MODEL = Text("Le modèle", "The model")
PAGE_MARKET = Text("Le marché", "The market")
PAGE_TITLE = Text("{page} · Le prix d'une voiture au Maroc", "{page} · Car prices in Morocco")
VERSION = Text(
    "Modèle en production : version {number}, depuis le {date}.",
    "Model in production: version {number}, since {date}.",
)
VERSION_UNDATED = Text(
    "Modèle en production : version {number}.", "Model in production: version {number}."
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
MOMENT = Text("le {date} à {time} (heure du Maroc)", "{time} on {date} (Moroccan time)")
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
HELP_RANGE = Text("De {limits}", "From {limits}")
# The answer

ESTIMATE = Text("Prix estimé", "Estimated price")
RANGE = Text("Fourchette", "Range")
INTERVAL = Text(
    "{coverage} voitures sur 10 comme celle-ci s'affichent entre {low} et {high}.",
    "{coverage} cars in 10 like this one are advertised at between {low} and {high}.",
)
INTERVAL_PERCENT = Text(
    "{percent} % des voitures comme celle-ci s'affichent entre {low} et {high}.",
    "{percent} % of cars like this one are advertised at between {low} and {high}.",
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
    "Chaque barre dit ce que ce modèle ajoute (vers la droite) ou retire (vers la gauche) pour la "
    "différence ; ensemble, elles font tout l'écart de prix.",
    "Each bar is what this model adds (to the right) or takes off (to the left) for the "
    "difference; together they are the whole difference in price.",
)
SAME_AS_TYPICAL = Text(
    "Cette voiture est la voiture typique de ce marché.",
    "This car is the typical car of this market.",
)
BY_AGE = Text("Le prix selon l'année", "Price by model year")
BY_DISTANCE = Text("Le prix selon le kilométrage", "Price by kilometres")
CURVE_ALT = Text(
    "{title} : {first} pour {start}, {last} pour {end}, cette voiture étant par ailleurs la même.",
    "{title}: {first} for {start}, {last} for {end}, this car being otherwise the same.",
)
CURVE_NOTE = Text(
    "Ligne : le prix estimé ; bande : la fourchette ; trait vertical en tirets : cette voiture.",
    "Line: the estimated price; band: the range; dashed vertical line: this car.",
)
COMPARABLES = Text("Annonces comparables", "Comparable adverts")
COMPARABLES_NOTE = Text(
    "Les plus proches par l'année et le kilométrage. Annonces d'apprentissage de ce modèle : "
    "{seen}.",
    "The closest in year and kilometres. Adverts of this model that were learnt from: {seen}.",
)
NO_COMPARABLES = Text(
    "Aucune annonce de ce modèle à comparer.", "There is no advert of this model to compare with."
)
NO_MODEL_NAMED = Text(
    "Indiquez la marque et le modèle pour voir des annonces comparables.",
    "Name make and model to see comparable adverts.",
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
    "Fourchette de {low} à {high} ; annonces comparables : {count}.",
    "Range from {low} to {high}; comparable adverts: {count}.",
)
INTERVAL_NOTE = Text(
    "Bande : la fourchette ; trait : le prix estimé ; points : les annonces comparables ; "
    "losange : le prix demandé.",
    "Band: the range; line: the estimated price; dots: the comparable adverts; diamond: the "
    "asking price.",
)
CAR_PRICE = Text("Prix (DH)", "Price (DH)")
ADVERTS = Text("annonces", "adverts")
EFFECT = Text("Effet sur le prix (DH)", "Effect on the price (DH)")
DETAIL = Text("Renseignement", "Detail")

# Files that cannot be read as listings

FILE_UNREADABLE = Text(
    "impossible de lire {file} : {reason}. Donnez le chemin d'un fichier CSV d'annonces.",
    "cannot read {file}: {reason}. Give the path of a CSV file of listings.",
)
FILE_OF_OTHER_KIND = Text(
    "{file} : c'est {what}, pas un fichier CSV. Exportez-le en CSV (UTF-8).",
    "{file}: this is {what}, not a CSV file. Export it as CSV (UTF-8).",
)
ZIP_ARCHIVE = Text("une archive zip ou un classeur Excel", "a zip archive or an Excel workbook")
OLD_WORKBOOK = Text(
    "un ancien classeur Excel, ou un classeur protégé", "an old Excel workbook, or a protected one"
)
GZIP_ARCHIVE = Text("une archive gzip", "a gzip archive")
PARQUET_TABLE = Text("une table Parquet", "a Parquet table")
PDF = Text("un PDF", "a PDF")
MARKUP = Text("une page web ou un document XML", "a web page or an XML document")
FILE_BINARY = Text(
    "{file} : un fichier binaire (il contient des octets nuls) ; un fichier CSV était attendu. "
    "Exportez-le en CSV (UTF-8).",
    "{file}: a binary file (it holds zero bytes); expected a CSV file. Export it as CSV (UTF-8).",
)
FILE_EMPTY = Text(
    "{file} : le fichier est vide ; un fichier CSV avec une ligne de titres était attendu.",
    "{file}: the file is empty; a CSV file with a header was expected.",
)
FILE_WITHOUT_HEADER = Text(
    "{file} : sa première ligne ne peut pas être lue comme une ligne de titres ; le plus souvent, "
    "un guillemet y est ouvert et jamais fermé. Mettez les noms des colonnes en première ligne.",
    "{file}: its first line cannot be read as a CSV header; a quote that is opened there and "
    "never closed is the usual cause. Put the names of the columns in the first line.",
)
FILE_WITH_OPEN_QUOTE = Text(
    "{file} : à la ligne {row} sous les titres, un guillemet n'est pas fermé là où finit sa "
    "cellule ({error}). Fermez-le ou retirez-le : les lignes suivantes seraient perdues.",
    "{file}: row {row} under the header has a quote that is not closed where its cell ends "
    "({error}). Close or remove it: rows after it would be lost.",
)
FILE_TOO_LONG = Text(
    "{file} : environ {found} lignes ; {most} au plus sont estimées ici. Découpez le fichier, ou "
    "tapez `carprice predict` dans un terminal, où il peut être plus long.",
    "{file}: about {found} rows; {most} at most are estimated here. Split the file, or type "
    "`carprice predict` in a terminal, where it may be longer.",
)
FILE_WITH_TWINS = Text(
    "{file} : plusieurs colonnes pour un même renseignement ({columns}). N'en gardez qu'une "
    "de chaque.",
    "{file}: several columns for one field ({columns}). Keep one of each.",
)
FILE_LACKS_COLUMNS = Text(
    "{file} : il manque {count} colonne(s) dont le modèle a besoin :\n{columns}\n"
    "Trouvé : {found}{more}.\n"
    "Majuscules, accents et espaces ne comptent pas. Ajoutez ou renommez ces colonnes, puis "
    "recommencez.",
    "{file}: {count} column(s) that the model needs are missing:\n{columns}\n"
    "Found: {found}{more}.\n"
    "Case, accents and spaces do not matter. Add or rename the columns and run again.",
)
MISSING_COLUMN = Text(
    "  - {label} : une colonne nommée {names}", "  - {label}: a column named {names}"
)
COLUMN_NAME = Text("« {name} »", "“{name}”")
OR = Text(" ou ", " or ")
UNNAMED = Text("(sans nom)", "(unnamed)")
AND_MORE = Text(" … et {count} autres", " … and {count} more")
WORKBOOK_REFUSALS = {
    "unreadable": Text(
        "{file} : ce classeur ne peut pas être lu ; il est abîmé, protégé, ou demande trop de "
        "mémoire. Enregistrez sa première feuille en CSV (UTF-8).",
        "{file}: this workbook cannot be read; it is damaged, protected, or asks for too much "
        "memory. Save its first sheet as CSV (UTF-8).",
    ),
    "other_kind": Text(
        "{file} : une archive, mais pas un classeur Excel (.xlsx). Enregistrez-le en .xlsx ou en "
        "CSV (UTF-8).",
        "{file}: an archive, but no Excel workbook (.xlsx). Save it as .xlsx or as CSV (UTF-8).",
    ),
    "macros": Text(
        "{file} : ce classeur contient des macros. Enregistrez-le en .xlsx, sans macros, ou en "
        "CSV (UTF-8).",
        "{file}: this workbook holds macros. Save it as .xlsx, without macros, or as CSV (UTF-8).",
    ),
    "too_large": Text(
        "{file} : ce classeur est trop grand une fois décompressé (plus de {unpacked} Mo, "
        "ou de {table} Mo de texte). "
        "Découpez-le, ou enregistrez-le en CSV (UTF-8).",
        "{file}: this workbook is too large once unpacked (more than {unpacked} MB, or "
        "{table} MB of text). Split it, "
        "or save it as CSV (UTF-8).",
    ),
}
# « Estimer un fichier »

ESTIMATED_FILE = "{stem}-estimations.csv"
FILE_INTRO = Text(
    "Un fichier d'annonces ou de voitures, une par ligne, revient avec quatre colonnes de plus : "
    "prix estimé, bas et haut de la fourchette, et une remarque. Rien n'en est gardé : il reste "
    "en mémoire le temps de votre visite, jamais sur un disque.",
    "A file of adverts or cars, one a row, comes back with four more columns: estimated price, "
    "low and high end of the range, and a remark. Nothing of it is kept: it stays in memory for "
    "the time of your visit, never on a disk.",
)
FILE_LABEL = Text("Fichier CSV ou Excel (.xlsx)", "CSV or Excel file (.xlsx)")
FILE_HELP = Text(
    "Colonnes nécessaires, sous ces noms ou leurs variantes : {labels}. Les autres renseignements "
    "connus affinent l'estimation ; toute autre colonne est recopiée telle quelle. {rows} lignes "
    "au plus.",
    "Columns that are needed, by these names or their variants: {labels}. Other details that are "
    "known sharpen the estimate; any other column is copied as it is. {rows} rows at most.",
)
FILE_READING = Text("Lecture du fichier…", "Reading the file…")
FILE_ESTIMATING = Text("Estimation : {percent} %", "Estimating: {percent} %")
FILE_WAITING = Text(
    "Un autre fichier est en cours ; le vôtre suit.", "Another file is at work; yours is next."
)
FILE_REFUSED = Text("Ce fichier ne peut pas être estimé.", "This file cannot be estimated.")
FILE_WITHOUT_ROWS = Text(
    "Ce fichier a des titres, et aucune voiture en dessous.",
    "This file has a header and no car under it.",
)
FILE_ROWS = Text("Lignes", "Rows")
FILE_ESTIMATED = Text("Estimées", "Estimated")
FILE_REMARKED = Text("Avec une remarque", "With a remark")
FILE_DOWNLOAD = Text("Télécharger le fichier complété (CSV)", "Download the completed file (CSV)")
FILE_SHOWN = {
    "all": Text("Toutes", "All"),
    "remarked": Text("Avec une remarque", "With a remark"),
    "unestimated": Text("Sans estimation", "Without an estimate"),
}
FILE_SHOWN_LABEL = Text("Lignes à montrer", "Rows to show")
FILE_SEARCH = Text("Chercher une marque", "Search a make")
FILE_TABLE = Text("Voitures du fichier et leurs estimations", "Cars of the file and estimates")
FILE_TABLE_CUT = Text(
    "Les {shown} premières de {rows} lignes ; le fichier les contient toutes.",
    "The first {shown} of {rows} rows; the file holds them all.",
)
FILE_TABLE_EMPTY = Text("Aucune ligne de cette sorte.", "There is no such row.")
ROW = Text("Ligne", "Row")
LOW, HIGH = Text("Bas", "Low"), Text("Haut", "High")
REMARK = Text("Remarque", "Remark")

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
SINCE_EVER = Text("Version {number}, en production", "Version {number}, in production")
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
SLICE = Text("Groupe", "Group")
CARS = Text("Voitures", "Cars")
AGAINST_PRICE = Text("Estimation face au prix demandé", "Estimate against asking price")
AGAINST_PRICE_ALT = Text(
    "Estimation face au prix pour {rows} voitures mises de côté : la plupart sont près de la "
    "diagonale, où les deux sont égaux.",
    "Estimate against price of {rows} cars kept aside: most lie near the diagonal, where both "
    "are equal.",
)
AGAINST_PRICE_NOTE = Text(
    "Carrés : les voitures mises de côté, plus marqués où il y en a plus ; ligne en tirets : "
    "estimation égale au prix.",
    "Squares: the cars kept aside, stronger where there are more; dashed line: estimate equal to "
    "price.",
)
ERRORS = Text("De combien il se trompe", "How far off it is")
ERROR_AXIS = Text("Estimation face au prix (%)", "Estimate against price (%)")
ERRORS_ALT = Text(
    "Écart entre estimation et prix : {share} % des voitures à moins de 10 % de leur prix.",
    "Estimate against price: {share} % of cars within 10 % of their price.",
)
ERRORS_NOTE = Text(
    "Barres : combien de voitures ; à gauche de 0, estimées au-dessous de leur prix ; à droite, "
    "au-dessus.",
    "Bars: how many cars; left of 0, estimated below their price; right of it, above.",
)
NO_UNSEEN = Text(
    "Les voitures mises de côté ne sont pas sur cette machine ; leurs images sont dans MLflow.",
    "The cars kept aside are not on this machine; their pictures are in MLflow.",
)
DATA = Text("Ses annonces", "Its adverts")
DATA_SOURCE = Text("Fichier : {source}", "File: {source}")
DATA_ROWS = Text("Annonces retenues", "Adverts kept")
DATA_LEARNT = Text("Il a appris de", "It learnt from")
DATA_HELD_OUT = Text("Mises de côté", "Held out")
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
    "Entraînée sur {learnt} annonces de {source}, {held_out} autres mises de côté.",
    "Trained on {learnt} adverts of {source}, {held_out} others held out.",
)
LEARNT_SIMULATED = Text(
    "Entraînée sur {learnt} annonces simulées, {held_out} autres mises de côté.",
    "Trained on {learnt} simulated adverts, {held_out} others held out.",
)
LEARNT_FROM_PART = Text(
    "Entraînée sur une part de {rows} annonces de {source}, le reste mis de côté.",
    "Trained on a part of {rows} adverts of {source}, the rest held out.",
)
LEARNT_SIMULATED_PART = Text(
    "Entraînée sur une part de {rows} annonces simulées, le reste mis de côté.",
    "Trained on a part of {rows} simulated adverts, the rest held out.",
)
FIGURE = Text("{label} : {figure} %", "{label}: {figure} %")
NO_VERSIONS = Text("Aucune version n'a encore été entraînée.", "No version was trained yet.")
HISTORY_STALE = Text(
    "Le registre des modèles ne répond pas : voici ce qu'il disait {time}.",
    "The model registry does not answer: this is what it said at {time}.",
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
    r"CarPricePredictor version (\d+)": "la version {}",
    r" has no file hashes: it was not registered by this pipeline and is not opened\. "
    r"Train it with (\S+ run`) or (\S+ train`)": (
        " n'a pas d'empreintes de fichiers : elle n'a pas été enregistrée par ce pipeline et n'est "
        "pas ouverte. Entraînez-la par {} ou {}"
    ),
    r" has another signature than this release of carprice expects\. Train again with this "
    "release, or go back to the release that made it": (
        " a une autre signature que celle qu'attend cette édition de carprice. Entraînez de "
        "nouveau avec cette édition, ou revenez à celle qui l'a faite"
    ),
    r" is not what was registered and is not opened \(": (
        " n'est pas ce qui a été enregistré et n'est pas ouverte ("
    ),
    r": found (no such file|\w+), registered (no such file|\w+)": " : trouvé {}, enregistré {}",
    "no such file": "aucun fichier",
    "Roll back to an intact version, or train again": (
        "Revenez à une version intacte, ou entraînez de nouveau"
    ),
    " holds types that are not trusted:": " contient des types qui ne sont pas admis :",
    " cannot be read:": " ne peut pas être lue :",
    r" holds a (\S+); a scikit-learn Pipeline was expected": (
        " contient un objet {} ; un Pipeline de scikit-learn était attendu"
    ),
    " is not fit for production:": " n'est pas prête pour la production :",
    r" could not be validated; its process ended with (-?\d+):": (
        " n'a pas pu être validée ; son processus s'est terminé par le code {} :"
    ),
    r"(\S+) % of steps to a newer car or fewer kilometres lower the price; "
    r"at most (\S+) % are allowed": (
        "{} % des pas vers une voiture plus récente ou moins de kilomètres baissent le prix ; "
        "au plus {} % sont admis"
    ),
    r"one estimate takes (\S+) ms; at most (\S+) ms is allowed": (
        "une estimation prend {} ms ; au plus {} ms sont admis"
    ),
    r" at (\S+) DH with (.+?) left open; by what that could be, between (\S+) and (\S+) DH": (
        " à {} DH avec {} laissé ouvert ; selon ce que cela peut être, entre {} et {} DH"
    ),
    r" at (\S+) DH; between (\S+) and (\S+) DH was expected": (
        " à {} DH ; un prix entre {} et {} DH était attendu"
    ),
    "an estimate is not a positive number": "une estimation n'est pas un nombre positif",
    "an estimate lies outside its own interval": "une estimation sort de sa propre fourchette",
    "every golden car gets the same price": "toutes les voitures témoins ont le même prix",
    r"(?<=\d),(?=\d{3})": "\u202f",
    "median error": "erreur médiane",
    " and more :": " et plus :",
    r"\bmake (?=[^;]+ : erreur)": "marque ",
    r"\bfuel (?=[^;]+ : erreur)": "carburant ",
    r"\bprice (?=[^;]+ : erreur)": "prix ",
    r"\byear (?=[^;]+ : erreur)": "année ",
}
"""What gate and validation put on record in English, and its French; figures come in the same
order."""
SLICE_BELOW = Text("moins de {high}", "under {high}")
SLICE_ABOVE = Text("{low} et plus", "{low} and more")
# « Le marché »

MARKET_INTRO = Text(
    "Les {learnt} annonces dont le modèle a appris, sans les {held_out} mises de côté pour le "
    "mesurer. Ce sont des prix demandés, pas des prix de vente.",
    "The {learnt} adverts that the model learnt from, without the {held_out} held out to measure "
    "it. These are asking prices, not selling prices.",
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
MARKET_LINE = Text(
    "Ligne : prix médian ; bande : la moitié centrale des annonces. Au moins {least} annonces par "
    "année ; la ligne s'interrompt où il y en a moins.",
    "Line: median price; band: the middle half of adverts. At least {least} adverts a year; the "
    "line is broken where there are fewer.",
)
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
# The API

API_REFUSALS = {
    "too_large": Text(
        "la requête dépasse {megabytes} Mo : envoyez moins d'annonces à la fois",
        "the request is larger than {megabytes} MB: send fewer listings at a time",
    ),
    "too_slow": Text(
        "la requête n'est pas arrivée en entier en {patience} secondes : envoyez-la de nouveau",
        "the request was not there as a whole within {patience} seconds: send it again",
    ),
    "invalid": Text("la requête ne peut pas être lue ainsi", "the request cannot be read as it is"),
    "no_model": Text(
        "aucun modèle en production : l'API répondra d'elle-même dès qu'il y en aura un",
        "no model in production: the API will answer by itself as soon as there is one",
    ),
    "registry_down": Text(
        "le registre des modèles ne répond pas depuis {since} et aucun modèle n'est chargé : "
        "nouvel essai toutes les {seconds} secondes",
        "the model registry has not answered since {since} and no model is at hand: it is asked "
        "again every {seconds} seconds",
    ),
    "busy": Text(
        "trop de grandes requêtes attendent déjà : renvoyez celle-ci dans {seconds} secondes",
        "too many large requests are waiting already: send this one again in {seconds} seconds",
    ),
    "not_found": Text("adresse inconnue : voyez /docs", "unknown address: see /docs"),
    "method_not_allowed": Text(
        "méthode non permise ici : voyez /docs", "method not allowed here: see /docs"
    ),
    "internal": Text(
        "erreur imprévue : elle est dans le journal", "unexpected error: it was logged"
    ),
}
"""By the code that programs read."""

API_FAULTS = {
    "unknown_fields": Text("champs inconnus : {names}", "unknown fields: {names}"),
    "extra_forbidden": Text("champ inconnu", "unknown field"),
    "missing": Text("manque", "is missing"),
    "string_type": Text("un texte ou un nombre est attendu", "a text or a number is expected"),
    "string_too_long": Text("{max_length} caractères au plus", "{max_length} characters at most"),
    "too_long": Text("{max_length} annonces au plus", "{max_length} listings at most"),
    "too_short": Text("au moins une annonce est attendue", "at least one listing is expected"),
    "list_type": Text("une liste est attendue", "a list is expected"),
    "model_type": Text("un objet JSON est attendu", "a JSON object is expected"),
    "literal_error": Text("« fr » ou « en » est attendu", "“fr” or “en” is expected"),
    "json_invalid": Text("n'est pas du JSON : {error}", "is not JSON: {error}"),
}
"""What pydantic finds wrong, by its name for it; what it may find beside is told in its words."""
