"""Routes of the API; they answer by the current model in production."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import nullcontext
from email.message import Message
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import PlainTextResponse, RedirectResponse, Response

from carprice.api.metrics import Metrics
from carprice.api.places import SMALL_BODY
from carprice.api.refusals import (
    BUSY,
    GAVE_WAY,
    INVALID,
    NO_GOOD_MODEL,
    NO_MODEL,
    NOT_JSON,
    REGISTRY_DOWN,
    TOO_LARGE,
    TOO_MANY,
    TOO_SLOW,
    UNKNOWN_HOST,
    RefusedError,
    describe_refusals,
)
from carprice.api.schema import (
    Adverts,
    Deals,
    Estimate,
    Estimates,
    Health,
    Life,
    Listing,
    Listings,
    describe_request,
    read_request,
)
from carprice.language import Language, Text
from carprice.market.listing import HOME
from carprice.pricing.prediction import CarEstimate, estimate_told, read_cars
from carprice.registry.history import Chapter
from carprice.serving.deals import Wish, describe_deals, rank_texts
from carprice.serving.live_model import LOOK_AGAIN_SECONDS, LiveModel, Serving, State
from carprice.wording.troubles import TroubleCode

JSON = "application/json"
OF_CARS = (
    TOO_SLOW, GAVE_WAY, TOO_LARGE, NOT_JSON, INVALID, TOO_MANY, NO_MODEL, REGISTRY_DOWN,
    NO_GOOD_MODEL, BUSY,
)  # fmt: skip
"""How a request with cars may be refused."""
EVERY_DEAL = Wish(rarest=1)


def build_router(live: LiveModel, metrics: Metrics) -> APIRouter:
    """All routes; handlers that compute are plain functions, run on threads."""
    router = APIRouter(responses=describe_refusals(UNKNOWN_HOST))
    turn = asyncio.Lock()
    _add_estimates(router, live, metrics, turn)
    _add_deals(router, live, turn)
    _add_signs_of_life(router, live, metrics)

    @router.get("/", include_in_schema=False)
    async def show_docs() -> RedirectResponse:
        return RedirectResponse("/docs")

    return router


async def receive_body(request: Request) -> bytes:
    """The raw body; parsing it is left to the handler's thread.

    Raises RefusedError for one that is not said to be JSON: that is all that a page of somebody
    else may make a browser send here unasked.
    """
    kind = Message()
    kind["Content-Type"] = request.headers.get("content-type", "")
    if kind.get_content_type() != JSON or kind.get_content_charset("utf-8") != "utf-8":
        raise RefusedError(NOT_JSON)
    return await request.body()


Body = Annotated[bytes, Depends(receive_body)]


def _take(turn: asyncio.Lock) -> Callable[[bytes], AsyncIterator[None]]:
    """A dependency of routes that answer one request at a time."""

    async def wait_for_turn(_body: Body) -> AsyncIterator[None]:
        # Ten thousand cars take a hundred megabytes while they are answered: one request at a time.
        # Whoever sends slowly, or takes the answer slowly, holds nobody up, and no thread waits.
        async with turn:
            yield

    return wait_for_turn


def _add_estimates(
    router: APIRouter, live: LiveModel, metrics: Metrics, turn: asyncio.Lock
) -> None:
    refusals = describe_refusals(*OF_CARS)

    async def wait_if_large(body: Body) -> AsyncIterator[None]:
        # No car needs as much, and yet it takes its memory to find that out.
        async with turn if len(body) > SMALL_BODY else nullcontext():
            yield

    def estimate_all(listings: Sequence[Listing], language: Language) -> list[Estimate]:
        serving = choose_model(live.state)
        cars = read_cars(serving.model, (each.texts() for each in listings))
        answers = estimate_told(serving.model, cars, language)
        metrics.asked.note(serving.version.number, cars, answers)
        return [word_answer(each, serving) for each in answers]

    @router.post(
        "/v1/estimate", responses=refusals, summary="Estimate one car",
        openapi_extra=describe_request(Listing),
        dependencies=[Depends(wait_if_large, scope="function")],
    )  # fmt: skip
    def estimate_one(body: Body, language: Language = HOME) -> Estimate:
        return estimate_all([read_request(Listing, body)], language)[0]

    @router.post(
        "/v1/estimates", responses=refusals, summary="Estimate many cars at once",
        openapi_extra=describe_request(Listings), response_model=Estimates,
        dependencies=[Depends(_take(turn), scope="function")],
    )  # fmt: skip
    def estimate_many(body: Body, language: Language = HOME) -> Response:
        listings = read_request(Listings, body).listings
        estimates = Estimates(estimates=estimate_all(listings, language))
        # Written here: the framework would write it where all other requests wait for it.
        return Response(estimates.model_dump_json(), media_type=JSON)


def _add_deals(router: APIRouter, live: LiveModel, turn: asyncio.Lock) -> None:
    @router.post(
        "/v1/deals", responses=describe_refusals(*OF_CARS),
        summary="Rank adverts by how low their price is for such cars",
        openapi_extra=describe_request(Adverts), response_model=Deals,
        dependencies=[Depends(_take(turn), scope="function")],
    )  # fmt: skip
    def rank_deals(body: Body, language: Language = HOME) -> Response:
        listings = read_request(Adverts, body).listings
        serving = choose_model(live.state)
        found = rank_texts(serving.model, [each.texts() for each in listings], language)
        told = describe_deals(found, EVERY_DEAL, language)
        answer = Deals(version=serving.version.number, simulated=serving.simulated, **told)
        return Response(answer.model_dump_json(), media_type=JSON)


def _add_signs_of_life(router: APIRouter, live: LiveModel, metrics: Metrics) -> None:
    none_at_hand = describe_refusals(INVALID, NO_MODEL, REGISTRY_DOWN, NO_GOOD_MODEL)

    @router.get("/healthz", responses=none_at_hand, summary="Whether a model answers, and which")
    async def tell_health(language: Language = HOME) -> Health:
        state = live.state
        serving = choose_model(state)
        return Health.model_validate(
            {
                "version": serving.version.number,
                "simulated": serving.simulated,
                "since": Chapter.of(serving.version).since or None,
                "trouble": state.trouble.say(language) if state.trouble else None,
                "trouble_code": state.trouble.code if state.trouble else None,
                "trouble_since": state.trouble_since,
            }
        )

    @router.get("/livez", summary="Whether the server runs, with or without a model")
    async def tell_life() -> Life:
        return Life(alive=True)

    @router.get("/metrics", summary="Figures for Prometheus", response_class=PlainTextResponse)
    async def tell_figures() -> Response:
        return metrics.expose()


def choose_model(state: State) -> Serving:
    """The version that answers now; raises RefusedError without one."""
    if state.serving is not None:
        return state.serving
    again = f"{LOOK_AGAIN_SECONDS:.0f}"
    headers = {"Retry-After": again}
    if not state.trouble:
        raise RefusedError(NO_MODEL, headers)
    if state.trouble.code is not TroubleCode.REGISTRY_AWAY:
        raise RefusedError(NO_GOOD_MODEL, headers, trouble=Text.write(state.trouble.say))
    since = f"{state.trouble_since:%H:%M:%S} UTC"
    raise RefusedError(REGISTRY_DOWN, headers, since=since, seconds=again)


def word_answer(answer: CarEstimate, serving: Serving) -> Estimate:
    """An estimate as the API answers it, in whole amounts."""
    return Estimate(
        price=_to_whole(answer.price),
        low=_to_whole(answer.low),
        high=_to_whole(answer.high),
        coverage=serving.model.coverage,
        wide_low=_to_whole(answer.wide_low),
        wide_high=_to_whole(answer.wide_high),
        wide_coverage=serving.model.wide_coverage,
        seen=answer.seen,
        remark=answer.remark,
        version=serving.version.number,
        simulated=serving.simulated,
    )


def _to_whole(amount: float | None) -> int | None:
    return None if amount is None else round(amount)
