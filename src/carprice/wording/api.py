"""Sentences of the API's refusals, in each language."""

from carprice.language import Text

API_REFUSALS = {
    "too_large": Text(
        "la requête dépasse {megabytes} Mo : envoyez moins d'annonces à la fois",
        "the request is larger than {megabytes} MB: send fewer listings at a time",
    ),
    "too_slow": Text(
        "la requête n'est pas arrivée en entier en {patience} secondes : envoyez-la de nouveau",
        "the request was not there as a whole within {patience} seconds: send it again",
    ),
    "gave_way": Text(
        "la requête arrivait trop lentement et d'autres attendaient : envoyez-la de nouveau",
        "the request came too slowly while others were waiting: send it again",
    ),
    "not_json": Text(
        "du JSON en UTF-8 est attendu : l'en-tête Content-Type le dit (application/json)",
        "JSON in UTF-8 is expected: the header Content-Type says so (application/json)",
    ),
    "unknown_host": Text(
        "l'en-tête Host nomme une autre machine : les noms de celle-ci s'ajoutent dans "
        "CARPRICE_API_HOSTS",
        "the Host header names another machine: names of this one are added in CARPRICE_API_HOSTS",
    ),
    "too_many": Text(
        "plus de {most} requêtes en une minute : continuez dans {seconds} secondes",
        "more than {most} requests within a minute: go on in {seconds} seconds",
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
    "no_good_model": Text("aucun modèle à disposition : {trouble}", "no model at hand: {trouble}"),
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
    "duplicate_fields": Text("champs répétés : {names}", "repeated fields: {names}"),
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
