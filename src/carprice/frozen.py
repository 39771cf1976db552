"""Base class of immutable facts."""

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    # As texts, so that a figure that is no number comes back from JSON as it went in.
    # Amounts are stored under names that tell their currency, and have plain ones in the code.
    model_config = ConfigDict(
        frozen=True, ser_json_inf_nan="strings", serialize_by_alias=True, validate_by_name=True
    )
