"""Plots of a model's estimates, as matplotlib figures without a screen."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from carprice.evaluation.checks import Check
from carprice.evaluation.metrics import Evaluation
from carprice.market.chosen import MARKET
from carprice.market.listing import TARGET

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK = "#1f4e79"
ACCENT = "#d1495b"
MUTED = "#9aa5b1"
CURRENCY = MARKET.currency.symbol


def draw_predicted_against_real(actual: pd.Series, estimates: pd.DataFrame) -> "Figure":
    """Estimates against actual prices, both on log axes, with the band of ±20 %."""
    figure = _make_figure(6, 6)
    axes = figure.subplots()
    ends = np.array([actual.min(), actual.max()])
    axes.fill_between(ends, ends * 0.8, ends * 1.2, color=MUTED, alpha=0.3, label="±20 %")
    axes.plot(ends, ends, color=ACCENT, linewidth=1)
    axes.scatter(actual, estimates[TARGET], s=6, alpha=0.4, color=INK, linewidths=0)
    axes.set(
        xscale="log", yscale="log",
        xlabel=f"actual price ({CURRENCY})", ylabel=f"estimate ({CURRENCY})",
        title=f"Estimate against price, {len(actual):,} held-out cars",
    )  # fmt: skip
    axes.legend()
    return figure


def draw_residuals(actual: pd.Series, estimates: pd.DataFrame) -> "Figure":
    """Histogram of errors in percent, clipped at ±60 %."""
    errors = (100 * (estimates[TARGET] / actual - 1)).clip(-60, 60)
    figure = _make_figure(7, 4)
    axes = figure.subplots()
    axes.hist(errors, bins=48, range=(-60, 60), color=INK)
    axes.axvline(0, color=ACCENT, linewidth=1)
    axes.set(xlabel="estimate against price (%)", ylabel="cars", title="Residuals")
    return figure


def draw_slices(evaluation: Evaluation) -> "Figure":
    """Median error of each slice beside the overall one."""
    scores = {
        f"{family} {name}": each.median_error_pct
        for family, groups in evaluation.slices.items()
        for name, each in groups.items()
    }
    figure = _make_figure(7, 1 + 0.25 * max(len(scores), 4))
    axes = figure.subplots()
    axes.barh(list(scores)[::-1], list(scores.values())[::-1], color=INK)
    axes.axvline(evaluation.overall.median_error_pct, color=ACCENT, linewidth=1, label="overall")
    axes.set(xlabel="median error (%)", title="Median error by slice")
    axes.legend()
    return figure


def draw_importance(importance: dict[str, float]) -> "Figure":
    """Bars of the rise in median error (points) by shuffled field."""
    ranked = sorted(importance.items(), key=lambda item: item[1])
    figure = _make_figure(7, 1 + 0.3 * max(len(ranked), 4))
    axes = figure.subplots()
    axes.barh([name for name, _ in ranked], [points for _, points in ranked], color=INK)
    axes.set(xlabel="points of median error lost when shuffled", title="Importance of fields")
    return figure


def draw_checks(checks: Sequence[Check]) -> "Figure":
    """Each effect as a share of its limit, those that were found in another colour."""
    ranked = sorted(checks, key=lambda each: abs(each.effect / each.limit))
    figure = _make_figure(7, 1 + 0.25 * max(len(ranked), 4))
    axes = figure.subplots()
    axes.barh(
        [f"{each.kind} {each.name}".strip() for each in ranked],
        [abs(each.effect / each.limit) for each in ranked],
        color=[ACCENT if each.found else INK for each in ranked],
    )
    axes.axvline(1, color=MUTED, linewidth=1)
    axes.set(xlabel="effect against its limit", title="What was compared")
    return figure


def _make_figure(width: float, height: float) -> "Figure":
    """An empty figure, its size in inches; imports matplotlib, which is slow."""
    from matplotlib.figure import Figure  # noqa: PLC0415

    return Figure(figsize=(width, height), layout="constrained")
