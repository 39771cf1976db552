"""What stands between production and what the registry says: codes, figures, sentences."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple, Self

from carprice.language import Language, Text
from carprice.wording.messages import translate


class TroubleCode(StrEnum):
    """Names of troubles; they are published, so none may change."""

    REGISTRY_AWAY = "registry_away"
    REGISTRY_EMPTY = "registry_empty"
    NEVER_PASSED = "never_passed"
    ALIAS_REMOVED = "alias_removed"
    VERSION_DELETED = "version_deleted"
    FILES_CHANGED = "files_changed"
    MODEL_REFUSED = "model_refused"
    COPY_NOT_KEPT = "copy_not_kept"
    UNFORESEEN = "unforeseen"


BACK = Text("`carprice rollback` répare", "`carprice rollback` mends it")
TROUBLES = {
    TroubleCode.REGISTRY_AWAY: Text(
        "le registre des modèles ne répond pas : {message}",
        "the model registry does not answer: {message}",
    ),
    TroubleCode.REGISTRY_EMPTY: Text(
        "le registre des modèles répond, mais n'a plus de version en production ni de trace d'une "
        "promotion : restaurez sa base, ou entraînez de nouveau (`carprice run`)",
        "the model registry answers, but has no version in production and no trace of a promotion "
        "any more: restore its database, or train again (`carprice run`)",
    ),
    TroubleCode.NEVER_PASSED: Text(
        "l'alias `production` est sur la version {alias}, que rien n'a promue : {back}",
        "the alias `production` is on version {alias}, which nothing promoted: {back}",
    ),
    TroubleCode.ALIAS_REMOVED: Text(
        "l'alias `production` a été retiré : {back}",
        "the alias `production` was removed: {back}",
    ),
    TroubleCode.VERSION_DELETED: Text(
        "la version {version}, en production, a été effacée du registre : {back}",
        "version {version}, which is in production, was deleted from the registry: {back}",
    ),
    TroubleCode.FILES_CHANGED: Text(
        "la version {version}, en production, ne s'ouvre plus comme elle a été enregistrée : "
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

SUBJECT = Text("carprice : la production demande un regard", "carprice: production needs a look")
SUBJECT_OVER = Text("carprice : tout est rentré dans l'ordre", "carprice: all is well again")
NOTICE = Text(
    "Depuis {since} : {trouble}. Version qui continue de répondre : {version}.",
    "Since {since}: {trouble}. Version that goes on answering: {version}.",
)
NOTICE_OVER = Text(
    "Ce qui n'allait pas avec la production est terminé ; version qui répond : {version}.",
    "What was wrong with production is over; version that answers: {version}.",
)


class Trouble(NamedTuple):
    """One trouble, by its code and the figures of its sentence."""

    code: TroubleCode
    figures: Mapping[str, int | str] = MappingProxyType({})
    """A `message` is the English of an error."""

    @classmethod
    def of(cls, code: TroubleCode, **figures: int | str) -> Self:
        return cls(code, figures)

    def say(self, language: Language) -> str:
        figures: dict[str, object] = {"back": BACK, **self.figures}
        if language == "fr" and "message" in figures:
            figures["message"] = translate(str(figures["message"]))
        return TROUBLES[self.code].say(language, **figures)
