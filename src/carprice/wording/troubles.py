"""What can be wrong with production, in each language."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from carprice.language import Language, Text
from carprice.market.listing import HOME
from carprice.wording.messages import translate


class TroubleCode(StrEnum):
    ALIAS_UNPROVEN = "alias_unproven"
    ALIAS_MISSING = "alias_missing"
    VERSION_DELETED = "version_deleted"
    ALIAS_WITHDRAWN = "alias_withdrawn"
    REGISTRY_EMPTY = "registry_empty"
    ALIAS_UNSIGNED = "alias_unsigned"
    LEDGER_UNSIGNED = "ledger_unsigned"
    # What servers find by themselves
    REGISTRY_AWAY = "registry_away"
    FILES_CHANGED = "files_changed"
    MODEL_REFUSED = "model_refused"
    LEDGER_SHORTENED = "ledger_shortened"
    COPY_NOT_KEPT = "copy_not_kept"
    UNFORESEEN = "unforeseen"


TROUBLES = {
    TroubleCode.ALIAS_UNPROVEN: Text(
        "l'alias « production » désigne la version {alias}, qui n'a jamais été mise en production "
        "par le pipeline et n'est pas servie",
        "the alias `production` points at version {alias}, which never went into production "
        "through the pipeline and is not served",
    ),
    TroubleCode.ALIAS_MISSING: Text(
        "l'alias « production » manque ; d'après le registre des promotions, la version {version} "
        "est en production",
        "the alias `production` is missing; by the ledger of promotions, version {version} is in "
        "production",
    ),
    TroubleCode.VERSION_DELETED: Text(
        "la version {version}, en production, n'est plus dans le registre des modèles",
        "version {version}, which is in production, is no longer in the registry",
    ),
    TroubleCode.ALIAS_WITHDRAWN: Text(
        "l'alias « production » désigne la version {alias}, qui a été retirée comme fausse et "
        "n'est pas servie",
        "the alias `production` points at version {alias}, which was withdrawn as wrong and is not "
        "served",
    ),
    TroubleCode.REGISTRY_EMPTY: Text(
        "le registre des modèles ne sait plus rien d'une mise en production",
        "the registry knows of no promotion any more",
    ),
    TroubleCode.ALIAS_UNSIGNED: Text(
        "l'alias « production » désigne la version {alias}, qu'aucune mise en production signée "
        "par cette pile n'y a mise et qui n'est pas servie",
        "the alias `production` points at version {alias}, which no promotion signed by this stack "
        "has put there and which is not served",
    ),
    TroubleCode.LEDGER_UNSIGNED: Text(
        "cette pile signe les mises en production, et aucune de celles du registre n'est signée",
        "this stack signs its promotions, and none in the ledger is signed",
    ),
    TroubleCode.LEDGER_SHORTENED: Text(
        "le registre des promotions ne sait plus rien de la mise en production signée de la "
        "version {version}, la dernière",
        "the ledger has lost the signed promotion of version {version}, which was the last",
    ),
    TroubleCode.REGISTRY_AWAY: Text(
        "le registre des modèles ne répond pas : {message}",
        "the model registry does not answer: {message}",
    ),
    TroubleCode.FILES_CHANGED: Text(
        "la version {version}, en production, ne s'ouvre pas comme elle a été enregistrée : "
        "{message}",
        "version {version}, which is in production, does not open as it was registered: {message}",
    ),
    TroubleCode.MODEL_REFUSED: Text(
        "la version {version}, en production, demande plus qu'un modèle : {message}",
        "version {version}, which is in production, asks for more than a model: {message}",
    ),
    TroubleCode.COPY_NOT_KEPT: Text(
        "la copie de secours du modèle n'a pas pu être gardée : {message}",
        "the copy to fall back on could not be kept: {message}",
    ),
    TroubleCode.UNFORESEEN: Text("erreur imprévue : {message}", "unexpected error: {message}"),
}
WITHOUT_A_WAY = frozenset(
    {TroubleCode.REGISTRY_AWAY, TroubleCode.COPY_NOT_KEPT, TroubleCode.UNFORESEEN}
)
"""What no command mends: it is over once its cause is."""
WAY_BACK = Text(
    ". `carprice rollback` remet en production la version {back}.",
    ". `carprice rollback` puts version {back} into production again.",
)
WAY_TO_SIGN = Text(
    ". `carprice sign` montre ce qu'il y a à signer, et signe.",
    ". `carprice sign` shows what there is to sign, and signs.",
)
WAY_BY_COPY = Text(
    ". `carprice rollback --to models/CarPricePredictor-v{version}.json` l'y remet.",
    ". `carprice rollback --to models/CarPricePredictor-v{version}.json` puts it there again.",
)
WAYS = {
    TroubleCode.LEDGER_UNSIGNED: WAY_TO_SIGN,
    TroubleCode.LEDGER_SHORTENED: WAY_BY_COPY,
}
"""Where it is another one than the version that is known to go back to."""
WAY_UNKNOWN = Text(
    ". `carprice rollback` remet en production ce qui peut l'être, ou dit ce qui manque.",
    ". `carprice rollback` puts what is left into production again, or says what is missing.",
)


class Trouble(NamedTuple):
    """One trouble, by its code and the figures of its sentence.

    figures: a `message` is an error's, in English.
    back: the version that `carprice rollback` would bring into production; None where only a
    copy in `models/` may be left.
    """

    code: TroubleCode
    figures: Mapping[str, int | str]
    back: int | None = None

    def say(self, language: Language = HOME) -> str:
        """What is wrong, and the command that leads back."""
        figures = dict(self.figures)
        if language == "fr" and "message" in figures:
            figures["message"] = translate(str(figures["message"]))
        said = TROUBLES[self.code].say(language, **figures).rstrip(".")
        if self.code in WITHOUT_A_WAY:
            return f"{said}."
        way = WAYS.get(self.code, WAY_UNKNOWN if self.back is None else WAY_BACK)
        return said + way.say(language, back=self.back, **figures)


SUBJECT = Text("carprice : la production demande un regard", "carprice: production needs a look")
SUBJECT_OVER = Text("carprice : tout est rentré dans l'ordre", "carprice: all is well again")
NOTICE = Text(
    "Depuis {since} : {trouble} Version qui continue de répondre : {version}.",
    "Since {since}: {trouble} Version that goes on answering: {version}.",
)
NOTICE_OVER = Text(
    "Ce qui n'allait pas avec la production est terminé ; version qui répond : {version}.",
    "What was wrong with production is over; version that answers: {version}.",
)
