"""Every sentence that the page alone says, French first, English beside it."""

from carprice.language import Text

# Every page

TITLE = Text("Le prix d'une voiture d'occasion {place}", "The price of a used car {place}")
LANGUAGE_SWITCH = Text("Langue", "Language")
PAGE_ESTIMATE = Text("Estimer", "Estimate")
PAGE_FILE = Text("Estimer un fichier", "Estimate a file")
PAGE_DEALS = Text("Bonnes affaires", "Good deals")
PAGE_MODEL = Text("Le modèle", "The model")
PAGE_MONITORING = Text("Surveillance", "Monitoring")
PAGE_MARKET = Text("Le marché", "The market")
PAGE_TITLE = Text("{page} · Le prix d'une voiture {place}", "{page} · Car prices {place}")
VERSION = Text(
    "Modèle en production : version {number}, depuis le {date}.",
    "Model in production: version {number}, since {date}.",
)
VERSION_UNDATED = Text(
    "Modèle en production : version {number}.", "Model in production: version {number}."
)
SIGNED_IN = Text(
    "Connecté : {name}. [Se déconnecter](/sign-in/out)",
    "Signed in: {name}. [Sign out](/sign-in/out)",
)
NEWEST = Text(
    "Dernière version entraînée : version {number}, le {date} ({fate}).",
    "Version trained last: version {number}, on {date} ({fate}).",
)
FATES = {
    "": Text("pas encore comparée à la production", "not compared with production yet"),
    "held": Text("retenue, une personne décide", "held, a person decides"),
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
TROUBLE_SERVED = Text(
    "Depuis {since} : {trouble} La version {number}, la dernière bonne, continue de répondre.",
    "Since {since}: {trouble} Version {number}, the last good one, goes on answering.",
)
TROUBLE = Text("Depuis {since} : {trouble}", "Since {since}: {trouble}")
# The form

WELCOME = Text("Décrivez la voiture, le prix suit", "Describe the car, the price follows")
INTRO = Text(
    "Marque, modèle et année suffisent pour commencer. Laissez vide ce que vous ne savez pas : la "
    "fourchette en tiendra compte.",
    "Make, model and year will do to begin with. Leave empty what you do not know: the range "
    "allows for it.",
)
TRUST = Text(
    "Appris sur **{learnt} annonces**, vérifié sur **{held_out} autres** que le modèle n'a jamais "
    "vues : une estimation sur deux est à moins de **{error} %** du prix demandé.",
    "Learnt from **{learnt} adverts**, checked on **{held_out} others** that the model never saw: "
    "one estimate in two is within **{error} %** of the asking price.",
)
TRY = Text("Ou essayez avec :", "Or try it with:")
RESET = Text("Effacer", "Clear")
CORRECT_FIRST = Text(
    "Corrigez d'abord ce qui est signalé dans le formulaire.",
    "First correct what is marked in the form.",
)
WRONG = {
    "out_of_range": Text("Impossible : de {limits}.", "Impossible: {limits}."),
    "unreadable": Text("Illisible.", "Cannot be read."),
    "placeholder": Text("Invraisemblable à cet âge.", "Not plausible at this age."),
}
BUTTON = Text("Prédire", "Estimate")
UNKNOWN = Text("Je ne sais pas", "I do not know")
DETAILS = Text("Plus de détails", "More details")
HELP_NAME = Text(
    "Choisissez dans la liste, ou tapez le nom.", "Choose from the list, or type the name."
)
HELP_RANGE = Text("De {limits}", "From {limits}")
# The answer

ESTIMATE = Text("Prix estimé", "Estimated price")
RANGE = Text("Fourchette", "Range")
BETWEEN = Text("de {low} à {high}", "{low} to {high}")
INTERVAL = Text(
    "{coverage} voitures sur 10 comme celle-ci sont proposées entre {low} et {high}.",
    "{coverage} out of 10 cars like this one are advertised at between {low} and {high}.",
)
INTERVAL_PERCENT = Text(
    "{percent} % des voitures comme celle-ci sont proposées entre {low} et {high}.",
    "{percent} % of cars like this one are advertised at between {low} and {high}.",
)
ASKED_PRICES = Text(
    "Ce sont des prix demandés dans des annonces ; un prix négocié est souvent un peu plus bas.",
    "These are prices asked in adverts; the final price is often a little lower.",
)
TOO_FEW = {
    0: Text(
        "Aucune annonce d'une voiture comme celle-ci n'a été vue : un prix serait une pure "
        "supposition. La fourchette, élargie, se fonde sur l'âge, le kilométrage et le reste.",
        "No advert of a car like this one was ever seen: a price would be a guess. The range, "
        "widened, rests on age, kilometres and the rest.",
    ),
    1: Text(
        "Une seule annonce d'une voiture comme celle-ci a été vue : un prix serait une pure "
        "supposition. Voici une fourchette élargie.",
        "One single advert of a car like this one was seen: a price would be a guess. Here is a "
        "wider range.",
    ),
}
TOO_FEW_SEEN = Text(
    "Seulement {seen} annonces d'une voiture comme celle-ci ont été vues : un prix serait une pure "
    "supposition. Voici une fourchette élargie.",
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
    "Vérifié sur {rows} voitures {likeness}, décrites par les mêmes champs et jamais montrées au "
    "modèle : {coverage} % dans leur fourchette, erreur médiane {error} %.",
    "Checked on {rows} cars {likeness}, described by the same fields, that the model never saw: "
    "{coverage} % inside their range, median error {error} %.",
)
NO_RECORD = Text(
    "Trop peu de voitures {likeness} mises de côté pour un bilan : {rows}, il en faut {least}.",
    "Too few cars {likeness} were kept aside for a track record: {rows}, {least} are needed.",
)
TOO_LITTLE = Text(
    "Il faut au moins {least} renseignements parmi les principaux. Ajoutez par exemple : {labels}.",
    "At least {least} of the main details are needed. Add for example: {labels}.",
)
INVITATION = Text("Ce que vous pouvez préciser :", "What you could add:")
GAIN = Text(
    "{label} : prix de {low} à {high} selon la réponse",
    "{label}: a price of {low} to {high}, depending on the answer",
)
GAIN_NARROWER = Text(
    "{label} : prix de {low} à {high} selon la réponse, fourchette plus étroite de {percent} %",
    "{label}: a price of {low} to {high}, depending on the answer, a range {percent} % narrower",
)
ON_ONE_SIDE = {
    "cheaper": Text(
        "{count} des {of} annonces comparables sont moins chères que cette estimation : regardez "
        "en quoi elles diffèrent.",
        "{count} of {of} comparable adverts are cheaper than this estimate: look at what differs.",
    ),
    "dearer": Text(
        "{count} des {of} annonces comparables sont plus chères que cette estimation : regardez "
        "en quoi elles diffèrent.",
        "{count} of {of} comparable adverts cost more than this estimate: look at what differs.",
    ),
}
WHY = Text("Pourquoi ce prix", "Why this price")
TYPICAL = Text(
    "En partant d'une voiture typique, {car}, estimée à {price} :",
    "Starting from a typical car, {car}, estimated at {price}:",
)
EXPLAINED = Text(
    "Chaque barre dit ce que le calcul ajoute (vers la droite) ou retire (vers la gauche) pour la "
    "différence ; ensemble, elles font tout l'écart de prix.",
    "Each bar is what the estimate adds (to the right) or takes off (to the left) for the "
    "difference; together they are the whole difference in price.",
)
SAME_AS_TYPICAL = Text(
    "Cette voiture est ce qu'il y a de plus courant pour son modèle.",
    "This car is what is most common of its model.",
)
BY_AGE = Text("Selon l'année", "By year")
BY_DISTANCE = Text("Selon le kilométrage", "By kilometres")
CURVE_ALT = Text(
    "{title} : {first} pour {start}, {last} pour {end}, cette voiture étant par ailleurs la même.",
    "{title}: {first} for {start}, {last} for {end}, this car being otherwise the same.",
)
CURVE_NOTE = Text(
    "Ce qu'une annonce d'aujourd'hui demanderait, la voiture étant par ailleurs la même. Ligne : "
    "le prix estimé ; bande : la fourchette ; trait vertical en tirets : cette voiture.",
    "What an advert of today would ask, the car being otherwise the same. Line: the estimated "
    "price; band: the range; dashed vertical line: this car.",
)
COMPARABLES = Text("Annonces comparables", "Comparable adverts")
COMPARABLES_NOTE = (
    Text(
        "{seen} annonces de ce modèle dans les données ; les plus proches par l'année et le "
        "kilométrage d'abord.",
        "{seen} adverts of this model in the data; the closest in year and kilometres first.",
    ),
    Text(
        "Une seule annonce de ce modèle dans les données.", "One advert of this model in the data."
    ),
)
AS_THIS_CAR = Text("comme cette voiture", "like this car")
YEARS_NEWER = (
    Text("{number} an de moins", "{number} year newer"),
    Text("{number} ans de moins", "{number} years newer"),
)
YEARS_OLDER = (
    Text("{number} an de plus", "{number} year older"),
    Text("{number} ans de plus", "{number} years older"),
)
KM_MORE = Text("{distance} de plus", "{distance} more")
KM_LESS = Text("{distance} de moins", "{distance} less")
ADVERT = Text("Annonce", "Advert")
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
ASKING_PRICE = Text(
    "Prix demandé ({currency}), pour un avis", "Asking price ({currency}), for a verdict"
)
ASKING_PLACEHOLDER = Text("Celui de l'annonce", "That of the advert")
ZONES = {
    "far_below": Text("Anormalement bas", "Unusually low"),
    "below": Text("Bonne affaire", "Good deal"),
    "fair": Text("Prix du marché", "Market price"),
    "above": Text("Cher", "Expensive"),
    "far_above": Text("Très cher", "Very expensive"),
}
VERDICTS = {
    "far_below": Text(
        "{price}, {percent} % sous l'estimation : trop beau ? Vérifiez l'état, les papiers et le "
        "kilométrage.",
        "{price}, {percent} % below the estimate: too good? Check condition, papers and mileage.",
    ),
    "below": Text(
        "{price}, {percent} % sous l'estimation.", "{price}, {percent} % below the estimate."
    ),
    "fair": Text(
        "{price}, à {percent} % de l'estimation.", "{price}, within {percent} % of the estimate."
    ),
    "above": Text(
        "{price}, {percent} % au-dessus de l'estimation : il y a de quoi négocier.",
        "{price}, {percent} % above the estimate: there is room to negotiate.",
    ),
    "far_above": Text(
        "{price}, {percent} % au-dessus de l'estimation : à éviter, sauf raison particulière.",
        "{price}, {percent} % above the estimate: avoid it, unless there is a reason.",
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
RANGE_ALT = Text(
    "Bonne affaire de {low} à {fair_low}, prix du marché jusqu'à {fair_high}, cher jusqu'à "
    "{high} ; annonces comparables : {count}.",
    "Good deal from {low} to {fair_low}, market price up to {fair_high}, expensive up to {high}; "
    "comparable adverts: {count}.",
)
RANGE_ALT_ASKED = Text("Prix demandé : {price}.", "Asking price: {price}.")
KEEP = Text("Garder pour comparer", "Keep to compare")
MY_ESTIMATES = Text("Mes estimations", "My estimates")
KEPT_COLUMNS = {
    "car": Text("Voiture", "Car"),
    "price": Text("Prix estimé ({currency})", "Estimated price ({currency})"),
    "low": Text("Bas ({currency})", "Low ({currency})"),
    "high": Text("Haut ({currency})", "High ({currency})"),
    "asked": Text("Prix demandé ({currency})", "Asking price ({currency})"),
    "link": Text("Adresse", "Address"),
}
KEPT_DOWNLOAD = Text("Télécharger (CSV)", "Download (CSV)")
KEPT_FILE = Text("mes-estimations", "my-estimates")
KEPT_CLEAR = Text("Tout oublier", "Forget all")
PRINTED = Text(
    "Estimé {date} par la version {number} du modèle, d'après des annonces : ce sont des prix "
    "demandés, et aucune voiture n'a été vue. À vérifier à l'adresse {link}",
    "Estimated at {date} by version {number} of the model, from adverts: these are asking prices, "
    "and no car was inspected. To be checked at {link}",
)
CAR_PRICE = Text("Prix ({currency})", "Price ({currency})")
ADVERTS = Text("annonces", "adverts")
EFFECT = Text("Effet sur le prix ({currency})", "Effect on the price ({currency})")
DETAIL = Text("Renseignement", "Detail")
FILE_INTRO = Text(
    "Un fichier d'annonces ou de voitures, une par ligne, revient avec six colonnes de plus : "
    "prix estimé, bas et haut de la fourchette, puis de la fourchette large, et une remarque. Rien "
    "n'en est gardé : il reste en mémoire le temps de votre visite, jamais sur un disque.",
    "A file of adverts or cars, one a row, comes back with six more columns: estimated price, "
    "low and high end of the range and of the wide range, and a remark. Nothing of it is kept: it "
    "stays in memory for the time of your visit, never on a disk.",
)
FILE_LABEL = Text("Fichier CSV ou Excel (.xlsx)", "CSV or Excel file (.xlsx)")
FILE_COLUMNS = Text(
    "Colonnes nécessaires, sous ces noms ou leurs variantes : {labels}. D'autres renseignements "
    "connus, comme ci-dessous, affinent l'estimation ; toute autre colonne est recopiée telle "
    "quelle.",
    "Columns that are needed, by these names or their variants: {labels}. Other details that are "
    "known, as below, sharpen the estimate; any other column is copied as it is.",
)
FILE_TEMPLATE = Text("Télécharger ce modèle de fichier (CSV)", "Download this template (CSV)")
FILE_TEMPLATE_NAME = Text("voitures.csv", "cars.csv")
FILE_LIMITS = Text(
    "{megabytes} Mo et {rows} lignes au plus.", "{megabytes} MB and {rows} rows at most."
)
FILE_CHOOSE = Text("Choisir un fichier", "Choose a file")
FILE_DROP = Text("ou déposez-le ici", "or drop it here")
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
FILE_UNCHANGED = Text("Cellules du fichier inchangées", "Cells of the file unchanged")
FILE_UNCHANGED_HELP = Text(
    "Sans cela, une cellule qu'un tableur exécuterait (`=`, `+`, `-`, `@`…) est précédée d'une "
    "apostrophe dans le fichier complété : elle y reste un texte.",
    "Without this, a cell that a spreadsheet would run (`=`, `+`, `-`, `@`…) stands behind an "
    "apostrophe in the completed file, and stays a text.",
)
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
WIDE_LOW, WIDE_HIGH = Text("Bas (large)", "Low (wide)"), Text("Haut (large)", "High (wide)")
REMARK = Text("Remarque", "Remark")

# « Bonnes affaires »

DEALS_INTRO = Text(
    "Des annonces avec leurs prix, classées : les prix les plus inhabituels pour de telles "
    "voitures d'abord. Ce sont des prix demandés : regardez la voiture avant de conclure.",
    "Adverts with their prices, ranked: the most unusual prices for such cars first. These are "
    "asking prices: see the car before you agree.",
)
DEALS_SOURCE = Text("Annonces", "Adverts")
DEALS_SOURCES = {
    "arrival": Text("Le dernier fichier arrivé", "The newest file that came in"),
    "upload": Text("Un fichier à moi", "A file of mine"),
}
DEALS_HELP = Text(
    "Les colonnes de « Estimer un fichier », et le prix demandé. {rows} lignes au plus.",
    "The columns of “Estimate a file”, and the asking price. {rows} rows at most.",
)
DEALS_FROM = Text("Fichier : {source}", "File: {source}")
DEALS_RANKING = Text("Classement : {percent} %", "Ranking: {percent} %")
DEALS_REFUSED = Text("Pas de classement.", "Nothing is ranked.")
DEALS_COUNTS = {
    "deals": Text("Bonnes affaires", "Good deals"),
    "adverts": Text("Annonces lues", "Adverts read"),
    "apart": Text("À part", "Set apart"),
}
DEALS_MAKE = Text("Marque", "Make")
DEALS_SAVED = Text("Écart minimal ({currency})", "Least difference ({currency})")
DEALS_RAREST = Text(
    "Au plus tant d'annonces sur 100 sont aussi basses", "At most so many adverts in 100 are as low"
)
DEALS_BY_SAVING = Text("Le plus grand écart d'abord", "Largest difference first")
DEALS_TABLE = Text("Bonnes affaires, les meilleures en premier", "Good deals, the best ones first")
DEALS_NONE = Text(
    "Aucune annonce ne répond à ces choix.", "No advert is what these choices ask for."
)
DEALS_CARD = Text(
    "**{car}** · {asked} au lieu de {price}", "**{car}** · {asked} instead of {price}"
)
DEALS_DOWNLOAD = Text("Télécharger la liste (CSV)", "Download the list (CSV)")
DEALS_APART = Text("À part : à vérifier, ou sans prix utilisable", "Set apart: to be checked")
DEALS_APART_NOTE = Text(
    "Elles ne sont ni classées, ni comptées dans la valeur du stock.",
    "They are neither ranked nor counted in the value of the stock.",
)
DEALS_APART_TABLE = Text("Annonces à part et leurs raisons", "Adverts set apart, with reasons")
DEALS_COLUMNS = {
    "car": Text("Voiture", "Car"),
    "mileage": Text("Kilométrage", "Kilometres"),
    "asked": Text("Prix demandé ({currency})", "Asking price ({currency})"),
    "price": Text("Estimation ({currency})", "Estimate ({currency})"),
    "saved": Text("Écart ({currency})", "Difference ({currency})"),
    "as_low": Text("Aussi basses sur 100", "As low in 100"),
    "seen": Text("Annonces connues", "Known adverts"),
    "reasons": Text("Raisons", "Reasons"),
}
STOCK = Text("Ce que vaut tout le stock", "What the whole stock is worth")
STOCK_VALUE = Text(
    "**{value}** pour {cars} voitures : entre {low} et {high}, fourchette qui tient pour "
    "{coverage} stocks sur 100.",
    "**{value}** for {cars} cars: between {low} and {high}, a range that holds for {coverage} "
    "stocks in 100.",
)
STOCK_NOTE = Text(
    "Somme des prix auxquels de telles voitures s'affichent, et non des prix de ces annonces. "
    "Deux voitures d'un même modèle se trompent ensemble : la fourchette en tient compte.",
    "The sum of what such cars are advertised at, not of these asking prices. Two cars of one "
    "model err together, and the range allows for it.",
)
# « Le modèle »

MODEL_INTRO = Text(
    "La version en service, sa précision sur des voitures qu'elle n'a jamais vues, ses données et "
    "l'historique.",
    "The version in use, how accurate it is on cars that it never saw, its data and its history.",
)
SINCE = Text(
    "Version {number}, en production depuis le {date}",
    "Version {number}, in production since {date}",
)
SINCE_EVER = Text("Version {number}, en production", "Version {number}, in production")
PROMOTED_BY = Text(
    "Mise en production par le compte {who}.", "Brought to production by the account {who}."
)
BACKUPS_WELL = Text(
    "Dernière sauvegarde : {backup} ; dernier exercice de restauration réussi : {drill}.",
    "Last backup: {backup}; last restore drill that succeeded: {drill}.",
)
BACKUPS_UNWELL = Text(
    "Les sauvegardes demandent votre attention. Dernière sauvegarde : {backup} ; dernier exercice "
    "de restauration réussi : {drill}.",
    "Backups need attention. Last backup: {backup}; last restore drill that succeeded: {drill}.",
)
NEVER = Text("jamais", "never")
MEASURED_ON = Text(
    "Mesuré sur {rows} voitures mises de côté, que le modèle n'a jamais vues.",
    "Measured on {rows} cars kept aside, which the model never saw.",
)
ACCURACY = Text("Sa précision sur des voitures jamais vues", "How accurate it is on unseen cars")
WAYS = Text("Erreur médiane : {error}, contre {others}", "Median error: {error}, against {others}")
WAY_TOLD = Text("{error} (de {low} à {high})", "{error} ({low} to {high})")
VERSION_BEFORE = Text("Version {number}, celle d'avant", "Version {number}, the one before")
WAYS_NOTE = Text(
    "Barres : erreur médiane sur les mêmes voitures, plus courte = meilleure. Traits : "
    "l'intervalle à 90 % de l'écart avec cette version ; si un trait touche le bout de la barre de "
    "cette version, les deux se distinguent mal.",
    "Bars: median error on the same cars, shorter is better. Lines: the 90 % interval of the "
    "distance from this version; where a line reaches the end of this version's bar, the two can "
    "hardly be told apart.",
)
WEAKNESS = Text("Ses points faibles", "Where it is weak")
WEAKEST = Text("C'est là qu'il se trompe le plus : {told}.", "It is least accurate here: {told}.")
WEAK_SLICE = Text(
    "{family} {name}, {error} % ({rows} voitures)", "{family} {name}, {error} % ({rows} cars)"
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
NO_CARD = Text(
    "Cette version n'a pas de fiche : son bilan n'est pas dans le registre.",
    "This version has no card: its scores are not in the registry.",
)
CARD_DOWNLOAD = Text("Télécharger la fiche", "Download the card")
BY_SLICE = Text(
    "Par {family}, de {low} % d'erreur médiane ({best}) à {high} % ({worst})",
    "By {family}, from a median error of {low} % ({best}) to {high} % ({worst})",
)
SLICE_FAMILIES = {
    "make": Text("Marque", "Make"),
    "fuel": Text("Carburant", "Fuel"),
    "price": Text("Prix", "Price"),
    "year": Text("Année", "Year"),
}
SLICE_FAMILY = Text("Par", "By")
SLICE_NOTE = Text(
    "Trait : toutes les voitures ensemble, {error} %. Les groupes de moins de quelques dizaines "
    "de voitures sont laissés de côté : leur chiffre tiendrait au hasard.",
    "Line: all cars together, {error} %. Groups of fewer than a few dozen cars are left out: "
    "their figure would be chance.",
)
NO_SLICES = Text(
    "Aucun groupe n'est assez grand pour être mesuré.", "No group is large enough to be measured."
)
SLICE = Text("Groupe", "Group")
CARS = Text("Voitures", "Cars")
AGAINST_PRICE = Text("Estimation face au prix demandé", "Estimate against asking price")
AGAINST_PRICE_TITLE = Text(
    "{share} % des estimations à moins de 20 % du prix demandé",
    "{share} % of estimates within 20 % of the asking price",
)
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
ERRORS = Text(
    "L'ampleur des erreurs : {near} % à moins de 10 % du prix, {over} % au-dessus, {under} % "
    "au-dessous",
    "The size of the errors: {near} % within 10 % of the price, {over} % above, {under} % below",
)
ERROR_AXIS = Text("Estimation face au prix (%)", "Estimate against price (%)")
ERRORS_NOTE = Text(
    "Barres : combien de voitures ; à gauche de 0, estimées au-dessous de leur prix ; à droite, "
    "au-dessus.",
    "Bars: how many cars; left of 0, estimated below their price; right of it, above.",
)
NO_UNSEEN = Text(
    "Les voitures mises de côté ne sont pas sur cette machine ; leurs graphiques sont dans MLflow.",
    "The cars kept aside are not on this machine; their charts are in MLflow.",
)
DATA = Text("Ses annonces", "Its adverts")
DATA_SOURCE = Text("Fichier : {source}", "File: {source}")
DATA_ROWS = Text("Annonces retenues", "Adverts kept")
DATA_LEARNT = Text("Annonces d'apprentissage", "Training adverts")
DATA_HELD_OUT = Text("Mises de côté", "Held out")
DATA_SUM = Text(
    "{rows} annonces retenues = {learnt} d'apprentissage + {held_out} mises de côté.",
    "{rows} adverts kept = {learnt} to train on + {held_out} held out.",
)
DATA_MAKES = Text("Marques", "Makes")
DATA_MODELS = Text("Modèles", "Models")
DATA_MISSING = Text("Le plus souvent absents : {fields}.", "Most often absent: {fields}.")
MISSING_SHARE = Text("{label} ({percent} %)", "{label} ({percent} %)")
NO_PROFILE = Text(
    "Le contrôle de ces annonces n'est pas dans le registre.",
    "The check of these adverts is not in the registry.",
)
QUALITY_DOWNLOAD = Text("Télécharger le rapport de qualité", "Download the quality report")
WHY_PRODUCTION = Text("Pourquoi elle est en production", "Why it is in production")
HISTORY = Text("Toutes les versions", "All versions")
LAST_RUN = Text(
    "Dernière exécution du pipeline, {time} : {outcome}.",
    "Last run of the pipeline, {time}: {outcome}.",
)
RUN_OUTCOMES = {
    "promoted": Text(
        "une nouvelle version est entrée en production", "a new version went into production"
    ),
    "refused": Text("la nouvelle version a été refusée", "the new version was refused"),
    "unchanged": Text(
        "rien n'avait changé, rien n'a été entraîné", "nothing had changed, nothing was trained"
    ),
    "failed": Text("elle a échoué", "it failed"),
}
RUN_ENDED = Text("elle s'est terminée sans décision", "it ended without a decision")
HISTORY_CUT = Text(
    "Les {shown} plus récentes de {count} versions ; toutes sont dans MLflow.",
    "The newest {shown} of {count} versions; all are in MLflow.",
)
VERSION_TITLE = Text("Version {number} · {date} · {fate}", "Version {number} · {date} · {fate}")
VERSION_FATES = {
    "production": Text("en production", "in production"),
    "withdrawn": Text("retirée comme fausse", "withdrawn as wrong"),
    "taken_back": Text("retirée de la production", "taken out of production"),
    "replaced": Text("remplacée", "replaced"),
    "invalid": Text("refusée à la validation", "refused by validation"),
    "held": Text("retenue, une personne décide", "held, a person decides"),
    "refused": Text("refusée par la comparaison", "refused by the comparison"),
    "waiting": Text("acceptée, pas encore en production", "accepted, not in production yet"),
    "unjudged": Text("pas encore comparée", "not compared yet"),
}
WHY_DECIDED = {
    "accepted": Text("Pourquoi elle a été acceptée", "Why it was accepted"),
    "held": Text("Pourquoi elle est retenue", "Why it is held"),
    "refused": Text("Pourquoi elle a été refusée", "Why it was refused"),
    "forced": Text(
        "Imposée par une personne malgré ces raisons",
        "Forced through by a person despite these reasons",
    ),
}
HELD_WORD = Text(
    "Pour l'imposer : `carprice promote {number} --force` ; sinon, il n'y a rien à faire.",
    "To force it through: `carprice promote {number} --force`; else there is nothing to do.",
)
INVALID_BECAUSE = Text("La validation a dit", "Validation said")
ROLLED_BACK = Text(
    "Retirée le {date} par {who}, au profit de la version {number}.",
    "Taken out on {date} by {who}, in favour of version {number}.",
)
WITHDRAWN = Text(
    "Reconnue fausse le {date} par {who} : {because}",
    "Found to be wrong on {date} by {who}: {because}",
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
# « Le marché »

MARKET_INTRO = Text(
    "{rows} annonces retenues : les {learnt} annonces d'apprentissage, montrées ici, et {held_out} "
    "mises de côté pour mesurer le modèle. Ce sont des prix demandés, pas des prix de vente.",
    "{rows} adverts kept: the {learnt} training adverts, shown here, and {held_out} held out to "
    "measure the model. These are asking prices, not selling prices.",
)
NO_MARKET = Text(
    "Les annonces d'apprentissage ne sont pas sur cette machine : rien à montrer ici.",
    "The training adverts are not on this machine: there is nothing to show here.",
)
NO_ADVERTS = Text("Aucune annonce de cette sorte.", "There is no such advert.")
ALL_MAKES = Text("Toutes les marques", "All makes")
ALL = Text("Toutes les valeurs", "All values")
ALL_OF = {"fuel": Text("Tous les carburants", "All fuels")}
MEDIAN_PRICE = Text("Prix médian", "Median price")
MEDIAN_PRICE_AXIS = Text("Prix médian ({currency})", "Median price ({currency})")
MEDIAN_AGE = Text("Année médiane", "Median year")
MEDIAN_DISTANCE = Text("Kilométrage médian", "Median kilometres")
MARKET_TITLE = Text(
    "Par {label}, de {low} ({cheapest}) à {high} ({dearest}) en médiane",
    "By {label}, from a median of {low} ({cheapest}) to {high} ({dearest})",
)
MARKET_YEAR_NOTE = Text(
    "Ligne : prix médian ; bande : la moitié centrale des annonces. Au moins {least} annonces par "
    "année ; la ligne s'interrompt où il y en a moins.",
    "Line: median price; band: the middle half of adverts. At least {least} adverts a year; the "
    "line is broken where there are fewer.",
)
MARKET_DISTANCE_NOTE = Text(
    "Ligne : prix médian ; bande : la moitié centrale des annonces, au moins {least} par tranche. "
    "Les voitures qui ont beaucoup roulé sont aussi plus âgées : l'écart vient des deux.",
    "Line: median price; band: the middle half of adverts, at least {least} a step. Cars that were "
    "driven far are older, too: the difference comes from both.",
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
MARKET_TOLD = Text(
    "{median} (de {low} à {high}), {rows} annonces", "{median} ({low} to {high}), {rows} adverts"
)
AGES = Text("Le prix demandé selon l'âge", "The asking price by age")
AGE_CARS = Text("Modèles à comparer, quatre au plus", "Models to compare, four at most")
AGES_TITLE = Text(
    "En part du prix de la plus récente : {told}", "As a share of the price of the newest: {told}"
)
AGE_SHARE = Text("{car} {share} % à {age} ans", "{car} {share} % at {age} years")
AGE_TOLD = Text(
    "{share} % : {median} en médiane pour {rows} annonces de {year}",
    "{share} %: a median of {median} in {rows} adverts of {year}",
)
AGE_AXIS = Text("Âge (ans)", "Age (years)")
SHARE_AXIS = Text("Part du prix de la plus récente (%)", "Share of the price of the newest (%)")
AGES_NOTE = Text(
    "Prix demandés médians de toutes les annonces, quels que soient les filtres ; 100 % : l'année "
    "la plus récente du modèle qui compte au moins {least} annonces. Ce sont des voitures "
    "différentes au même moment, pas l'avenir d'une voiture.",
    "Median asking prices of all adverts, whatever the filters; 100 %: the newest year of the "
    "model with at least {least} adverts. These are different cars at one time, not the future of "
    "one car.",
)
CHANGE = Text("Ce qui a changé depuis les données d'avant", "What changed since the data before")
CHANGE_NONE = Text(
    "Rien : la version {number}, celle d'avant, a les mêmes annonces.",
    "Nothing: version {number}, the one before, has the same adverts.",
)
CHANGE_AWAY = Text(
    "Les annonces de la version {number}, celle d'avant, ne sont pas sur cette machine.",
    "The adverts of version {number}, the one before, are not on this machine.",
)
CHANGE_NOTE = Text(
    "Toutes les annonces retenues, face à celles de la version {number}.",
    "All adverts that were kept, against those of version {number}.",
)
CAME = Text("Marques nouvelles : {makes}", "New makes: {makes}")
WENT = Text("Marques disparues : {makes}", "Makes that are gone: {makes}")
MORE = Text(" et {count} de plus", " and {count} more")

# « Surveillance »

MONITORING_INTRO = Text(
    "Les nouvelles annonces, comparées aux annonces d'apprentissage de la version en production : "
    "les voitures, leurs prix, l'erreur sur des prix qu'elle n'a jamais vus.",
    "New adverts, compared with the training adverts of the version in production: cars, their "
    "prices, the error on prices that it never saw.",
)
NO_LOOKS = Text(
    "Aucun fichier n'a encore été comparé. `carprice monitor` compare le plus récent de data/raw.",
    "No file has been compared yet. `carprice monitor` compares the newest of data/raw.",
)
LOOKS_AWAY = Text("Le registre ne répond pas.", "The registry does not answer.")
LOOKED_AT = Text(
    "{date} : {source}, par la version {version}", "{date}: {source}, by version {version}"
)
LOOK_FIGURES = {
    "live_error": Text("Erreur sur les nouveaux prix", "Error on new prices"),
    "expected_error": Text("Erreur que promet la version", "Error that the version promises"),
    "estimated_error": Text("Erreur attendue sans les prix", "Error expected without prices"),
    "coverage": Text("Nouveaux prix dans la fourchette", "New prices in their interval"),
}
BY_COLUMN = Text("Ce qui a changé, champ par champ", "What changed, field by field")
BY_COLUMN_NOTE = Text(
    "Écart entre les parts d'avant et celles d'aujourd'hui, rapporté à sa limite : à partir de 1, "
    "le hasard ne l'explique plus.",
    "Distance between the shares of then and now, over its limit: from 1 on, chance does not "
    "explain it.",
)
BY_COLUMN_ALT = Text(
    "Le champ qui a le plus changé est {field}, à {share} de sa limite.",
    "The field that changed most is {field}, at {share} of its limit.",
)
DRIFT = Text("Écart / limite", "Distance / limit")
MEASURED_BEFORE = Text(
    "Elle a été remplacée depuis : la version {number} est en production.",
    "It was replaced since: version {number} is in production.",
)
DAY_TICKS = Text("%d/%m", "%d %b")
CURVES = {
    "live_error": Text("Erreur sur les nouveaux prix (%)", "Error on new prices (%)"),
    "coverage": Text("Nouveaux prix dans la fourchette (%)", "New prices in their interval (%)"),
}
OVER_TIME_ALT = Text(
    "{title} : {first} le {first_date}, {last} le {last_date}, {promised} promis.",
    "{title}: {first} on {first_date}, {last} on {last_date}, {promised} promised.",
)
CURVES_NOTE = Text(
    "En pointillé, ce que promettait la version qui a été mesurée.",
    "Dashed: what the version that was measured promised.",
)
PAST_LOOKS = Text("Les rapports", "Reports")
LOOK_COLUMNS = {
    "date": Text("Date", "Date"),
    "source": Text("Fichier", "File"),
    "version": Text("Version", "Version"),
    "verdict": Text("Verdict", "Verdict"),
    "error": Text("Erreur (%)", "Error (%)"),
}
FIRE_DRILL = Text("Le dernier exercice de panne", "The last fire drill")
FIRE_DRILL_TOLD = Text("{date}, note {grade}", "{date}, grade {grade}")
NO_FIRE_DRILL = Text(
    "Aucun exercice n'a eu lieu. `scripts/fire-drill.sh` casse la pile exprès, une chose à la "
    "fois.",
    "There was no drill yet. `scripts/fire-drill.sh` breaks the stack on purpose, one thing at a "
    "time.",
)
DRILL_COLUMNS = {
    "what": Text("Panne", "Fault"),
    "healed": Text("Réparée", "Healed"),
    "seconds": Text("Secondes", "Seconds"),
    "lost": Text("Demandes perdues", "Requests lost"),
    "grade": Text("Note", "Grade"),
}
