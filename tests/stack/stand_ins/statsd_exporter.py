"""Stands in for statsd-exporter: what StatsD sends, with InfluxDB's tags, for Prometheus."""

import re
import socketserver

from prometheus_client import (
    CollectorRegistry,
    Gauge,
    Summary,
    disable_created_metrics,
    start_http_server,
)

# A counter keeps its name, without the ending that the library would give it.
KINDS = {"c": Gauge, "g": Gauge, "ms": Summary}
disable_created_metrics()
COLLECTED = CollectorRegistry()
known: dict[tuple[str, ...], object] = {}


def note(line: str) -> None:
    """Take one line such as `airflow.ti.finish,dag_id=d,state=success:1|c`."""
    told, value, kind = re.fullmatch(r"(.+?):([-+\d.e]+)\|(c|g|ms)(?:\|@.*)?", line).groups()
    name, *tags = told.split(",")
    labels = dict(each.split("=", 1) for each in tags)
    name = re.sub(r"\W", "_", name)
    key = (name, *sorted(labels))
    if key not in known:
        names = sorted(re.sub(r"\W", "_", each) for each in labels)
        known[key] = KINDS[kind](name, f"{name} of StatsD", names, registry=COLLECTED)
    metric = known[key]
    if labels:
        metric = metric.labels(*(labels[each] for each in sorted(labels)))
    if kind == "c":
        metric.inc(float(value))
    elif kind == "ms":
        metric.observe(float(value) / 1000)
    elif value[0] in "+-":
        metric.inc(float(value))
    else:
        metric.set(float(value))


class Handler(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        for line in self.request[0].decode().splitlines():
            try:
                note(line)
            except (AttributeError, ValueError) as error:
                print(f"{line!r} is not taken: {error}", flush=True)


start_http_server(9102, registry=COLLECTED)
with socketserver.UDPServer(("0.0.0.0", 9125), Handler) as server:
    server.serve_forever()
