"""What is said of good deals: why an advert is one, why one is set apart, a stock's value."""

from carprice.language import Text

RANK = Text(
    "{count} annonces sur 100 de voitures comme celle-ci sont aussi basses",
    "{count} adverts in 100 for cars like this one are as low",
)
RANK_ONE = Text(
    "1 annonce sur 100 de voitures comme celle-ci est aussi basse",
    "1 advert in 100 for cars like this one is as low",
)
SAVED = Text(
    "{amount} de moins que l'estimation ({percent} %)",
    "{amount} less than the estimate ({percent} %)",
)
KNOWN = Text("{seen} annonces comme celle-ci connues", "{seen} adverts like it are known")
NOT_RANKED = Text(
    "Le modèle en production date d'avant les rangs : les annonces sont classées par ce qu'elles "
    "font gagner, et un stock n'a pas de valeur. Le prochain modèle entraîné en donnera.",
    "The model in production is older than ranks: adverts are in order of what they save, and a "
    "stock has no value. The next model that is trained will give both.",
)
ASIDE = {
    "unpriced": Text("sans prix", "no price"),
    "price_unreadable": Text("prix illisible", "the price cannot be read"),
    "price_out_of_range": Text("prix hors limites ({limits})", "price out of range ({limits})"),
    "no_year": Text("sans année utilisable", "no usable model year"),
    "same_link": Text("annonce répétée (même lien)", "the same advert again (same link)"),
    "same_content": Text("annonce répétée (même contenu)", "the same advert again (same content)"),
    "near_copy": Text(
        "annonce répétée, à quelques kilomètres près",
        "the same advert again, but for a few kilometres",
    ),
    "mileage": Text(
        "kilométrage impossible ou illisible", "kilometres impossible, or that cannot be read"
    ),
    "few_km": Text(
        "kilométrage très faible pour son âge : à vérifier",
        "very few kilometres for its age: to be checked",
    ),
    "not_estimated": Text(
        "trop peu de renseignements pour une estimation", "too little is known for an estimate"
    ),
    "too_low": Text(
        "prix trop bas pour être cru : moins de 1 annonce sur 100 est aussi basse",
        "too cheap to be believed: fewer than 1 advert in 100 are as low",
    ),
    "too_high": Text(
        "prix trop haut pour être cru : moins de 1 annonce sur 100 est aussi haute",
        "too expensive to be believed: fewer than 1 advert in 100 are as high",
    ),
    "below_range": Text("prix sous la fourchette", "price below the range"),
    "above_range": Text("prix au-dessus de la fourchette", "price above the range"),
}
"""Why an advert is set apart, by the code that programs read."""

ADDED = {
    "row": Text("ligne", "row"),
    "make": Text("marque", "make"),
    "model": Text("modele", "model"),
    "model_year": Text("annee", "model_year"),
    "mileage_km": Text("kilometrage", "mileage_km"),
    "asked": Text("prix_demande", "asking_price"),
    "price": Text("prix_estime", "estimated_price"),
    "low": Text("prix_bas", "low_price"),
    "high": Text("prix_haut", "high_price"),
    "saved": Text("ecart", "saved"),
    "rank": Text("annonces_aussi_basses_sur_100", "adverts_as_low_in_100"),
    "seen": Text("annonces_connues", "known_adverts"),
    "reasons": Text("raisons", "reasons"),
    "remark": Text("remarque", "remark"),
    "link": Text("lien", "link"),
}
"""Columns of the list that is handed back, by what they hold."""
DEALS_FILE = Text("{stem}-affaires.csv", "{stem}-deals.csv")
