"""A decision of the gate as it is stored: what was measured, and what came of it."""

from enum import StrEnum

from pydantic import Field

from carprice.evaluation.comparison import Comparison
from carprice.evaluation.coverage import Covered
from carprice.evaluation.metrics import Scores
from carprice.frozen import Frozen
from carprice.wording.reasons import Reason, list_reasons


class Outcome(StrEnum):
    """What a decision came to; stored as a tag, so none may change."""

    ACCEPTED = "accepted"
    HELD = "held"
    """Not promoted without a person's word."""
    REFUSED = "refused"
    FORCED = "forced"
    """Let through by a person, whatever the gate said."""


class Level(Frozen):
    """Challenger's prices against the champion's, in the median of held-out cars both know."""

    rows: int
    shift_pct: float


class Lost(Frozen):
    """Names of a family (make, model, price) that the champion knows and the challenger does not.

    share_pct: of the adverts that the champion learnt from. names: the most frequent.
    """

    family: str
    share_pct: float
    count: int
    names: list[str]


class Beside(Frozen):
    """A figure of the challenger's listings, and the champion's of its own."""

    challenger: float
    champion: float


class Measured(Frozen):
    """All figures that a decision rests on, beside the comparison; of the challenger's scores."""

    scores: Scores
    promised_coverage_pct: float | None = None
    """None in what earlier releases stored."""
    simulated: bool
    champion_simulated: bool = False
    fresher: bool = True
    """Whether it learnt from other listings than the champion, and no older ones."""
    level: Level | None = None
    """None where no held-out car is known to both."""
    lost: list[Lost] | None = Field(default_factory=list)
    """None where what the champion knows is not on record any more."""
    promised_wide_coverage_pct: float | None = None
    short: list[Covered] = Field(default_factory=list)
    """Groups of cars of which intervals hold fewer prices than promised, beyond chance."""
    copies_pct: float = 0
    """Share of its listings that repeat another in all but a few kilometres."""
    error_pct: Beside | None = None
    """Median errors of each on its own held-out cars: the least that chance leaves of the
    challenger's (5 %). None where the champion's is not on record."""
    newest_year: Beside | None = None
    """Years of the newest models listed; None where the champion's is not on record."""
    rows: Beside | None = None
    """How many listings each is of."""
    effects: dict[str, Beside] = Field(default_factory=dict)
    """By how many percent a price moves where a field is shuffled among the same cars."""
    trouble: str = ""
    """Why the champion could not be opened."""


class Decision(Frozen):
    """Decision of the gate, with its reasons and figures."""

    promote: bool = False
    held: bool = False
    """Whether nothing but doubts stand against it, which a person's word lifts."""
    forced: bool = False
    challenger: int
    champion: int | None = None
    reasons: list[Reason] = Field(default_factory=list)
    comparison: Comparison | None = None
    measured: Measured | None = None
    """None in what earlier releases stored."""

    @property
    def outcome(self) -> Outcome:
        if self.forced:
            return Outcome.FORCED
        if self.promote:
            return Outcome.ACCEPTED
        return Outcome.HELD if self.held else Outcome.REFUSED

    @property
    def summary(self) -> str:
        told = {Outcome.FORCED: "forced through", Outcome.HELD: "held for a person's word"}
        outcome = told.get(self.outcome, self.outcome)
        against = f"against version {self.champion}" if self.champion else "with no champion yet"
        return f"version {self.challenger} {outcome} {against}"

    @property
    def text(self) -> str:
        """The summary with its reasons, one a line, in English."""
        return list_reasons(self.summary, self.reasons)
