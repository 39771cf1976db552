"""Error responses of the API: one JSON schema, French or English, no internals."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from carprice.api.headers import CLOSED, POLICY, SECURE
from carprice.language import OTHERS, Language
from carprice.market.listing import HOME
from carprice.wording.api import API_FAULTS, API_REFUSALS

LARGEST_BODY = 8_000_000
"""Bytes: 10,000 listings with every field filled in take 6 million."""
PATIENCE_SECONDS = 60
AGAIN_SECONDS = 5
LIMITS: Mapping[str, object] = {
    "megabytes": LARGEST_BODY // 10**6, "patience": PATIENCE_SECONDS, "seconds": AGAIN_SECONDS,
}  # fmt: skip
DETAILS_TOLD = 20


class Reason(NamedTuple):
    """A reason for refusal: HTTP status and code; `API_REFUSALS` words it."""

    status: int
    code: str

    def say(self, language: Language, **told: object) -> str:
        return API_REFUSALS[self.code].say(language, **{**LIMITS, **told})


TOO_LARGE = Reason(413, "too_large")
TOO_SLOW = Reason(408, "too_slow")
GAVE_WAY = Reason(408, "gave_way")
NOT_JSON = Reason(415, "not_json")
UNKNOWN_HOST = Reason(421, "unknown_host")
TOO_MANY = Reason(429, "too_many")
INVALID = Reason(422, "invalid")
NO_MODEL = Reason(503, "no_model")
REGISTRY_DOWN = Reason(503, "registry_down")
NO_GOOD_MODEL = Reason(503, "no_good_model")
BUSY = Reason(503, "busy")
NOT_FOUND = Reason(404, "not_found")
NOT_ALLOWED = Reason(405, "method_not_allowed")
INTERNAL = Reason(500, "internal")
OF_THE_FRAMEWORK = {404: NOT_FOUND, 405: NOT_ALLOWED}
"""By the status that Starlette and FastAPI raise."""


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
    """Raised by a handler to refuse a request, with details for the sentence."""

    def __init__(
        self, reason: Reason, headers: Mapping[str, str] | None = None, **told: object
    ) -> None:
        super().__init__(reason.say("en", **told))
        self.reason, self.headers, self.told = reason, headers, told


def answer_errors(app: FastAPI) -> None:
    """Register handlers that answer every error as a Refusal."""

    @app.exception_handler(RefusedError)
    async def refuse(request: Request, error: RefusedError) -> JSONResponse:
        return answer_refusal(request, error)

    @app.exception_handler(RequestValidationError)
    async def refuse_invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        return _refuse(request, INVALID, _describe_faults(error.errors(), language_of(request)))

    @app.exception_handler(HTTPException)
    async def refuse_plainly(request: Request, error: HTTPException) -> JSONResponse:
        reason = OF_THE_FRAMEWORK.get(error.status_code, INTERNAL)
        return _refuse(request, reason, headers=error.headers)

    @app.exception_handler(ClientDisconnect)
    async def give_up(request: Request, _error: ClientDisconnect) -> JSONResponse:
        return _refuse(request, TOO_SLOW)  # nobody is there to read it

    @app.exception_handler(Exception)
    async def hide(request: Request, _error: Exception) -> JSONResponse:
        # Outside of all middleware, so it brings the headers along.
        return _refuse(request, INTERNAL, headers={**SECURE, POLICY: CLOSED})


def answer_refusal(request: Request, error: RefusedError) -> JSONResponse:
    """The answer for a request that was refused."""
    return _refuse(request, error.reason, headers=error.headers, told=error.told)


def describe_refusals(*reasons: Reason) -> dict[int | str, dict[str, Any]]:
    """OpenAPI responses of a route's refusals, by status."""
    wait = {"description": "Seconds after which to ask again", "schema": {"type": "string"}}
    described: dict[int | str, dict[str, Any]] = {}
    for each in reasons:
        entry = described.setdefault(each.status, {"model": Refusal, "description": ""})
        told = each.say("en", since="…", trouble="…", most="…")
        entry["description"] += f"`{each.code}`: {told}\n\n"
        if each.status in {NO_MODEL.status, TOO_MANY.status}:
            entry["headers"] = {"Retry-After": wait}
    return described


def language_of(request: Request) -> Language:
    """The language asked for; the market's where the parameter is invalid."""
    asked = request.query_params.get("language")
    return OTHERS[HOME] if asked == OTHERS[HOME] else HOME


def _refuse(
    request: Request,
    reason: Reason,
    details: Sequence[Detail] = (),
    headers: Mapping[str, str] | None = None,
    told: Mapping[str, object] = MappingProxyType({}),
) -> JSONResponse:
    message = reason.say(language_of(request), **told)
    refusal = Refusal(code=reason.code, message=message, details=list(details))
    return JSONResponse(refusal.model_dump(), reason.status, headers)


def _describe_faults(faults: Sequence[Any], language: Language) -> list[Detail]:
    return [
        Detail(field=_name_place(each), message=_word_fault(each, language))
        for each in faults[:DETAILS_TOLD]
    ]


def _name_place(fault: Mapping[str, Any]) -> str:
    """Place of a fault as a dotted path: `listings.3.make`, or `body`."""
    return ".".join(map(str, fault["loc"][1:])) or "body"


def _word_fault(fault: Mapping[str, Any], language: Language) -> str:
    if (text := API_FAULTS.get(fault["type"])) is None:
        return str(fault["msg"])
    return text.say(language, **fault.get("ctx", {}))
