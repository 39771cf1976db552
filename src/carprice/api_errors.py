"""How the API refuses: one shape for all errors, in French or English, nothing of the inside."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from carprice.texts import Language, Text

LARGEST_BODY = 8_000_000
"""Bytes: 10,000 listings with every field filled in take 6 million."""
LIMITS = {"megabytes": LARGEST_BODY // 10**6}
DETAILS_TOLD = 20


class Reason(NamedTuple):
    """Why a request is refused: for HTTP, for programs, for people."""

    status: int
    code: str
    text: Text


TOO_LARGE = Reason(413, "too_large", Text(
    "la requête dépasse {megabytes} Mo : envoyez moins d'annonces à la fois",
    "the request is larger than {megabytes} MB: send fewer listings at a time",
))  # fmt: skip
INVALID = Reason(422, "invalid", Text(
    "la requête ne peut pas être lue ainsi", "the request cannot be read as it is"
))  # fmt: skip
NO_MODEL = Reason(503, "no_model", Text(
    "aucun modèle en production : l'API répondra d'elle-même dès qu'il y en aura un",
    "no model in production: the API will answer by itself as soon as there is one",
))  # fmt: skip
REGISTRY_DOWN = Reason(503, "registry_down", Text(
    "le registre des modèles ne répond pas depuis {since} et aucun modèle n'est chargé : "
    "nouvel essai toutes les {seconds} secondes",
    "the model registry has not answered since {since} and no model is at hand: it is asked again "
    "every {seconds} seconds",
))  # fmt: skip
NOT_FOUND = Reason(404, "not_found", Text(
    "adresse inconnue : voyez /docs", "unknown address: see /docs"
))  # fmt: skip
NOT_ALLOWED = Reason(405, "method_not_allowed", Text(
    "méthode non permise ici : voyez /docs", "method not allowed here: see /docs"
))  # fmt: skip
INTERNAL = Reason(500, "internal", Text(
    "erreur imprévue : elle est dans le journal", "unexpected error: it was logged"
))  # fmt: skip
OF_THE_FRAMEWORK = {
    404: NOT_FOUND,
    405: NOT_ALLOWED,
    413: TOO_LARGE,
}
"""By the status that Starlette, FastAPI and BodyLimit raise."""

BY_FAULT = {
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


class Detail(BaseModel):
    """One thing to mend."""

    field: str = Field(description="Where, such as `listings.3.make`", examples=["listings.3"])
    message: str = Field(examples=["champs inconnus : colour"])


class Refusal(BaseModel):
    """Every answer that is not 200."""

    code: str = Field(description="For programs", examples=["invalid"])
    message: str = Field(description="For people, in the language asked for")
    details: list[Detail] = Field(description=f"What to mend, the first {DETAILS_TOLD} at most")


class RefusedError(Exception):
    """Raised by a handler to refuse a request, with what the reason has places for."""

    def __init__(
        self, reason: Reason, headers: Mapping[str, str] | None = None, **told: object
    ) -> None:
        super().__init__(reason.text.say("en", **told))
        self.reason, self.headers, self.told = reason, headers, told


class BodyLimit:
    """Refuses a request whose body is larger than LARGEST_BODY, as told or as it comes."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        told = Headers(scope=scope).get("content-length", "")
        expected, read = int(told) if told.isdecimal() else 0, 0

        async def receive_within_limit() -> Message:
            nonlocal read
            # Before the body is asked for: a client that waits for leave then sends nothing.
            if expected > LARGEST_BODY:
                raise HTTPException(TOO_LARGE.status)
            message = await receive()
            read += len(message.get("body", b""))
            if read > LARGEST_BODY:
                raise HTTPException(TOO_LARGE.status)
            return message

        await self.app(scope, receive_within_limit, send)


def answer_errors(app: FastAPI) -> None:
    """Give every error of an app the one shape."""

    @app.exception_handler(RefusedError)
    async def refuse(request: Request, error: RefusedError) -> JSONResponse:
        return _refuse(request, error.reason, headers=error.headers, told=error.told)

    @app.exception_handler(RequestValidationError)
    async def refuse_invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        return _refuse(request, INVALID, _describe_faults(error.errors(), language_of(request)))

    @app.exception_handler(HTTPException)
    async def refuse_plainly(request: Request, error: HTTPException) -> JSONResponse:
        reason = OF_THE_FRAMEWORK.get(error.status_code, INTERNAL)
        return _refuse(request, reason, headers=error.headers, told=LIMITS)

    @app.exception_handler(Exception)
    async def hide(request: Request, _error: Exception) -> JSONResponse:
        return _refuse(request, INTERNAL)


def describe_refusals(*reasons: Reason) -> dict[int | str, dict[str, Any]]:
    """The refusals of a route for its OpenAPI description."""
    described: dict[int | str, dict[str, Any]] = {
        each.status: {"model": Refusal, "description": each.text.say("en", **LIMITS)}
        for each in reasons
    }
    if NO_MODEL in reasons:
        wait = {"description": "Seconds after which to ask again", "schema": {"type": "string"}}
        described[NO_MODEL.status]["headers"] = {"Retry-After": wait}
    return described


def language_of(request: Request) -> Language:
    """French, but for a request that asks for English; the parameter itself may be wrong."""
    return "en" if request.query_params.get("language") == "en" else "fr"


def _refuse(
    request: Request,
    reason: Reason,
    details: Sequence[Detail] = (),
    headers: Mapping[str, str] | None = None,
    told: Mapping[str, object] = MappingProxyType({}),
) -> JSONResponse:
    message = reason.text.say(language_of(request), **told)
    refusal = Refusal(code=reason.code, message=message, details=list(details))
    return JSONResponse(refusal.model_dump(), reason.status, headers)


def _describe_faults(faults: Sequence[Any], language: Language) -> list[Detail]:
    return [
        Detail(field=_name_place(each), message=_word_fault(each, language))
        for each in faults[:DETAILS_TOLD]
    ]


def _name_place(fault: Mapping[str, Any]) -> str:
    """`listings.3.make`; what concerns the body as a whole is `body`."""
    return ".".join(map(str, fault["loc"][1:])) or "body"


def _word_fault(fault: Mapping[str, Any], language: Language) -> str:
    if (text := BY_FAULT.get(fault["type"])) is None:
        return str(fault["msg"])
    return text.say(language, **fault.get("ctx", {}))
