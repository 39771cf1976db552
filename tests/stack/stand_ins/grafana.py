"""Stands in for Grafana: it answers its health check and its figures, and draws nothing."""

from http.server import BaseHTTPRequestHandler, HTTPServer

ANSWERS = {"/api/health": b"ok", "/metrics": b"grafana_build_info 1\n"}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        answer = ANSWERS.get(self.path.removeprefix("/grafana"))
        self.send_response(200 if answer else 404)
        self.send_header("Content-Type", "text/plain")
        self.end_headers()
        self.wfile.write(answer or b"")


HTTPServer(("0.0.0.0", 3000), Handler).serve_forever()
