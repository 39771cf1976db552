"""What API and page of the chosen market say of a car, as JSON; the car is an argument."""

import json
import sys
from pathlib import Path

from fastapi.testclient import TestClient
from streamlit.testing.v1 import AppTest

from carprice.api.app import build_app

PAGE = Path(__file__).parents[3] / "streamlit_app" / "app.py"
car = json.loads(sys.argv[1])
with TestClient(build_app()) as client:
    client.get("/healthz").raise_for_status()
    described = client.get("/openapi.json").json()
    answer = client.post("/v1/estimate", json=car).json()

page = AppTest.from_file(PAGE, default_timeout=60)
for name, value in car.items():
    page.query_params[name] = value
page.run()
schemas = described["components"]["schemas"]
body = described["paths"]["/v1/estimate"]["post"]["requestBody"]["content"]["application/json"]
sys.stdout.write(
    json.dumps(
        {
            "about": described["info"]["description"],
            "asked": {
                name: each["description"] for name, each in body["schema"]["properties"].items()
            },
            "answered": list(schemas["Estimate"]["properties"]),
            "answer": answer,
            "faults": [each.value for each in page.exception],
            "title": page.title[0].value,
            "form": [each.label for each in (*page.selectbox, *page.number_input)],
            "price": page.metric[0].value,
            "tables": [list(each.value.columns) for each in page.dataframe],
        }
    )
)
