"""A watched stack: what Prometheus says, what people are told, and pictures of the boards."""

import json
import re
import textwrap
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
import yaml
from stack import Stack

mpl.use("Agg")
from matplotlib import pyplot as plt

ASK = textwrap.dedent("""\
    import json, sys, urllib.parse, urllib.request
    def ask(path, **query):
        address = f"http://prometheus:9090/api/v1/{path}?{urllib.parse.urlencode(query)}"
        try:
            return json.load(urllib.request.urlopen(address, timeout=20))
        except urllib.error.HTTPError as error:
            return json.load(error)
    print(json.dumps([ask(path, **query) for path, query in json.load(sys.stdin)]))
    """)
HOOK = textwrap.dedent("""\
    import sys, ssl, threading
    from http.server import BaseHTTPRequestHandler, HTTPServer
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            print(self.path, body.decode(), flush=True)
            self.send_response(200)
            self.end_headers()
        def log_message(self, *_):
            pass
    secure = HTTPServer(("", 8443), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain("/pair/ended.pem")
    secure.socket = context.wrap_socket(secure.socket, server_side=True)
    threading.Thread(target=secure.serve_forever, daemon=True).start()
    HTTPServer(("", 8080), Handler).serve_forever()
    """)
FIRED = re.compile(r"^(\w+) : (?!c'est fini)", re.M)
OVER = re.compile(r"^(\w+) : c'est fini", re.M)
FASTER = {
    "prometheus.yml": [(r"_interval: 30s", "_interval: 5s")],
    "alerts.yml": [(r"for: \d+[mhd]", "for: 10s"), (r"heartbeat\[3m\]", "heartbeat[1m]")],
    "alertmanager.yml": [
        (r"group_wait: \w+", "group_wait: 1s"), (r"group_interval: 5m", "group_interval: 5s"),
    ],
}  # fmt: skip
"""What shortens the waits of a drill; what is waited for stays the same."""


class Hook:
    """A receiver of what is sent outside, in a container; it shows an ended certificate too."""

    def __init__(self, stack: Stack, pair: Path) -> None:
        self.stack = stack
        self.name = f"{stack.variables['COMPOSE_PROJECT_NAME']}-hook"
        self.pair = pair

    @contextmanager
    def running(self) -> Iterator["Hook"]:
        project = self.stack.variables["COMPOSE_PROJECT_NAME"]
        (page,) = self.stack.containers("streamlit")
        image = self.stack.inspect(page)["Config"]["Image"]
        # The image's own label would have it taken for a page of the stack.
        self.stack.run(
            "docker", "run", "--detach", f"--name={self.name}", f"--network={project}_outside",
            "--label=com.docker.compose.project=",
            f"--volume={self.pair}:/pair:ro", "--entrypoint=python", image, "-c", HOOK,
        )  # fmt: skip
        self.stack.run("docker", "network", "connect", f"{project}_frontend", self.name)
        try:
            yield self
        finally:
            self.stack.run("docker", "rm", "--force", self.name)

    def told(self) -> list[str]:
        """Texts that came, in their order."""
        lines = self.stack.run("docker", "logs", self.name).splitlines()
        return [
            json.loads(line.partition(" ")[2]).get("text", "")
            for line in lines
            if line.startswith("/hook ")
        ]

    def alerts(self, since: int, state: re.Pattern[str]) -> set[str]:
        """Names of the alerts that were told in a state, after so many texts."""
        return {name for text in self.told()[since:] for name in state.findall(text)}

    def heartbeats(self) -> int:
        return self.stack.run("docker", "logs", self.name).count("/alive ")


def ask_prometheus(
    stack: Stack, *questions: tuple[str, Mapping[str, object]]
) -> list[dict[str, Any]]:
    """Answers of Prometheus to questions: a path of its API, and the query."""
    command = ["docker", "compose", "exec", "-T", "api", "python", "-c", ASK]
    return json.loads(stack.run(*command, given=json.dumps(questions)))


def query(stack: Stack, *expressions: str) -> list[list[dict[str, Any]]]:
    """The series that each expression has now; none of them is refused."""
    answers = ask_prometheus(stack, *(("query", {"query": each}) for each in expressions))
    for expression, answer in zip(expressions, answers, strict=True):
        assert answer["status"] == "success", f"{expression}: {answer.get('error')}"
    return [each["data"]["result"] for each in answers]


def name_metrics(stack: Stack) -> set[str]:
    """All metrics that were scraped."""
    (answer,) = ask_prometheus(stack, ("label/__name__/values", {}))
    return {*answer["data"]}


def firing(stack: Stack) -> set[str]:
    (found,) = query(stack, 'ALERTS{alertstate="firing"}')
    return {each["metric"]["alertname"] for each in found}


def hasten(stack: Stack) -> None:
    """Shorten the waits of Prometheus and Alertmanager in this clone."""
    for name, changes in FASTER.items():
        path = stack.folder / "deploy" / "monitoring" / name
        text = path.read_text(encoding="utf-8")
        for found, instead in changes:
            text, count = re.subn(found, instead, text)
            assert count, f"{found} is not in {name}"
        path.write_text(text, encoding="utf-8")


def read_boards(stack: Stack) -> dict[str, Any]:
    path = stack.folder / "deploy" / "monitoring" / "boards.yml"
    boards: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return boards


def draw_board(stack: Stack, board: dict[str, Any], path: Path, minutes: int = 20) -> None:
    """A picture of a board by its own questions, of the last minutes."""
    pictures = [each for each in board["pictures"] if not each.get("number")]
    now = time.time()
    window = {"start": now - 60 * minutes, "end": now, "step": 15}
    asked = [
        (("query_range", {"query": line} | window))
        for each in pictures
        for line in each["lines"].values()
    ]
    answers = iter(ask_prometheus(stack, *asked))
    rows = (len(pictures) + 1) // 2
    figure, axes = plt.subplots(
        rows, 2, figsize=(13, 2.6 * rows), layout="constrained", squeeze=False
    )
    figure.suptitle(board["title"], fontweight="bold")
    for axis in axes.flat[len(pictures) :]:
        axis.remove()
    for axis, picture in zip(axes.flat, pictures, strict=False):
        axis.set_title(picture["title"], fontsize=10)
        for legend in picture["lines"]:
            for series in next(answers)["data"]["result"]:
                times, values = zip(*series["values"], strict=True)
                name = re.sub(r"{{(\w+)}}", lambda m, s=series: s["metric"].get(m[1], ""), legend)
                axis.plot([(each - now) / 60 for each in times], [*map(float, values)], label=name)
        axis.set_ylim(bottom=0)
        axis.set_xlim(-minutes, 0)
        axis.grid(alpha=0.3)
        if axis.lines:
            axis.legend(fontsize=7, loc="upper left")
    figure.supxlabel("minutes", fontsize=9)
    figure.savefig(path, dpi=80)
    plt.close(figure)


def wait_for_all(wanted: set[str], look: Callable[[], set[str]], seconds: float) -> None:
    """Until all of some names are seen; what is missing is named."""
    deadline = time.monotonic() + seconds
    while (missing := wanted - look()) and time.monotonic() < deadline:
        time.sleep(2)
    assert not missing
