"""A page of the predictor, run without a browser on a state that the test decides."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pyarrow as pa
from streamlit.testing.v1 import AppTest

from carprice.registry.history import Chapter, History
from carprice.registry.records import Version
from carprice.serving.live_model import State
from carprice.settings import Settings
from carprice.workspace import Workspace


@dataclass
class LiveModel:
    """Stands in for the live model: a state, and a workspace that reaches nothing."""

    state: State
    work: Workspace = field(default_factory=lambda: Workspace(Settings()))


def tell_of(*versions: Version) -> History:
    """What a registry told of versions, the newest first."""
    return History([*map(Chapter.of, versions)], datetime(2026, 11, 24, 9, tzinfo=UTC))


def run_page(name: str, **session: object) -> AppTest:
    page = AppTest.from_string(f"from views import {name}\n{name}.show()", default_timeout=60)
    for key, value in session.items():
        page.session_state[key] = value
    return page.run()


def everything(page: AppTest) -> str:
    """All sentences of a page."""
    kinds = ("title", "header", "subheader", "markdown", "caption", "info", "warning", "error",
             "code")  # fmt: skip
    return "\n".join(str(each.value) for kind in kinds for each in page.get(kind))


@dataclass
class Picture:
    """A chart as it is sent to the browser."""

    alt: str
    spec: dict[str, Any]
    rows: pd.DataFrame
    """The largest of its tables."""


def pictures(page: AppTest) -> list[Picture]:
    return [_read_picture(each.proto) for each in page.get("vega_lite_chart")]


def _read_picture(proto: Any) -> Picture:
    tables = [pa.ipc.open_stream(each.data.data).read_all().to_pandas() for each in proto.datasets]
    return Picture(proto.alt, json.loads(proto.spec), max(tables, key=len))
