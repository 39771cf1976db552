"""A look at a file of listings as it is stored: verdict, reasons, figures."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from carprice.evaluation.checks import Check, Kind, MonitoringPolicy, Verdict
from carprice.frozen import Frozen
from carprice.market.problems import ProblemKind
from carprice.monitoring.look import Look
from carprice.registry.model_facts import LastMonitoring
from carprice.wording.monitoring import VERDICTS
from carprice.wording.reasons import Code, Reason

REPORT = "monitoring/report.json"


class MonitoringReport(Frozen):
    """The look at a file by a version.

    at: seconds of the epoch. verdict: that of the look, at least `watch` where a quality rule is
    broken. asked: checks of the cars that were asked for, which move no verdict: what people ask
    is theirs.
    """

    at: float
    source: str
    source_sha256: str
    version: int
    verdict: Verdict
    reasons: list[Reason]
    look: Look
    asked: Sequence[Check] = ()

    @property
    def heading(self) -> str:
        return f"{self.verdict}: {VERDICTS[self.verdict].en}"

    @property
    def metrics(self) -> dict[str, float]:
        """The figures that are known, as MLflow keeps them."""
        figures = self.look.model_dump(exclude={"verdict", "checks"}, exclude_none=True)
        return {name: float(figure) for name, figure in figures.items()}

    def to_facts(self, run_id: str) -> LastMonitoring:
        """What stands with the model."""
        columns = [each for each in self.look.checks if each.kind is Kind.COLUMN]
        return LastMonitoring(
            at=self.at,
            verdict=self.verdict,
            run_id=run_id,
            version=self.version,
            drift={each.name: each.effect for each in columns},
            drift_limit={each.name: each.limit for each in columns},
            **self.look.model_dump(
                include={
                    "late_prices", "live_error", "expected_error", "estimated_error", "coverage",
                    "coverage_asked",
                }
            ),
        )  # fmt: skip


def find_reasons(found: Look, failures: Iterable[str], policy: MonitoringPolicy) -> list[Reason]:
    """Why the verdict is what it is; `failures` are sentences of broken quality rules.

    Where the level of all prices has moved, no make is named besides.
    """
    of_all = any(each.kind is Kind.LEVEL for each in found.found)
    told = [each for each in found.found if each.kind is not Kind.MAKE or not of_all]
    reasons = [
        *(Reason.of(Code.QUALITY_BROKEN, message=each) for each in failures),
        *(REASONS[each.kind](each, found) for each in told),
    ]
    if reasons:
        return reasons
    rows = {"rows": found.rows, "late": found.late_prices}
    if min(rows.values()) < policy.min_rows:
        return [Reason.of(Code.TOO_FEW_CARS, **rows, least=policy.min_rows)]
    return [Reason.of(Code.NOTHING_STANDS_OUT, **rows)]


def _of_problem(check: Check, _: Look) -> Reason:
    kind = next(each for each in ProblemKind if check.name.endswith(f"_{each}"))
    field = check.name.removesuffix(f"_{kind}")
    return Reason.of(Code.MORE_PROBLEMS, field=field, kind=kind, effect=check.effect)


def _of_error(check: Check, found: Look) -> Reason:
    return Reason.of(Code.LARGER_ERROR, effect=check.effect, error=found.live_error or 0)


def _of_coverage(_: Check, found: Look) -> Reason:
    shares = {"share": 100 * (found.coverage or 0), "asked": 100 * found.coverage_asked}
    return Reason.of(Code.LOST_COVERAGE, **shares)


REASONS: Mapping[Kind, Callable[[Check, Look], Reason]] = {
    Kind.COLUMN: lambda check, _: Reason.of(
        Code.OTHER_COLUMN, field=check.name, effect=check.effect, limit=check.limit
    ),
    Kind.JOINT: lambda check, _: Reason.of(
        Code.OTHER_CARS, effect=100 * check.effect, limit=100 * check.limit
    ),
    Kind.NAMES: lambda check, _: Reason.of(
        Code.UNKNOWN_NAMES, field=check.name, effect=check.effect
    ),
    Kind.PROBLEM: _of_problem,
    Kind.ESTIMATED: lambda check, _: Reason.of(Code.HARDER_CARS, effect=check.effect),
    Kind.LEVEL: lambda check, _: Reason.of(Code.OTHER_LEVEL, effect=check.effect),
    Kind.MAKE: lambda check, _: Reason.of(
        Code.OTHER_LEVEL_OF_MAKE, make=check.name, effect=check.effect
    ),
    Kind.ERROR: _of_error,
    Kind.COVERAGE: _of_coverage,
}
