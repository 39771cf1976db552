"""Price models of trees, by the words `boosting` and `forest`: to compare with, to start from."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.impute import SimpleImputer
from sklearn.model_selection import KFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import TargetEncoder

from carprice.pricing.calibrated import DIRECTIONS, CalibratedRegressor, ModelParams
from carprice.pricing.encoder import AT, COLUMNS, NAMES
from carprice.pricing.space import Range

NUMBERS = [name for name in COLUMNS if name not in NAMES]
ORDER = [DIRECTIONS.get(name, 0) for name in (*NAMES, *NUMBERS)]
"""Of each column that trees see: a price may only rise with it, only fall, or do as it likes."""


HELD = ("numpy.dtype", "sklearn.model_selection._split.KFold")


class BoostingParams(ModelParams):
    estimator: Literal["boosting"]
    learning_rate: Annotated[float, Field(gt=0, le=1), Range(0.02, 0.3, log=True)] = 0.06
    rounds: Annotated[int, Field(gt=0), Range(100, 800)] = 400
    leaves: Annotated[int, Field(gt=1), Range(8, 64)] = 24


class ForestParams(ModelParams):
    estimator: Literal["forest"]
    trees: Annotated[int, Field(gt=0)] = 100
    least_in_leaf: Annotated[int, Field(gt=0), Range(1, 20)] = 2


class BoostingRegressor(CalibratedRegressor):
    """Boosted trees, held in order in model year and kilometres.

    learning_rate, rounds, leaves: of the trees. coverage, seed: see ModelParams.
    """

    Params: ClassVar[type[ModelParams]] = BoostingParams
    HOLDS: ClassVar[tuple[str, ...]] = (
        *HELD,
        "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    )

    def __init__(
        self, learning_rate: float, rounds: int, leaves: int, coverage: float, seed: int
    ) -> None:
        super().__init__(coverage, seed)
        self.learning_rate = learning_rate
        self.rounds = rounds
        self.leaves = leaves

    def new_price(self) -> Pipeline:
        trees = HistGradientBoostingRegressor(
            learning_rate=self.learning_rate,
            max_iter=self.rounds,
            max_leaf_nodes=self.leaves,
            monotonic_cst=ORDER,
            random_state=self.seed,
        )
        return make_pipeline(fill_in(self.seed), trees)


class ForestRegressor(CalibratedRegressor):
    """A random forest, held in order in model year and kilometres.

    trees, least_in_leaf: of the forest. coverage, seed: see ModelParams.
    """

    Params = ForestParams
    HOLDS = (*HELD, "sklearn.tree._tree.Tree")

    def __init__(self, trees: int, least_in_leaf: int, coverage: float, seed: int) -> None:
        super().__init__(coverage, seed)
        self.trees = trees
        self.least_in_leaf = least_in_leaf

    def new_price(self) -> Pipeline:
        forest = RandomForestRegressor(
            n_estimators=self.trees,
            min_samples_leaf=self.least_in_leaf,
            max_features=0.4,
            monotonic_cst=ORDER,
            random_state=self.seed,
        )
        return make_pipeline(fill_in(self.seed), forest)


def fill_in(seed: int) -> Any:
    """What makes numbers of all: of names their usual log price, first; of blanks what is usual."""
    folds = KFold(shuffle=True, random_state=seed)
    return ColumnTransformer(
        [
            (
                "names",
                TargetEncoder(target_type="continuous", cv=folds),
                [AT[name] for name in NAMES],
            ),
            ("rest", SimpleImputer(keep_empty_features=True), [AT[name] for name in NUMBERS]),
        ]
    )
