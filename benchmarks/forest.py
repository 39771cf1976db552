"""The model of the tutorials, to hold ours against: a random forest on label-encoded columns."""

from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestRegressor
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OrdinalEncoder

from carprice.market.listing import FEATURES, TEXTUAL


def build_forest() -> Pipeline:
    """Unfitted: fit(clean listings, prices in DH), predict -> prices in DH. Missing is -1."""
    codes = OrdinalEncoder(
        handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-1
    )
    numbers = SimpleImputer(strategy="constant", fill_value=-1, keep_empty_features=True)
    return make_pipeline(
        make_column_transformer(
            (codes, [name for name in FEATURES if name in TEXTUAL]),
            (numbers, [name for name in FEATURES if name not in TEXTUAL]),
        ),
        RandomForestRegressor(n_estimators=100, max_depth=20, n_jobs=2, random_state=0),
    )
