"""Visitors with a real browser: Debian's Chromium, else Playwright's own."""

import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

PATIENCE = 60_000
"""Milliseconds that a page may take: the machine may be busy with the whole stack."""
DESK = {"width": 1500, "height": 1000}
DOMAIN = "carprice.test"
"""Of this machine, to the browser, as are all names of .test."""
QUIET = [
    "--host-resolver-rules=MAP *.test 127.0.0.1",
    "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run",
]  # fmt: skip

LOGAN = {
    "Marque": "Dacia",
    "Modèle": "Logan",
    "Année-Modèle": "2018",
    "Kilométrage": "120000",
    "Type de carburant": "Diesel",
    "Boîte de vitesses": "Manuelle",
}
UNFOLDED = """() => {
    const folds = [...document.querySelectorAll("details")];
    return folds.every(each => each.getAnimations().every(one => one.playState === "finished"));
}"""
PRICE = re.compile(r"^[\d\u202f]+\u00a0DH$")


@contextmanager
def open_browser() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE)
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=shutil.which("chromium"), args=QUIET) as browser,
    ):
        yield browser


@contextmanager
def visit(browser: Browser, address: str, **screen: Any) -> Iterator[Page]:
    """A page as somebody opens it who has not been here before; the options are a context's."""
    with browser.new_context(**{"viewport": DESK, "locale": "fr-FR"} | screen) as context:
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(address)
        yield page


def wait_until_still(page: Page) -> None:
    """Until all is drawn: nothing is at work and the height does not change any more."""
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)
    heights = [0, 1]
    deadline = time.monotonic() + 30
    while heights[-1] != heights[-2] and time.monotonic() < deadline:
        page.wait_for_timeout(700)
        heights.append(page.get_by_test_id("stMain").evaluate("e => e.scrollHeight"))


def estimate_logan(page: Page) -> list[str]:
    """Fill the predictor's form, press its button; the price and its interval."""
    for label, answer in LOGAN.items():
        _fill_in(page, label, answer)
    page.get_by_role("button", name="Prédire").click()
    price = page.get_by_test_id("stMetricValue")
    interval = page.get_by_text("voitures sur 10 comme celle-ci").first
    # The answer follows each change, and the address comes after it; before, it held words.
    expect(page).to_have_url(re.compile("gearbox=(manual|Manuelle)"))
    expect(price).to_have_text(PRICE)
    expect(interval).to_be_visible()
    return [price.inner_text(), interval.inner_text()]


def _fill_in(page: Page, label: str, answer: str) -> None:
    box = page.get_by_label(re.compile(f"^{label}")).first
    expect(box).to_be_visible()  # number fields come after the others, with code of their own
    if box.get_attribute("role") == "combobox":
        choose(box, answer)
    else:
        box.fill(answer)
        box.press("Tab")  # Enter would send the form


def unfold(page: Page, title: str) -> None:
    """Open what is folded, all of it: while it still unfolds, it shuts the lists inside."""
    page.get_by_text(title).click()
    page.wait_for_function(UNFOLDED)


def choose(box: Locator, answer: str) -> None:
    """Take what the list of a field offers; before it is there, Enter would take nothing."""
    box.fill(answer)
    expect(box.page.get_by_role("option", name=answer).first).to_be_visible()
    box.press("Enter")
