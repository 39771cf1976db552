"""Single sign-on by a real OpenID provider: people with a browser, programs with a key.

make openid-drill: two minutes once the images are made. The provider is oidc-provider of npm, on
this machine, with a certificate of an authority that only the stack is told of, as a company's own
would be. Ends with 1 at the first thing that is not as it should be; containers that others start
meanwhile are such a thing, as Chromium breaks off what is under way (ERR_NETWORK_CHANGED).
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import requests
from browsing import DOMAIN, open_browser, visit
from certificates import dump_certificate, issue, make_authority
from conftest import free_ports
from playwright.sync_api import Browser, Page, expect
from stack import Stack, name_server, wait_until
from stack_speed import clone, lay_out, say

HOST = "login.test"
FILES = "docker-compose-full.yml:benchmarks/openid.yml"
SERVICES = ("doors", "certificates", "sign-in", "api", "streamlit")
AMINA, MEMBER = "amina@cars.test", "member@elsewhere.test"
REFUSED = ("stranger@elsewhere.test", "unverified@cars.test", "amina@cars.test.elsewhere.test")
SEARCH = "/mlflow/api/2.0/mlflow/experiments/search?max_results=1"
SECRET = "$ecret of the 'drill'"  # noqa: S105 (of a provider that lives for minutes)
UNKNOWN_AUTHORITY = {"ignore_https_errors": True}
"""To the browser, of stack and provider."""


def main() -> int:
    with tempfile.TemporaryDirectory() as folder, name_server(DOMAIN, HOST):
        drill = prepare(Path(folder))
        try:
            drill.stack.compose("up", "--detach", "--build", "--wait", *SERVICES)
            with open_browser() as browser:
                drill.go_through(browser)
        finally:
            drill.stack.compose("down", "--volumes", check=False)
    return 0


def prepare(folder: Path) -> "Drill":
    """A stack that may be started, and a provider, each told of the other."""
    stack = clone(folder / "openid", FILES)
    http, https, login = free_ports(3)
    stack.variables.update(
        CARPRICE_DOMAIN=DOMAIN, HTTP_PORT=http, HTTPS_PORT=https, CARPRICE_SIGN_IN="openid",
        OPENID_ISSUER=f"https://{HOST}:{login}", OPENID_CLIENT_ID="carprice",
        OPENID_CLIENT_SECRET=SECRET, OPENID_MAIL_DOMAINS="other.test,cars.test",
        OPENID_CLAIM="groups:carprice", OPENID_HOST=HOST,
    )  # fmt: skip
    lay_out(stack)
    authority = make_authority(HOST)
    trusted = stack.folder / ".secrets" / "sign-in" / "authority.pem"
    trusted.write_bytes(dump_certificate(authority.chain[0]))
    drill = Drill(stack, folder / "provider", trusted)
    shutil.copytree(Path(__file__).with_name("openid"), drill.provider)
    subprocess.run(["npm", "ci", "--silent"], cwd=drill.provider, check=True)  # noqa: S607
    (drill.provider / "host.pem").write_bytes(issue(HOST, authority, timedelta(days=1)).dump())
    client = {
        "client_id": stack.variables["OPENID_CLIENT_ID"], "client_secret": SECRET,
        "redirect_uris": [f"{drill.address}/sign-in/callback"],
        "post_logout_redirect_uris": [f"{drill.address}/sign-in/bye"],
    }  # fmt: skip
    settings = {"issuer": drill.issuer, "client": client}
    (drill.provider / "settings.json").write_text(json.dumps(settings))
    return drill


@dataclass(frozen=True)
class Drill:
    stack: Stack
    provider: Path
    trusted: Path
    """Who vouches for the provider."""

    @property
    def address(self) -> str:
        return f"https://{DOMAIN}:{self.stack.variables['HTTPS_PORT']}"

    @property
    def issuer(self) -> str:
        return self.stack.variables["OPENID_ISSUER"]

    @contextmanager
    def provided(self) -> Iterator[None]:
        """The provider answers; afterwards it is away."""
        quiet = subprocess.DEVNULL
        command = ["node", "provider.js"]
        with subprocess.Popen(command, cwd=self.provider, stdout=quiet, stderr=quiet) as process:
            try:
                known = f"{self.issuer}/.well-known/openid-configuration"
                wait_until("the provider answers", lambda: self.ask(known, self.trusted).ok, 30)
                yield
            finally:
                process.terminate()

    def ask(self, address: str, trusted: Path | None = None, **headers: str) -> requests.Response:
        """What a program is answered, without going where it is led to."""
        with requests.Session() as session:
            session.trust_env = False
            trusted = trusted or self.stack.folder / "certificates" / "authority.pem"
            return session.get(
                address, headers=headers, timeout=60, verify=str(trusted), allow_redirects=False
            )

    def expect_status(self, status: int, place: str, **headers: str) -> None:
        answer = self.ask(self.address + place, **headers)
        if answer.status_code != status:
            told = f"{answer.status_code}, not {status}: {answer.text[:500]}"
            raise AssertionError(f"{place}, asked with {', '.join(headers) or 'nothing'}: {told}")

    def go_through(self, browser: Browser) -> None:
        with visit(browser, "about:blank", **UNKNOWN_AUTHORITY) as page:
            with self.provided():
                self.sign_in(page, AMINA)
                made = self.stack.run("./docker-users-full.sh", "key", "nightly")
                key = re.findall(r"Bearer \S+", made)[0]
                self.use_all(page, key)
                say(f"{AMINA} signed in once, for page and MLflow; a key is let in, nobody else")
                self.refuse(browser)
                self.take_member(browser)
                self.give_up(browser)
                self.sign_out(browser)
            self.outlast(page, key)

    def reach(self, page: Page, name: str) -> None:
        """Back on the page that was asked for, whatever it shows, by way of the provider."""
        wanted = f"{self.address}/modele?lang=fr"
        page.goto(wanted)
        expect(page).to_have_url(re.compile(f"^{self.issuer}/"))
        page.get_by_placeholder("Enter any login").fill(name)
        page.get_by_placeholder("and password").fill("any")
        page.get_by_role("button", name="Sign-in").click()
        page.get_by_role("button", name="Continue").click()
        expect(page).to_have_url(wanted)

    def sign_in(self, page: Page, name: str) -> None:
        self.reach(page, name)
        expect(page.get_by_text(f"Connecté : {name}")).to_be_visible()

    def use_all(self, page: Page, key: str) -> None:
        """People use page and MLflow, programs API and MLflow by a key, and others nothing."""
        page.goto(self.address)
        expect(page.get_by_text(f"Connecté : {AMINA}")).to_be_visible()
        page.goto(f"{self.address}/mlflow/")
        expect(page.get_by_text("Experiments").first).to_be_visible()
        for place in ("/api/livez", SEARCH):
            self.expect_status(200, place, Authorization=key)
            self.expect_status(401, place)

    def refuse(self, browser: Browser) -> None:
        for name in REFUSED:
            with visit(browser, "about:blank", **UNKNOWN_AUTHORITY) as page:
                self.reach(page, name)
                expect(page.get_by_text("votre compte n’ouvre rien ici")).to_be_visible()
                for place in ("/", "/api/livez", SEARCH):
                    self.expect_status(403, place, Cookie=read_session(page))
                page.get_by_role("link", name="Se connecter sous un autre nom").click()
                page.get_by_role("button", name="Yes").click()
                expect(page.get_by_text("Vous êtes déconnecté")).to_be_visible()
                self.sign_in(page, AMINA)
        say(f"refused, with a way to sign in under another name: {', '.join(REFUSED)}")

    def take_member(self, browser: Browser) -> None:
        with visit(browser, "about:blank", **UNKNOWN_AUTHORITY) as page:
            self.sign_in(page, MEMBER)
        say(f"let in by OPENID_CLAIM: {MEMBER}")

    def give_up(self, browser: Browser) -> None:
        with visit(browser, self.address, **UNKNOWN_AUTHORITY) as page:
            page.get_by_role("link", name="Cancel").click()
            expect(page.get_by_text("has signed nobody in")).to_be_visible()
        say("told: who gave up at the provider")

    def sign_out(self, browser: Browser) -> None:
        """Here and at the provider, which asks for a password again."""
        with visit(browser, "about:blank", **UNKNOWN_AUTHORITY) as page:
            self.sign_in(page, AMINA)
            session = read_session(page)
            with page.context.expect_page() as opened:
                page.get_by_role("link", name="Se déconnecter").click()
            opened.value.get_by_role("button", name="Yes").click()
            expect(opened.value.get_by_text("Vous êtes déconnecté")).to_be_visible()
            page.goto(self.address)
            expect(page.get_by_placeholder("and password")).to_be_visible()

        def is_over() -> bool:
            return self.ask(self.address, Cookie=session).status_code == 401

        wait_until("a copy of the cookie is worth nothing", is_over, 60)
        say("signed out, here and at the provider; a copy of the cookie opens nothing")

    def outlast(self, page: Page, key: str) -> None:
        """The provider is away: who is signed in stays, others are told, and one may sign out."""

        def is_told() -> bool:
            answer = self.ask(self.address, Accept="text/html")
            return answer.status_code == 503 and "provider does not answer" in answer.text

        wait_until("others are told", is_told, 120)
        self.use_all(page, key)
        page.goto(f"{self.address}/sign-in/out")
        expect(page.get_by_text("Vous êtes déconnecté")).to_be_visible()
        page.goto(self.address)
        expect(page.get_by_text("provider does not answer")).to_be_visible()
        say("provider away: who was signed in stayed so, keys went on, others were told")


def read_session(page: Page) -> str:
    """The cookie, which neither scripts nor other sites can use."""
    wanted = {"name": "carprice_session", "secure": True, "httpOnly": True, "sameSite": "Lax"}
    (found,) = (each for each in page.context.cookies() if wanted.items() <= each.items())
    return f"carprice_session={found['value']}"


if __name__ == "__main__":
    sys.exit(main())
