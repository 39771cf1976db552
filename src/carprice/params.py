"""Params of params.yaml: the decisions of a data scientist."""

from pathlib import Path

import yaml
from pydantic import ValidationError

from carprice.errors import ConfigurationError
from carprice.evaluation.behaviour import ValidationRules
from carprice.evaluation.checks import MonitoringPolicy
from carprice.evaluation.judging import GatePolicy
from carprice.frozen import Frozen
from carprice.listings.quality_rules import QualityRules
from carprice.pricing.estimators import ModelSection
from carprice.pricing.split import SplitParams
from carprice.settings import explain

PARAMS_FILE = "params.yaml"


class Params(Frozen, extra="forbid"):
    """Every section of params.yaml; only `monitoring`, which earlier releases lack, is optional."""

    split: SplitParams
    model: ModelSection
    quality: QualityRules
    gate: GatePolicy
    validation: ValidationRules
    monitoring: MonitoringPolicy = MonitoringPolicy()


def read_params(home: Path) -> Params:
    """The params of a project's folder; see `read_params_file`."""
    return read_params_file(home / PARAMS_FILE)


def read_params_file(path: Path) -> Params:
    """The params; raises ConfigurationError naming every wrong or missing entry."""
    try:
        return Params.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ConfigurationError(
            f"cannot read {path}: {error.strerror}. Run from the project's folder, "
            "or name it in CARPRICE_HOME."
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} is not valid YAML: {error}") from error
    except ValidationError as error:
        raise ConfigurationError(explain(error, str(path))) from error
