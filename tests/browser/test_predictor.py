"""What people see and do on the page."""

import re
import time
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from browsing import PRICE, estimate_logan, visit
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from tests.browser.conftest import Servers

from carprice.registry import PRODUCTION

LOGAN = {
    "make": "Dacia", "model": "Logan", "model_year": "2018", "mileage_km": "120000",
    "fuel": "Diesel", "gearbox": "Manuelle",
}  # fmt: skip
PAGES = {"": "Le prix", "fichier": "fichier", "modele": "modèle", "marche": "marché"}
PICKED_UP_MS = 15_000
MOST_TABS = 30
COLOURS = 128
SCREENS: dict[str, dict[str, Any]] = {
    f"{scheme}-{size}": {"color_scheme": scheme, "viewport": {"width": width, "height": 900}}
    for scheme in ("light", "dark")
    for size, width in (("wide", 1440), ("narrow", 390))
}


def price(page: Page) -> str:
    shown = page.get_by_test_id("stMetricValue")
    expect(shown).to_have_text(PRICE)
    return shown.inner_text()


def test_a_filled_form_gives_a_price_and_its_interval(page: Page) -> None:
    estimated, interval = estimate_logan(page)
    assert PRICE.match(estimated)
    assert re.search(r"se vendent entre \d", interval)


def test_the_address_holds_the_car_and_its_link_gives_the_same_price(
    servers: Servers, browser: Browser, page: Page
) -> None:
    first, _ = estimate_logan(page)
    address = page.url
    held = parse_qs(urlsplit(address).query)
    assert held == {name: [value] for name, value in LOGAN.items()}
    with visit(browser, address) as another:
        assert price(another) == first


def test_the_form_can_be_filled_and_sent_by_keyboard_alone(page: Page) -> None:
    expect(page.get_by_role("button", name="Prédire")).to_be_visible()
    answers = {"Marque": "make", "Modèle": "model", "Année-Modèle": "model_year"}
    for label, name in answers.items():
        _tab_to(page, label)
        page.keyboard.type(LOGAN[name])
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile(rf"\b{name}={LOGAN[name]}\b"))
    _tab_to(page, "Kilométrage (km)")
    page.keyboard.type(LOGAN["mileage_km"])
    _tab_to(page, "Prédire")
    page.keyboard.press("Enter")
    assert price(page)


def _tab_to(page: Page, name: str) -> None:
    """Press Tab until the focus is on what has this name: its label, or the text on it."""
    look = "() => document.activeElement.ariaLabel || document.activeElement.innerText.trim()"
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if page.evaluate(look) == name:
            return
    raise AssertionError(f"{name} is not reached by Tab")


def test_every_field_and_picture_has_a_name_for_a_screen_reader(
    servers: Servers, browser: Browser
) -> None:
    with visit(browser, f"{servers.page}/?{urlencode(LOGAN)}") as page:
        price(page)
        expect(page.get_by_text("Annonces comparables")).to_be_visible()
        fields = page.locator("input:visible, [role=combobox]:visible")
        assert fields.count() > 5
        for at in range(fields.count()):
            field = fields.nth(at)
            named = field.evaluate("e => !!(e.ariaLabel || e.labels?.length || e.ariaLabelledBy)")
            assert named or field.get_attribute("aria-labelledby"), field.evaluate(
                "e => e.outerHTML"
            )
        picture = page.get_by_label(re.compile("Fourchette de .* annonces comparables"))
        expect(picture.first).to_be_visible()


def test_a_file_comes_back_with_its_prices(servers: Servers, browser: Browser) -> None:
    cars = (
        "Marque;Modèle;Année-Modèle;Kilométrage;Type de carburant;Boite de vitesses\n"
        "Dacia;Logan;2018;120 000;Diesel;Manuelle\nZyx;;2015;90 000;Essence;Manuelle\n"
    )
    with visit(browser, f"{servers.page}/fichier") as page:
        page.locator("input[type=file]").set_input_files(
            {"name": "annonces.csv", "mimeType": "text/csv", "buffer": cars.encode()}
        )
        button = page.get_by_role("button", name="Télécharger le fichier complété")
        with page.expect_download() as handed_back:
            button.click()
        lines = handed_back.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert lines[0].endswith("prix_estime;prix_bas;prix_haut;remarque")
    assert re.match(r"Dacia;Logan;2018;120 000;Diesel;Manuelle;\d+;\d+;\d+;", lines[1])
    assert "marque jamais vue" in lines[2]


def test_an_open_page_takes_up_a_promotion_by_itself(servers: Servers, page: Page) -> None:
    expect(page.get_by_text("Modèle en production : version 1")).to_be_visible()
    servers.registry.set_alias(PRODUCTION, 2)
    try:
        expect(page.get_by_text("Modèle en production : version 2")).to_be_visible(
            timeout=PICKED_UP_MS
        )
        assert estimate_logan(page)
    finally:
        servers.registry.set_alias(PRODUCTION, 1)


def test_the_last_good_model_goes_on_while_mlflow_is_away(
    servers: Servers, browser: Browser, page: Page
) -> None:
    estimate_logan(page)
    servers.stop("mlflow")
    note = page.get_by_text("le dernier bon modèle continue de répondre")
    try:
        expect(note).to_be_visible()
        with visit(browser, f"{servers.page}/?{urlencode(LOGAN)}") as another:
            assert price(another)
    finally:
        servers.start_mlflow()
    expect(note).to_have_count(0)


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("path", PAGES)
def test_every_page_fits_the_screen(
    servers: Servers, browser: Browser, pictures: Path, path: str, screen: str
) -> None:
    car = f"?{urlencode(LOGAN)}&asked_price=125000" if not path else ""
    with visit(browser, f"{servers.page}/{path}{car}", **SCREENS[screen]) as page:
        expect(page.get_by_role("heading", level=1)).to_contain_text(PAGES[path])
        expect(page.get_by_text("Modèle en production").last).to_be_visible()
        expect(page.get_by_test_id("stException")).to_have_count(0)
        _wait_until_still(page)
        main = page.get_by_test_id("stMain")
        overflow = main.evaluate("e => e.scrollWidth - e.clientWidth")
        assert overflow <= 1, f"{overflow} pixels lie beyond the edge"
        height = int(main.evaluate("e => e.scrollHeight"))
        page.set_viewport_size(SCREENS[screen]["viewport"] | {"height": min(height + 60, 8000)})
        _wait_until_still(page)
        keep(page.screenshot(), pictures / f"page-{path or 'estimer'}-{screen}.png")


def keep(screenshot: bytes, picture: Path) -> None:
    """A small file: what people read needs few colours."""
    with Image.open(BytesIO(screenshot)) as shown:
        shown.quantize(COLOURS).save(picture, optimize=True)


def _wait_until_still(page: Page) -> None:
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)
    heights = [0, 1]
    deadline = time.monotonic() + 30
    while heights[-1] != heights[-2] and time.monotonic() < deadline:
        page.wait_for_timeout(700)
        heights.append(page.get_by_test_id("stMain").evaluate("e => e.scrollHeight"))
