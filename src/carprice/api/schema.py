"""Requests and answers of the API, derived from the fields of a listing."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from fastapi.exceptions import RequestValidationError
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    FailFast,
    Field,
    StringConstraints,
    ValidationError,
    WithJsonSchema,
    create_model,
    model_validator,
)
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from carprice.language import OTHERS
from carprice.listings.given import spell_value
from carprice.market import fields
from carprice.market.chosen import MARKET
from carprice.market.fields import Kind
from carprice.market.listing import (
    BY_NAME,
    FEATURES,
    HIGH,
    HOME,
    LOW,
    TARGET,
    WIDE_HIGH,
    WIDE_LOW,
    in_currency,
)
from carprice.wording import spell
from carprice.wording.troubles import TroubleCode

LONGEST_TEXT = 200
"""Characters; no name, number or wording of a car comes near it."""
MOST_LISTINGS = 10_000
NAMES_TOLD, LONGEST_NAME = 10, 40
"""Of unknown fields, however many and long they are."""

EXAMPLE: JsonDict = {**MARKET.example}


def spell_answer(given: object) -> object:
    """A JSON boolean as text; any other value as by `spell_value`."""
    return str(given) if isinstance(given, bool) else spell_value(given)


def describe_field(each: fields.Field) -> str:
    """OpenAPI description of a field: label, unit, range and choices."""
    other = OTHERS[HOME]
    parts = [f"{spell.title(each.name)} ({spell.title(each.name, other)})"]
    if each.kind in {Kind.NUMBER, Kind.MILEAGE}:
        parts.append(f"{each.minimum:.0f} to {each.maximum:.0f} {each.unit}".strip())
    if each.choices:
        parts.append(
            ", ".join(f"{code} or {word.say(HOME)}" for code, word in each.choices.items())
        )
    if each.kind is Kind.YES_NO:
        parts.append(f"{spell.YES.say(HOME)} or {spell.NO.say(HOME)}, true or false")
    return "; ".join(parts)


def _find_examples(each: fields.Field) -> list[Any]:
    if each.kind is Kind.YES_NO:
        return [spell.YES.say(HOME), False]
    if each.choices:
        return [word.say(HOME) for word in each.choices.values()]
    return [EXAMPLE[each.name]] if each.name in EXAMPLE else [int(each.maximum)]


def _declare(each: fields.Field) -> Any:
    """Type and default of a field, for pydantic."""
    yes_no = each.kind is Kind.YES_NO
    others = ["number", "boolean", "null"] if yes_no else ["number", "null"]
    text = {"type": "string", "maxLength": LONGEST_TEXT}
    raw_text = Annotated[
        Annotated[str, StringConstraints(strict=True, max_length=LONGEST_TEXT)] | None,
        BeforeValidator(spell_answer if yes_no else spell_value),
        WithJsonSchema({"anyOf": [text, *({"type": name} for name in others)]}),
    ]
    return raw_text, Field(
        default=None, description=describe_field(each), examples=_find_examples(each)
    )


def _tell(names: Iterator[str]) -> str:
    """The first few names, each cut short, as one text."""
    told = [name[:LONGEST_NAME] for name in islice(names, NAMES_TOLD)]
    return ", ".join([*told, *["…" for _ in islice(names, 1)]])


class _Listing(BaseModel):
    """One car. Each field may be left out: the less is known, the wider the range.

    Texts and numbers are read as people write them; a value that cannot be read, or lies outside
    its range, counts as unknown, and the remark says so.
    """

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE]})

    @model_validator(mode="before")
    @classmethod
    def _ensure_known_fields(cls, given: object) -> object:
        # pydantic would tell of each by itself, and a request may hold a million of them.
        named = given if isinstance(given, dict) else {}
        unknown = (name for name in named if name not in cls.model_fields)
        if told := _tell(unknown):
            raise PydanticCustomError("unknown_fields", "{names}", {"names": told})
        return given

    def texts(self) -> dict[str, str]:
        """Raw texts by field name."""
        return self.model_dump(exclude_none=True)


if TYPE_CHECKING:
    Listing = _Listing  # its fields are known at run time only
else:
    Listing = create_model(
        "Listing",
        __base__=_Listing,
        __doc__=_Listing.__doc__,
        **{name: _declare(BY_NAME[name]) for name in FEATURES},
    )


if TYPE_CHECKING:
    Advert = _Listing
else:
    Advert = create_model(
        "Advert",
        __base__=Listing,
        __doc__="One car and what is asked for it. Each field may be left out; without a price, "
        "it is set apart.",
        **{TARGET: _declare(BY_NAME[TARGET])},
    )


class Listings(BaseModel):
    """Many cars at once. The first that cannot be taken refuses the request."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"listings": [EXAMPLE]}]}
    )

    listings: Annotated[list[Listing], FailFast()] = Field(
        min_length=1, max_length=MOST_LISTINGS, description="The cars, answered in this order"
    )


class Adverts(BaseModel):
    """Many adverts at once. The first that cannot be taken refuses the request."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"listings": [EXAMPLE | {TARGET: 70_000}]}]}
    )

    listings: Annotated[list[Advert], FailFast()] = Field(
        min_length=1, max_length=MOST_LISTINGS, description="The adverts, told of by their place"
    )


Asked = TypeVar("Asked", bound=BaseModel)


def read_request(model: type[Asked], body: bytes) -> Asked:
    """The request in a body's bytes; raises FastAPI's RequestValidationError."""
    try:
        asked = model.model_validate_json(body)
        _ensure_said_once(model, body)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)
        raise RequestValidationError(
            [{**each, "loc": ("body", *each["loc"])} for each in faults]
        ) from None
    return asked


def _ensure_said_once(model: type[BaseModel], body: bytes) -> None:
    """Raise ValidationError where a key is repeated: which of its values is meant, nobody knows.

    Of a valid body, the objects within end in the order of the list that they are in, and the
    outermost at last.
    """
    objects: list[str] = []

    def look(pairs: list[tuple[str, object]]) -> None:
        names = Counter(name for name, _ in pairs) if len(dict(pairs)) < len(pairs) else {}
        objects.append(_tell(name for name, times in names.items() if times > 1))

    # Values are of no interest: nothing is kept of them, nor made a number of.
    json.loads(body, object_pairs_hook=look, parse_int=len, parse_float=len, parse_constant=len)
    for at, told in enumerate(objects):
        if told:
            place = () if at == len(objects) - 1 else ("listings", at)
            fault = PydanticCustomError("duplicate_fields", "{names}", {"names": told})
            raise ValidationError.from_exception_data(
                model.__name__, [{"type": fault, "loc": place, "input": None}]
            )


def describe_request(model: type[BaseModel]) -> dict[str, Any]:
    """OpenAPI description of a body that a route parses itself."""
    schema = model.model_json_schema()
    if inner := schema.pop("$defs", None):
        (schema["properties"]["listings"]["items"],) = inner.values()
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


SIMULATED = (
    "Whether this version was trained on simulated adverts: it is for trying out, not for buying"
)


class Estimate(BaseModel):
    """The answer for one car, in whole units of the currency."""

    model_config = ConfigDict(serialize_by_alias=True)

    price: int | None = Field(
        serialization_alias=TARGET,
        description="Estimated price; null where too few adverts like it were seen: it would be a "
        "guess",
        examples=[81_000],
    )
    low: int | None = Field(
        serialization_alias=LOW,
        description="Low end of the range; null where too little is known to say anything",
        examples=[66_000],
    )
    high: int | None = Field(
        serialization_alias=HIGH, description="High end of the range", examples=[97_000]
    )
    coverage: float = Field(
        description="Share of cars whose price lies inside their range", examples=[0.8]
    )
    wide_low: int | None = Field(
        serialization_alias=WIDE_LOW,
        description="Low end of the wide range; null also where a model of an earlier release "
        "answers, which has none",
        examples=[61_000],
    )
    wide_high: int | None = Field(
        serialization_alias=WIDE_HIGH, description="High end of the wide range", examples=[105_000]
    )
    wide_coverage: float = Field(
        description="Share of cars whose price lies inside their wide range", examples=[0.9]
    )
    seen: int | None = Field(
        description="Training adverts of its model, or of its make where no model is named; null "
        "for a car without a name",
        examples=[412],
    )
    remark: str = Field(
        description="What must be said of the estimate: names never seen, values left out or not "
        "usable; empty where nothing must be",
        examples=["non renseigné : état"],
    )
    version: int = Field(description="Version of the model that answered", examples=[3])
    simulated: bool = Field(description=SIMULATED, examples=[False])


class Estimates(BaseModel):
    """The answers for many cars, in their order and of one version."""

    estimates: list[Estimate]


def _amount(name: str, description: str) -> Any:
    return Field(alias=in_currency(name), description=description)


class _Told(BaseModel):
    """What is told of any advert."""

    model_config = ConfigDict(serialize_by_alias=True)

    row: int = Field(description="Its place in the request, the first being 0", examples=[4])
    make: str | None
    model: str | None
    model_year: int | None
    mileage_km: int | None
    asked: int | None = _amount("asked", "What is asked for it")


class Deal(_Told):
    """An advert that asks for less than its estimate."""

    price: int = _amount("price", "Estimated price")
    low: int = _amount("low", "Low end of the range")
    high: int = _amount("high", "High end of the range")
    saved: int = _amount("saved", "By how much it asks for less than the estimate")
    adverts_as_low_pct: float | None = Field(
        description="Of a hundred adverts of such cars, so many are as low beside their estimate; "
        "null where a model of an earlier release answers",
        examples=[3.0],
    )
    seen: int | None = Field(description="Training adverts like it; null for a car without a name")
    reasons: list[str] = Field(description="Why it is a deal")
    remark: str = Field(description="What must be said of the estimate")


class SetApart(_Told):
    """An advert that may not be what it seems, or whose price says nothing."""

    code: str = Field(description="Why it is set apart, for programs", examples=["too_low"])
    reason: str = Field(description="The same for people")


class Stock(BaseModel):
    """What is asked for all cars that are not set apart, together."""

    model_config = ConfigDict(serialize_by_alias=True)

    cars: int
    value: int = _amount("value", "Sum of what such cars are asked for")
    low: int = _amount("low", "Low end of the range of the sum")
    high: int = _amount("high", "High end of the range of the sum")
    coverage: float = Field(description="Share of such stocks whose sum lies inside its range")


class Deals(BaseModel):
    """Adverts of one request beside their estimates, the rarest price first."""

    ranked: bool = Field(
        description="Whether the version has ranks; one of an earlier release has none: deals are "
        "then in order of what they save, and the stock has no value"
    )
    adverts: int
    deals: list[Deal]
    set_apart: list[SetApart]
    stock: Stock | None
    version: int = Field(description="Version of the model that answered", examples=[3])
    simulated: bool = Field(description=SIMULATED, examples=[False])


class Health(BaseModel):
    """The version that answers, and what is wrong with production."""

    version: int
    simulated: bool = Field(description=SIMULATED)
    since: datetime | None = Field(
        description="When it came to production, or came back to it; null where this was not by "
        "carprice"
    )
    trouble: str | None = Field(
        description="What is wrong with what the registry says is in production, or that it does "
        "not answer: until it is mended, this version goes on; null where all is well"
    )
    trouble_code: TroubleCode | None = Field(description="The same for programs")
    trouble_since: datetime | None


class Life(BaseModel):
    """That the server runs and has looked for a model, whether or not there is one."""

    alive: bool
