"""From a raw file to all that the doors of the chosen market say of a car, as JSON.

Arguments: a file of adverts to learn from, a file of cars to price, and a car as JSON.
"""

import json
import sys
from pathlib import Path

import pandas as pd
from fastapi.testclient import TestClient
from streamlit.testing.v1 import AppTest

from carprice.api.app import build_app
from carprice.pipeline import steps
from carprice.serving.production import estimate_file
from carprice.settings import read_settings
from carprice.workspace import Workspace

PAGE = Path(__file__).parents[3] / "streamlit_app" / "app.py"
ESTIMATE = "/v1/estimate"

adverts, cars, told = sys.argv[1:]
car = json.loads(told)
work = Workspace(read_settings())
run_id = steps.check_data_quality(work, Path(adverts)).run_id
for step in (
    steps.train_model, steps.evaluate_model, steps.promote_to_staging,
    steps.validate_staging_model, steps.promote_to_production,
):  # fmt: skip
    step(work, run_id)

target = Path(cars).with_suffix(".priced.csv")
estimate_file(work, Path(cars), target)

with TestClient(build_app(), base_url="http://localhost") as client:
    client.get("/healthz").raise_for_status()
    described = client.get("/openapi.json").json()
    answer = client.post(ESTIMATE, json=car).json()

page = AppTest.from_file(PAGE, default_timeout=60)
for name, value in car.items():
    page.query_params[name] = value
page.run()

sys.path.insert(0, str(PAGE.parent))
views = {}
for view in ("file", "model", "market"):
    script = f"from language import choose_language\nfrom views import {view}\n"
    views[view] = AppTest.from_string(
        f"{script}choose_language()\n{view}.show()", default_timeout=60
    )
    views[view].run()

body = described["paths"][ESTIMATE]["post"]["requestBody"]["content"]["application/json"]
asked = body["schema"]["properties"]
said = {
    "file": pd.read_csv(target).to_dict("records"),
    "about": described["info"]["description"],
    "asked": {name: each["description"] for name, each in asked.items()},
    "answered": list(described["components"]["schemas"]["Estimate"]["properties"]),
    "answer": answer,
    "faults": [each.value for shown in (page, *views.values()) for each in shown.exception],
    "families": views["model"].radio(key="slice_family").options,
    "filters": [each.label for each in views["market"].multiselect],
    "title": page.title[0].value,
    "form": [each.label for each in (*page.selectbox, *page.number_input)],
    "price": page.metric[0].value,
    "cards": "".join(each.proto.body for each in page.get("html")),
}
sys.stdout.write(f"\n{json.dumps(said)}\n")
