"""What a search may change of a price model, and what it has tried so far; light."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import NamedTuple

from carprice.frozen import Frozen

FOLDS = 5
"""By which each trial is measured."""


@dataclass(frozen=True)
class Range:
    """Where good values of a hyperparameter may lie: stands in `Annotated`, with its field.

    Whole numbers where both ends are. log: values a factor apart are as far apart anywhere.
    """

    low: float
    high: float
    log: bool = False


class Tried(NamedTuple):
    """One trial of a search.

    number: from 0, which is the hyperparameters in force. params: what it tries, by name; empty
    where nothing is chosen yet. errors: median error (%) of each fold that was measured, in order.
    ended: False while it is under way, or where its process died.
    """

    number: int
    params: Mapping[str, float]
    errors: Sequence[float]
    ended: bool

    @property
    def is_whole(self) -> bool:
        """Whether it ended after all folds."""
        return self.ended and len(self.errors) == FOLDS

    @property
    def is_pruned(self) -> bool:
        """Whether it ended before, as one without hope."""
        return self.ended and len(self.errors) < FOLDS

    @property
    def error(self) -> float:
        """Mean over the folds that were measured."""
        return fmean(self.errors)


def read_space(params: Frozen) -> dict[str, Range]:
    """The range of each hyperparameter that has one; wide enough for the value in force."""
    fields = type(params).model_fields.items()
    found = {
        name: each for name, field in fields for each in field.metadata if isinstance(each, Range)
    }
    return {name: _widen(each, getattr(params, name)) for name, each in found.items()}


def _widen(given: Range, value: float) -> Range:
    return Range(min(given.low, value), max(given.high, value), given.log)
