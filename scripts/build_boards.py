"""Write the boards of boards.yml as Grafana reads them: `make monitoring-files`."""

import json
from pathlib import Path

import yaml
from grafana_foundation_sdk.builders.common import VizLegendOptions
from grafana_foundation_sdk.builders.dashboard import Dashboard
from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.builders.stat import Panel as Number
from grafana_foundation_sdk.builders.timeseries import Panel as Curve
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import LegendDisplayMode, LegendPlacement
from grafana_foundation_sdk.models.dashboard import DataSourceRef

from carprice.files import replacing
from carprice.frozen import Frozen

WATCH = Path(__file__).parents[1] / "deploy" / "monitoring"
SOURCE = DataSourceRef(type_val="prometheus", uid="prometheus")
HEIGHT, NUMBER_WIDTH, CURVE_WIDTH = 7, 6, 12
"""Of a grid of 24 columns."""


class Picture(Frozen):
    """One picture of a board; a number, where it tells how something stands now."""

    title: str
    unit: str
    lines: dict[str, str]
    number: bool = False


class Board(Frozen):
    title: str
    pictures: list[Picture]


def read_boards() -> dict[str, Board]:
    """All boards by their names."""
    told = yaml.safe_load((WATCH / "boards.yml").read_text(encoding="utf-8"))
    return {name: Board.model_validate(board) for name, board in told.items()}


def build(name: str, board: Board) -> str:
    """A board as Grafana reads it."""
    made = (
        Dashboard(board.title)
        .uid(f"carprice-{name}")
        .tags(["carprice"])
        .readonly()
        .refresh("30s")
        .time("now-6h", "now")
        .timezone("browser")
    )
    for picture in board.pictures:
        made = made.with_panel(draw(picture))
    return json.dumps(made.build(), cls=JSONEncoder, indent=2, sort_keys=True) + "\n"


def draw(picture: Picture) -> Number | Curve:
    panel: Number | Curve = (
        Number() if picture.number else Curve().fill_opacity(10).span_nulls(True)
    )
    if isinstance(panel, Curve):
        below = VizLegendOptions().display_mode(LegendDisplayMode.LIST).show_legend(True)
        panel = panel.legend(below.placement(LegendPlacement.BOTTOM))
    panel = panel.title(picture.title).unit(picture.unit).datasource(SOURCE).height(HEIGHT)
    panel = panel.span(NUMBER_WIDTH if picture.number else CURVE_WIDTH)
    for at, (legend, expression) in enumerate(picture.lines.items()):
        asked = Dataquery().ref_id(chr(ord("A") + at)).expr(expression).legend_format(legend)
        panel = panel.with_target(asked.datasource(SOURCE))
    return panel


def main() -> None:
    for name, board in read_boards().items():
        with replacing(WATCH / "boards" / f"{name}.json") as file:
            file.write(build(name, board).encode())


if __name__ == "__main__":
    main()
