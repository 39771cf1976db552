"""Facts that do not change once they are made."""

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    # As texts, so that a figure that is no number comes back from JSON as it went in.
    model_config = ConfigDict(frozen=True, ser_json_inf_nan="strings")
