"""Ask the page for cars as a browser does, and print what it answered.

ask_page.py HOST:PORT, in the page's own container, where Streamlit's messages are. The cars are
those of an earlier answer on standard input, else the golden cars of params.yaml. Prints an object
of JSON: the address that asks for a car, and the figures that the page showed for it.
"""

import json
import sys
from pathlib import Path
from urllib.parse import urlencode

import yaml
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

PARAMS = Path("/opt/carprice/params.yaml")
SECONDS = 60


def main(door: str) -> None:
    told = sys.stdin.read()
    queries = list(json.loads(told)) if told else golden_cars()
    answers = {query: ask(door, query) for query in queries}
    sys.stdout.write(json.dumps(answers) + "\n")


def golden_cars() -> list[str]:
    params = yaml.safe_load(PARAMS.read_text(encoding="utf-8"))
    return [urlencode(each["car"]) for each in params["validation"]["golden_cars"]]


def ask(door: str, query: str) -> list[str]:
    """The figures on the page that an address opens; none where it has no model to answer with."""
    question = BackMsg()
    question.rerun_script.query_string = query
    figures = []
    place = f"ws://{door}/_stcore/stream"
    with connect(place, subprotocols=["streamlit"], max_size=None, open_timeout=SECONDS) as page:
        page.send(question.SerializeToString())
        while True:
            message = ForwardMsg()
            message.ParseFromString(page.recv(timeout=SECONDS))
            kind = message.WhichOneof("type")
            if kind == "script_finished":
                return figures
            if kind == "delta" and message.delta.new_element.WhichOneof("type") == "metric":
                figures.append(message.delta.new_element.metric.body)


if __name__ == "__main__":
    main(sys.argv[1])
