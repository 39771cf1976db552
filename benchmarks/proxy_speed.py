"""Requests per second with nginx and HTTPS before page and API, and without.

proxy_speed.py [FOLDER OF A STACK THAT RUNS WITH A DOMAIN]

Asked from the container of the page, by turns in one run: the ratios count. What is asked is the
least there is, so that the proxy's own work weighs the most. Browsers keep their connection to
nginx, which makes one for each request, and so does who asks without it here: on one that is kept,
uvicorn's answers wait 40 ms for an acknowledgement (4 times slower, measured here).
"""

import json
import subprocess
import sys
from pathlib import Path

ASK = """
import http.client, json, os, socket, ssl, sys, time
from concurrent.futures import ThreadPoolExecutor

CLIENTS, SECONDS, ROUNDS = 4, 3, 3
host = os.environ["CARPRICE_MLFLOW_PAGE"].split("/")[2].partition(":")[0]

def connect(server, port):
    if port != 8443:
        return http.client.HTTPConnection(server, port)
    trust = ssl._create_unverified_context()
    connection = http.client.HTTPSConnection(host, port, context=trust)
    connection._create_connection = lambda _, *rest: socket.create_connection((server, port), *rest)
    return connection

def ask(server, port, path):
    connection, asked, end = connect(server, port), 0, time.monotonic() + SECONDS
    while time.monotonic() < end:
        if port != 8443:
            connection.close()
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200, (server, path, answer.status)
        asked += 1
    return asked

ways = {
    "API": (("api", 8000, "/livez"), ("doors", 8443, "/api/livez")),
    "page": (("streamlit", 8501, "/_stcore/health"), ("doors", 8443, "/_stcore/health")),
}
rates = {name: [0, 0] for name in ways}
with ThreadPoolExecutor(CLIENTS) as clients:
    for _ in range(ROUNDS):
        for name, both in ways.items():
            for at, way in enumerate(both):
                asked = sum(clients.map(lambda _: ask(*way), range(CLIENTS)))
                rates[name][at] += asked / SECONDS / ROUNDS
print(json.dumps(rates))
"""


def main(folder: str = ".") -> int:
    asked = subprocess.run(
        ["docker", "compose", "exec", "-T", "streamlit", "python", "-"],  # noqa: S607
        cwd=Path(folder), input=ASK, capture_output=True, text=True, check=True,
    )  # fmt: skip
    print("| requests per second | without | nginx and HTTPS | ratio |\n|---|---|---|---|")
    for name, (without, through) in json.loads(asked.stdout).items():
        print(f"| {name} | {without:.0f} | {through:.0f} | {through / without:.2f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
