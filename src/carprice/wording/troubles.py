"""What can be wrong with production, in each language."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from carprice.language import Language, Text
from carprice.market.listing import HOME


class TroubleCode(StrEnum):
    ALIAS_UNPROVEN = "alias_unproven"
    ALIAS_MISSING = "alias_missing"
    VERSION_DELETED = "version_deleted"
    REGISTRY_EMPTY = "registry_empty"


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
    TroubleCode.REGISTRY_EMPTY: Text(
        "le registre des modèles ne sait plus rien d'une mise en production",
        "the registry knows of no promotion any more",
    ),
}
WAY_BACK = Text(
    ". `carprice rollback` remet en production la version {back}.",
    ". `carprice rollback` puts version {back} into production again.",
)
WAY_UNKNOWN = Text(
    ". `carprice rollback` remet en production ce qui peut l'être, ou dit ce qui manque.",
    ". `carprice rollback` puts what is left into production again, or says what is missing.",
)


class Trouble(NamedTuple):
    """One trouble, by its code and the figures of its sentence.

    back: the version that `carprice rollback` would bring into production; None where only a
    copy in `models/` may be left.
    """

    code: TroubleCode
    figures: Mapping[str, int]
    back: int | None

    def say(self, language: Language = HOME) -> str:
        """What is wrong, and the command that leads back."""
        way = WAY_UNKNOWN if self.back is None else WAY_BACK
        return TROUBLES[self.code].say(language, **self.figures) + way.say(language, back=self.back)
