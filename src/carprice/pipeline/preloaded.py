"""Slow imports, made once by a worker before it forks its tasks."""

import warnings
from importlib import import_module

SLOW = ("carprice.pipeline.steps", "matplotlib.backends.backend_agg", "skops.io")

# skops looks each function of SciPy up in all modules that are loaded, and Airflow's warn of every
# name that they do not have: a thousand lines, in the log of each task that opens a model.
with warnings.catch_warnings(action="ignore"):
    for name in SLOW:
        import_module(name)
