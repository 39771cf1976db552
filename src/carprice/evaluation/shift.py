"""How far a batch of cars differs from those that a model learnt from: pure.

Each column is cut into cells by the reference, so that numbers, names and missing values are
compared alike, by the Jensen–Shannon distance of their shares. What distance is chance is drawn
from the reference itself, at the size of the batch: a fixed limit cries wolf on small batches and
sleeps on large ones.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Self

import numpy as np
import pandas as pd
from numpy.random import Generator
from scipy import stats
from scipy.spatial.distance import jensenshannon
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_predict
from threadpoolctl import threadpool_limits

from carprice.arrays import Floats, Places
from carprice.evaluation.checks import Check, Kind
from carprice.market.fields import fold
from carprice.market.listing import FEATURES, TEXTUAL

CELLS_OF_NUMBERS = 10
CELLS_OF_NAMES = 20
"""The most frequent names have a cell each; all others share one."""
MISSING = 0
DRAWS = 4_999
DISTANCE = 0.1
"""The least distance that means something: 20 of 1,000 cars that were never there are as far."""
TELLING = 0.6
"""The least chance of telling a new car from an old one that means something; 0.5 is none."""
SHARE_POINTS = 2.0
"""The least growth of a share, of unknown names or of typing slips, that means something."""
TOLD_APART = 2_000
"""Cars of each side that are told apart: more take longer and show nothing else."""


class Share(NamedTuple):
    """How many of so many rows have something."""

    hits: int
    rows: int


class Reference(NamedTuple):
    """Cars that a model learnt from, cut into cells.

    edges: of a number, between its cells. names: of a text, folded, each with a cell.
    cells: (n, columns), one of `columns` each.
    """

    columns: tuple[str, ...]
    edges: Mapping[str, Floats]
    names: Mapping[str, pd.Index]
    cells: Places

    @property
    def rows(self) -> int:
        return len(self.cells)

    def select(self, fields: Sequence[str]) -> Self:
        """The same cars by some of their columns."""
        at = [place for place, name in enumerate(self.columns) if name in fields]
        columns = tuple(self.columns[place] for place in at)
        return self._replace(columns=columns, cells=self.cells[:, at])

    def cut(self, listings: pd.DataFrame) -> Places:
        """Cell of each value (n, columns); MISSING is that of an unknown one."""
        return np.column_stack([self._cut_column(listings[name]) for name in self.columns])

    def _cut_column(self, column: pd.Series) -> Places:
        if column.name in self.names:
            names = self.names[str(column.name)]
            at = names.get_indexer(pd.Index(_fold(column)))
            cells = np.where(at < 0, len(names), at) + 1
        else:
            cells = np.digitize(column.to_numpy(dtype=float), self.edges[str(column.name)]) + 1
        return np.where(column.isna(), MISSING, cells)


def cut_reference(listings: pd.DataFrame) -> Reference:
    """The reference of clean listings; a column in which nothing is known is left out."""
    columns = tuple(name for name in FEATURES if listings[name].notna().any())
    steps = np.linspace(0, 1, CELLS_OF_NUMBERS + 1)[1:-1]
    reference = Reference(
        columns=columns,
        edges={
            name: np.unique(listings[name].quantile(steps))
            for name in columns
            if name not in TEXTUAL
        },
        names={
            name: _fold(listings[name]).value_counts().index[:CELLS_OF_NAMES]
            for name in columns
            if name in TEXTUAL
        },
        cells=np.empty((0, 0), dtype=np.intp),
    )
    return reference._replace(cells=reference.cut(listings))


def compare_columns(reference: Reference, batch: Places, rng: Generator) -> list[Check]:
    """One check a column, of a batch cut by the reference; the effect is its distance."""
    return [
        _compare_cells(name, reference.cells[:, at], batch[:, at], rng)
        for at, name in enumerate(reference.columns)
    ]


def compare_jointly(reference: Reference, batch: Places, rng: Generator) -> Check:
    """How well a classifier tells new cars from old ones that it has not seen.

    The effect is the area under its curve. Its scores, shuffled between old and new, would do as
    well or better with probability p: the test of Mann and Whitney.
    """
    size = min(len(batch), reference.rows, TOLD_APART)
    old, new = (rng.choice(cells, size, replace=False) for cells in (reference.cells, batch))
    cars, is_new = np.vstack([old, new]), np.repeat([0, 1], size)
    shuffled = rng.permutation(2 * size)
    classifier = HistGradientBoostingClassifier(
        max_iter=40, max_leaf_nodes=8, min_samples_leaf=20, random_state=0
    )
    with threadpool_limits(1):
        scores = cross_val_predict(
            classifier, cars[shuffled], is_new[shuffled], cv=3, method="predict_proba"
        )[:, 1]
    new_scores, old_scores = (scores[is_new[shuffled] == side] for side in (1, 0))
    return Check(
        kind=Kind.JOINT,
        effect=float(roc_auc_score(is_new[shuffled], scores)),
        limit=TELLING,
        p=float(stats.mannwhitneyu(new_scores, old_scores, alternative="greater").pvalue),
    )


def compare_share(kind: Kind, name: str, now: Share, before: Share) -> Check:
    """Whether a share grew, in points; exact, by Fisher."""
    table = np.array([[now.hits, now.rows - now.hits], [before.hits, before.rows - before.hits]])
    return Check(
        kind=kind,
        name=name,
        effect=100 * (now.hits / now.rows - before.hits / before.rows),
        limit=SHARE_POINTS,
        p=float(stats.fisher_exact(table, alternative="greater").pvalue),
    )


def measure_distance(one: Places, other: Places) -> Floats:
    """Jensen–Shannon distance of counts along the last axis, 0 (alike) to 1 (nothing shared)."""
    return np.asarray(jensenshannon(one.astype(float), other.astype(float), base=2, axis=-1))


def _compare_cells(name: str, old: Places, new: Places, rng: Generator) -> Check:
    cells = 1 + max(old.max(), new.max())
    before, after = (np.bincount(side, minlength=cells) for side in (old, new))
    distance = float(measure_distance(before, after))
    shares = before / before.sum()
    # Both sides are drawn: the reference itself is a sample.
    drawn = measure_distance(
        rng.multinomial(len(old), shares, DRAWS), rng.multinomial(len(new), shares, DRAWS)
    )
    return Check(
        kind=Kind.COLUMN,
        name=name,
        effect=distance,
        limit=max(DISTANCE, float(np.quantile(drawn, 0.999))),
        p=float((1 + np.sum(drawn >= distance)) / (1 + DRAWS)),
    )


def _fold(column: pd.Series) -> pd.Series:
    """Names in their spelling-proof form, missing ones left as they are."""
    return column.map(fold, na_action="ignore")
