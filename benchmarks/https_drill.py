"""HTTPS: certificates of a real ACME server, what testssl says, and 500 MB through MLflow.

make https-drill: some minutes. Ends with 1 when a certificate is not obtained or not renewed by
itself, when testssl finds something, or when MLflow or nginx holds an artifact in memory.
"""

import re
import socket
import ssl
import sys
import tempfile
import time
from pathlib import Path

import requests
import urllib3
from browsing import DOMAIN
from conftest import free_ports
from cryptography import x509
from stack import Stack, name_server, wait_until
from stack_speed import clone, lay_out, say

VALID_SECONDS = 150
ARTIFACT_BYTES, CHUNK = 500_000_000, 1_000_000
HELD_AT_MOST = 100_000_000
"""Of which most is what a first upload imports."""
FILES = "docker-compose-full.yml:benchmarks/acme.yml"
PEAK = "grep -h VmHWM /proc/[0-9]*/status"
LOOK = ("testssl", "--quiet", "--color", "0", "--warnings", "off", "-p", "-s", "-f", "-h", "-U")
BAD = re.compile(r".*(?:VULNERABLE|NOT ok|offered \(deprecated\)|CRITICAL|HIGH).*")


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        stack = clone(Path(folder) / "https", FILES)
        http, https = free_ports(2)
        stack.variables.update(
            CARPRICE_DOMAIN=DOMAIN, CARPRICE_CERTIFICATE="letsencrypt", HTTP_PORT=http,
            HTTPS_PORT=https, CARPRICE_ACME_SERVER="https://acme:14000/dir",
            VALID_SECONDS=str(VALID_SECONDS),
        )  # fmt: skip
        lay_out(stack)
        try:
            stack.compose("build", "--quiet", "acme", "certificates", "mlflow")
            with name_server(DOMAIN):
                troubles = [*renew(stack), *look(stack), *send(stack)]
        finally:
            stack.compose("down", "--volumes", check=False)
    for trouble in troubles:
        say(f"MISSED: {trouble}")
    return int(bool(troubles))


def read_shown(stack: Stack) -> x509.Certificate:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection((DOMAIN, int(stack.variables["HTTPS_PORT"])), 10) as plain,
        context.wrap_socket(plain, server_hostname=DOMAIN) as shown,
    ):
        return x509.load_der_x509_certificate(shown.getpeercert(binary_form=True) or b"")


def renew(stack: Stack) -> list[str]:
    """The first certificate, another one before it ends, and what is said while there is none."""
    began = time.monotonic()
    stack.compose("up", "--detach", "--no-deps", "doors", "acme", "certificates")

    def given(*besides: int) -> x509.Certificate | None:
        try:
            shown = read_shown(stack)
        except OSError:
            return None
        by_pebble = "Pebble" in shown.issuer.rfc4514_string()
        return shown if by_pebble and shown.serial_number not in besides else None

    first = wait_until("a first certificate", given, 300)
    say(f"first certificate after {time.monotonic() - began:.0f} s, until then a stopgap")
    second = wait_until("it is renewed", lambda: given(first.serial_number), VALID_SECONDS + 60)
    left = first.not_valid_after_utc - second.not_valid_before_utc
    say(f"renewed by itself, {left.total_seconds():.0f} s before it would have ended")
    return [] if left.total_seconds() > 0 else ["it was renewed after it had ended"]


def look(stack: Stack) -> list[str]:
    told = stack.compose("exec", "-T", "acme", *LOOK, f"{DOMAIN}:8443", check=False)
    found = [line.strip() for line in told.splitlines() if BAD.match(line)]
    say(f"testssl: {len(told.splitlines())} lines, {len(found)} findings")
    return found


def measure(stack: Stack, service: str) -> int:
    """Most memory that any process of a service has held, in bytes."""
    told = stack.compose("exec", "-T", service, "sh", "-c", PEAK)
    return 1024 * max(int(each) for each in re.findall(r"VmHWM:\s+(\d+)", told))


def send(stack: Stack) -> list[str]:
    """An artifact through nginx to MLflow and back, and what they held of it."""
    # Each renewal breaks off what is under way: here every minute, elsewhere every two months.
    stack.compose("stop", "certificates")
    stack.compose("up", "--detach", "--wait", "mlflow")
    files = f"https://{DOMAIN}:{stack.variables['HTTPS_PORT']}/mlflow/api/2.0/mlflow-artifacts"
    address = f"{files}/artifacts/drill/big.bin"
    before = {service: measure(stack, service) for service in ("mlflow", "doors")}
    chunks = (bytes(CHUNK) for _ in range(ARTIFACT_BYTES // CHUNK))
    urllib3.disable_warnings()
    with requests.Session() as session:
        session.trust_env, session.verify = False, False  # of an authority that lasts minutes
        session.put(address, data=chunks, timeout=600).raise_for_status()
        with session.get(address, stream=True, timeout=600) as answer:
            got = sum(map(len, answer.iter_content(CHUNK)))
    troubles = [] if got == ARTIFACT_BYTES else [f"{got} bytes came back of {ARTIFACT_BYTES}"]
    for service, peak in before.items():
        after = measure(stack, service)
        say(f"{service}: peak {peak >> 20} MiB, with 500 MB up and down {after >> 20} MiB")
        if after - peak > HELD_AT_MOST:
            troubles.append(f"{service} took {(after - peak) >> 20} MiB")
    return troubles


if __name__ == "__main__":
    sys.exit(main())
