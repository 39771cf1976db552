"""What each page looks like, light and dark, wide and narrow; and whom it shuts out."""

from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from axe_playwright_python.sync_playwright import Axe
from browsing import unfold, visit, wait_until_still
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from tests.browser.conftest import LOGAN, Servers

PAGES = {"": "Le prix", "fichier": "fichier", "affaires": "Bonnes affaires",
         "modele": "modèle", "marche": "marché", "surveillance": "Surveillance"}  # fmt: skip
CARS = (
    "Marque;Modèle;Année-Modèle;Kilométrage;Type de carburant;Boite de vitesses\n"
    "Dacia;Logan;2018;120 000;Diesel;Manuelle\nRenault;Clio;2031;85;Essence;Manuelle\n"
    "Zyx;;2015;90 000;Essence;Manuelle\nPeugeot;208;2020;45 000;Diesel;\nFiat;;;;;\n"
)
ADVERTS = (
    "Prix;Marque;Modèle;Année-Modèle;Kilométrage;Type de carburant;Boite de vitesses\n"
    "95 000;Dacia;Logan;2018;120 000;Diesel;Manuelle\n98 000;Dacia;Logan;2018;80 000;Diesel;"
    "Manuelle\n92 000;Dacia;Logan;2018;150 000;Diesel;Manuelle\n"
    "11 000;Peugeot;208;2020;45 000;Diesel;Manuelle\n95 000;Fiat;Panda;2019;;;\n"
)
STREAMLITS_OWN = {
    # The place where a file is dropped: `role=presentation` on what also has a name.
    "presentation-role-conflict",
}
COLOURS = 128
SCHEMES = ("light", "dark")
WIDTHS = {"wide": 1440, "middle": 1024, "narrow": 390}


@pytest.mark.parametrize("size", WIDTHS)
@pytest.mark.parametrize("path", PAGES)
def test_every_page_fits_the_screen_and_can_be_read_by_everybody(
    servers: Servers, browser: Browser, pictures: Path, path: str, size: str
) -> None:
    car = f"?{urlencode(LOGAN)}&asked_price=125000" if not path else ""
    with visit(browser, f"{servers.page}/{path}{car}", **screen(WIDTHS[size])) as page:
        expect(page.get_by_role("heading", level=1)).to_contain_text(PAGES[path])
        if path == "fichier":
            _hand_in_a_file(page)
        if path == "affaires":
            _hand_in_adverts(page)
        expect(page.get_by_text("Modèle en production").last).to_be_visible()
        expect(page.get_by_test_id("stException")).to_have_count(0)
        wait_until_still(page)
        main = page.get_by_test_id("stMain")
        height = int(main.evaluate("e => e.scrollHeight"))
        page.set_viewport_size({"width": WIDTHS[size], "height": min(height + 60, 8000)})
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)  # as when the evening comes
            wait_until_still(page)
            overflow = main.evaluate("e => e.scrollWidth - e.clientWidth")
            assert overflow <= 1, f"{overflow} pixels lie beyond the edge"
            keep(page.screenshot(), pictures / f"page-{path or 'estimer'}-{scheme}-{size}.png")
            ensure_readable(page)


@pytest.mark.parametrize("address", [
    "?make=Dacia&model=Logan&model_year=2018",  # neither kilometres nor an asking price to mark
    "?make=Zyx&model_year=2018&fuel=diesel",  # no price either, and no comparable adverts
    "marche?market_makes=Dacia&market_fuels=diesel",
])  # fmt: skip
def test_pages_with_less_or_more_on_them_can_be_read_by_everybody(
    servers: Servers, browser: Browser, address: str
) -> None:
    options = screen(WIDTHS["wide"], height=4_000) | {"color_scheme": "dark"}
    with visit(browser, f"{servers.page}/{address}", **options) as page:
        expect(page.get_by_text("Modèle en production").last).to_be_visible()
        if "marche" not in address:
            unfold(page, "Plus de détails")
        wait_until_still(page)
        ensure_readable(page)


def screen(width: int, height: int = 900) -> dict[str, Any]:
    """Options of a visitor's browser."""
    return {"viewport": {"width": width, "height": height}, "locale": "fr-FR"}


def ensure_readable(page: Page) -> None:
    found = Axe().run(page)
    shut_out = {each["id"] for each in found.response["violations"]} - STREAMLITS_OWN
    assert not shut_out, found.generate_report()


def _hand_in_adverts(page: Page) -> None:
    page.get_by_text("Un fichier à moi").click()
    adverts = {"name": "a.csv", "mimeType": "text/csv", "buffer": ADVERTS.encode()}
    page.locator("input[type=file]").set_input_files(adverts)
    expect(page.get_by_role("button", name="Télécharger la liste")).to_be_visible()


def _hand_in_a_file(page: Page) -> None:
    page.locator("input[type=file]").set_input_files(
        {"name": "annonces.csv", "mimeType": "text/csv", "buffer": CARS.encode()}
    )
    expect(page.get_by_role("button", name="Télécharger le fichier complété")).to_be_visible()


def keep(screenshot: bytes, picture: Path) -> None:
    """A small file: what people read needs few colours."""
    with Image.open(BytesIO(screenshot)) as shown:
        shown.quantize(COLOURS).save(picture, optimize=True)
