"""Every sentence of the page, in French."""

TITLE = "Estimer une voiture d'occasion"
INTRO = "Décrivez la voiture ; laissez vide ce que vous ne savez pas."
BUTTON = "Prédire"
UNKNOWN = "Je ne sais pas"
YES, NO = "Oui", "Non"
DETAILS = "Plus de détails, pour une fourchette plus étroite"
ESTIMATE = "Prix estimé"
INTERVAL = "{coverage} voitures sur 10 comme celle-ci s'affichent entre {low} et {high}."
VERSION = "Modèle en production : version {number}, depuis le {date}."
NEWEST = "Dernière version entraînée : version {number}, le {date} ({fate})."
FATES = {"": "pas encore comparée à la production", "refused": "refusée par la comparaison"}
NOT_IN_PRODUCTION = "hors production"
SIMULATED = "Ce modèle a été entraîné sur des annonces simulées : il sert à essayer, pas à acheter."
NO_MODEL = "Aucun modèle en production. Tapez `make run` dans un terminal, puis rechargez la page."
REGISTRY_DOWN = "Le registre des modèles ne répond pas. Réessayez dans un instant."


def dirhams(amount: float) -> str:
    """An amount as it is written in Morocco: thin spaces between thousands."""
    return f"{amount:,.0f} DH".replace(",", "\u202f").replace(" DH", "\u00a0DH")
