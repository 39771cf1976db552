"""What people see and do on the page."""

import re
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from browsing import PRICE, choose, estimate_logan, unfold, visit, wait_until_still
from playwright.sync_api import Browser, Page, expect
from tests.browser.conftest import LOGAN, Servers, carprice, prepare, serve

from carprice.registry.client import PRODUCTION
from carprice.wording.spell import WORD_JOINER

PICKED_UP_MS = 15_000
MOST_TABS = 30


def price(page: Page) -> str:
    shown = page.get_by_test_id("stMetricValue")
    expect(shown).to_have_text(PRICE)
    return shown.inner_text()


def test_a_filled_form_gives_a_price_and_its_interval(page: Page) -> None:
    estimated, interval = estimate_logan(page)
    assert PRICE.match(estimated)
    assert re.search(r"sont proposées entre \d", interval)


def test_the_address_holds_the_car_and_its_link_gives_the_same_price(
    servers: Servers, browser: Browser, page: Page
) -> None:
    first, _ = estimate_logan(page)
    address = page.url
    held = parse_qs(urlsplit(address).query)
    assert held == {name: [value] for name, value in LOGAN.items()}
    with visit(browser, address) as another:
        assert price(another) == first


def test_answers_are_counted_once_however_often_they_are_drawn(
    servers: Servers, page: Page
) -> None:
    before = read_figure(servers, "carprice_page_answer_seconds_count")
    estimate_logan(page)
    counted = read_figure(servers, "carprice_page_answer_seconds_count")
    assert counted > before
    page.get_by_text("English", exact=True).click()
    wait_until_still(page)
    assert read_figure(servers, "carprice_page_answer_seconds_count") == counted
    assert read_figure(servers, "carprice_production_version") == 1
    assert read_figure(servers, "carprice_last_pipeline_success_timestamp_seconds") > 0


def read_figure(servers: Servers, name: str) -> float:
    """One figure that the page tells Prometheus of."""
    with urllib.request.urlopen(f"{servers.page}/metrics", timeout=20) as told:
        (line,) = re.findall(rf"^{name} (\S+)$", told.read().decode(), re.M)
    return float(line)


def test_answer_and_address_follow_the_form_and_the_browser_goes_back(
    servers: Servers, browser: Browser
) -> None:
    with visit(browser, f"{servers.page}/?{urlencode(LOGAN)}&asked_price=90000") as page:
        first, address = price(page), page.url
        shown = page.get_by_test_id("stMetricValue")
        distance = page.get_by_role("spinbutton", name="Kilométrage (km)")
        distance.fill("250000")
        distance.press("Enter")
        expect(shown).not_to_have_text(first)
        expect(page).to_have_url(re.compile("mileage_km=250000"))
        held = {name: value for name, (value,) in parse_qs(urlsplit(page.url).query).items()}
        assert held == LOGAN | {"mileage_km": "250000", "asked_price": "90000"}
        distance.fill("9999999")
        distance.press("Enter")
        expect(page.get_by_text("Impossible : de 0")).to_be_visible()
        expect(shown).to_have_count(0)
        page.go_back()
        page.go_back()
        expect(shown).to_have_text(first)
        expect(distance).to_have_value("120000")
        assert page.url == address


def test_an_answer_prints_on_one_page_with_its_address(servers: Servers, browser: Browser) -> None:
    with visit(browser, f"{servers.page}/?{urlencode(LOGAN)}&asked_price=90000") as page:
        price(page)
        wait_until_still(page)
        assert b"/Count 1" in page.pdf(format="A4")
        page.emulate_media(media="print")
        expect(page.get_by_text("À vérifier à l'adresse")).to_contain_text("model_year=2018")
        expect(page.get_by_role("button", name="Prédire")).to_be_hidden()


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1024, 768), (390, 844)])
def test_the_first_screen_holds_the_form_and_the_price(
    servers: Servers, browser: Browser, width: int, height: int
) -> None:
    screen = {"viewport": {"width": width, "height": height}}
    with visit(browser, f"{servers.page}/?{urlencode(LOGAN)}&asked_price=90000", **screen) as page:
        shown = price(page)
        wait_until_still(page)
        at_the_top = page.locator(".st-key-sticky")
        in_sight = [page.get_by_role("button", name="Prédire")]
        if width < 640:
            in_sight += [at_the_top]
        else:
            in_sight += [
                page.get_by_text(each).first for each in ("Vérifié sur", "sous l'estimation")
            ]
            in_sight += [page.locator(".range")]
        for each in in_sight:
            expect(each).to_be_in_viewport(ratio=1)
        if width < 640:
            page.get_by_role("tab").last.scroll_into_view_if_needed()
            expect(at_the_top).to_be_in_viewport(ratio=1)
            expect(at_the_top).to_contain_text(shown)


def test_the_form_is_filled_by_keyboard_and_enter_asks(page: Page) -> None:
    expect(page.get_by_role("button", name="Prédire")).to_be_visible()
    answers = {"Marque": "make", "Modèle": "model", "Année-Modèle": "model_year"}
    for label, name in answers.items():
        _tab_to(page, label)
        page.keyboard.type(LOGAN[name])
        expect(page.get_by_role("option", name=LOGAN[name]).first).to_be_visible()
        page.keyboard.press("Enter")
        expect(page.get_by_role("combobox", name=label, exact=True)).to_have_value(LOGAN[name])
    _tab_to(page, "Kilométrage (km)")
    page.keyboard.type(LOGAN["mileage_km"])
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
        expect(page.get_by_role("heading", name="Annonces comparables")).to_be_visible()
        # Number fields come after the others, with code of their own.
        expect(page.get_by_role("spinbutton", name=re.compile("Prix demandé"))).to_be_visible()
        expect(page.get_by_role("spinbutton", name="Kilométrage (km)")).to_be_visible()
        fields = page.locator("input:visible, [role=combobox]:visible")
        assert fields.count() > 5
        for at in range(fields.count()):
            field = fields.nth(at)
            named = field.evaluate("e => !!(e.ariaLabel || e.labels?.length || e.ariaLabelledBy)")
            assert named or field.get_attribute("aria-labelledby"), field.evaluate(
                "e => e.outerHTML"
            )
        picture = page.get_by_label(re.compile("Bonne affaire de .* annonces comparables : 8"))
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
    assert lines[0].endswith(";prix_haut;prix_bas_large;prix_haut_large;remarque")
    assert re.match(r"Dacia;Logan;2018;120 000;Diesel;Manuelle(;\d+){5};", lines[1])
    assert "marque jamais vue" in lines[2]


@contextmanager
def promoted(servers: Servers, number: int) -> Iterator[None]:
    """A version that was in production before, in it for a while."""
    servers.registry.set_alias(PRODUCTION, number)
    try:
        yield
    finally:
        servers.registry.set_alias(PRODUCTION, 1)


def test_an_open_page_takes_up_a_promotion_and_keeps_what_was_not_sent_yet(
    servers: Servers, page: Page
) -> None:
    estimate_logan(page)
    unfold(page, "Plus de détails")
    power = page.get_by_role("spinbutton", name="Puissance fiscale (CV)")
    power.fill("6")
    power.press("Enter")
    expect(page).to_have_url(re.compile("fiscal_power_cv=6"))
    first = price(page)
    distance = page.get_by_role("spinbutton", name="Kilométrage (km)")
    distance.fill("250000")  # neither sent nor left
    for number in (2, 1):
        with promoted(servers, number):
            version = page.get_by_text(f"Modèle en production : version {number}")
            expect(version).to_be_visible(timeout=PICKED_UP_MS)
            expect(page.get_by_test_id("stMetricValue")).to_have_text(first)
            expect(power).to_have_value("6")
            expect(distance).to_have_value("250000")
    page.get_by_role("button", name="Prédire").click()
    expect(page.get_by_test_id("stMetricValue")).not_to_have_text(first)
    address = parse_qs(urlsplit(page.url).query)
    assert (address["fiscal_power_cv"], address["mileage_km"]) == (["6"], ["250000"])


def test_the_page_of_the_model_is_drawn_anew_by_a_promotion(
    servers: Servers, browser: Browser
) -> None:
    with visit(browser, f"{servers.page}/modele") as page:
        expect(page.get_by_role("heading", name="Version 1, en production")).to_be_visible()
        with promoted(servers, 2):
            heading = page.get_by_role("heading", name="Version 2, en production")
            expect(heading).to_be_visible(timeout=PICKED_UP_MS)


def test_a_page_without_a_model_asks_for_a_car_as_soon_as_there_is_one(
    tmp_path: Path, browser: Browser
) -> None:
    with serve(prepare(tmp_path)) as servers, visit(browser, servers.page) as page:
        button = page.get_by_role("button", name="Prédire")
        absence = page.get_by_text("Aucun modèle")
        expect(absence).to_be_visible(timeout=PICKED_UP_MS)
        expect(button).to_have_count(0)
        carprice(tmp_path, "run", store=servers.tracking_uri)
        expect(button).to_be_visible(timeout=PICKED_UP_MS)
        expect(absence).to_have_count(0)
        assert estimate_logan(page)


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


def test_another_language_keeps_the_form_the_price_and_the_link(
    servers: Servers, browser: Browser, page: Page
) -> None:
    estimate_logan(page)
    unfold(page, "Plus de détails")
    for label, answer in {"Origine": "Dédouanée", "État": "Très bon"}.items():
        box = page.get_by_role("combobox", name=label)
        choose(box, answer)
        expect(box).to_have_value(answer)
    expect(page).to_have_url(re.compile("condition=very_good"))
    shown = price(page)
    page.get_by_text("English", exact=True).click()
    unfold(page, "More details")
    told = {"Gearbox": "Manual", "Origin": "Customs cleared", "Condition": "Very good"}
    for label, answer in (told | {"Make": "Dacia", "Fuel": "Diesel"}).items():
        expect(page.get_by_role("combobox", name=label, exact=True)).to_have_value(answer)
    assert price(page) == shown
    address = parse_qs(urlsplit(page.url).query)
    told = {
        "lang": "en",
        "gearbox": "manual",
        "origin": "customs_cleared",
        "condition": "very_good",
    }
    assert {name: address[name] for name in told} == {name: [each] for name, each in told.items()}
    with visit(browser, page.url) as another:
        expect(another.get_by_text("out of 10 cars like this one").first).to_be_visible()
        expect(another.get_by_role("combobox", name="Gearbox")).to_have_value("Manual")
    page.get_by_text("Français", exact=True).click()
    unfold(page, "Plus de détails")
    expect(page.get_by_role("combobox", name="Boîte de vitesses")).to_have_value("Manuelle")
    expect(page.get_by_role("combobox", name="Origine")).to_have_value("Dédouanée")
    assert price(page) == shown


def test_another_language_keeps_the_fuels_of_the_market(servers: Servers, browser: Browser) -> None:
    with visit(browser, f"{servers.page}/marche?market_fuels=petrol") as page:
        figures = page.get_by_test_id("stMetricValue")
        expect(page.get_by_text("Essence")).to_be_visible()
        expect(figures).to_have_count(4)  # they come one by one, not always the first one first
        adverts = figures.first
        shown = adverts.inner_text()
        page.get_by_text("English", exact=True).click()
        expect(page.get_by_text("Petrol")).to_be_visible()
        expect(page).to_have_url(re.compile("lang=en"))
        expect(adverts).to_have_text(shown)


@pytest.mark.parametrize(("path", "titles"), {
    "": ("Estimer", "Estimate"), "fichier": ("Estimer un fichier", "Estimate a file"),
    "affaires": ("Bonnes affaires", "Good deals"),
    "modele": ("Le modèle", "The model"), "marche": ("Le marché", "The market"),
    "surveillance": ("Surveillance", "Monitoring"),
}.items())  # fmt: skip
def test_a_page_has_its_title_and_says_its_language_to_screen_readers(
    servers: Servers, browser: Browser, path: str, titles: tuple[str, str]
) -> None:
    with visit(browser, f"{servers.page}/{path}") as page:
        expect(page).to_have_title(f"{titles[0]} · Le prix d'une voiture au Maroc")
        expect(page.locator("html")).to_have_attribute("lang", "fr")
        page.get_by_text("English", exact=True).click()
        expect(page).to_have_title(f"{titles[1]} · Car prices in Morocco")
        expect(page.locator("html")).to_have_attribute("lang", "en")
        scripts = page.get_by_test_id("stHtml")
        heights = scripts.evaluate_all("all => all.map(e => e.getBoundingClientRect().height)")
        assert {*heights} == {0}


@pytest.mark.parametrize("number", ["inf", "1e999", "abc", "-5"])
def test_no_number_in_an_address_breaks_the_page(
    servers: Servers, browser: Browser, number: str
) -> None:
    odd = dict.fromkeys(("mileage_km", "fiscal_power_cv", "asked_price"), number)
    with visit(browser, f"{servers.page}/?{urlencode(LOGAN | odd)}") as page:
        assert price(page)
        expect(page.get_by_test_id("stException")).to_have_count(0)
        expect(page.get_by_role("button", name="Prédire")).to_be_visible()


@pytest.mark.parametrize(("make", "model"), [
    ("[Won](https://evil.example)", "![x](https://evil.example/p.png)"),
    ("https://evil.example", "www.evil.example"),
    (":smile: :material/home:", "a@evil.example"),
    (":red[x] $x$ `x`", "<b>x</b> **x**"),
])  # fmt: skip
def test_names_in_a_link_are_shown_to_the_letter(
    servers: Servers, browser: Browser, make: str, model: str
) -> None:
    car = urlencode(LOGAN | {"make": make, "model": model})
    with visit(browser, f"{servers.page}/?{car}") as page:
        title = page.get_by_role("heading", level=2)
        expect(title).to_contain_text("2018, 120")
        assert title.inner_text().replace(WORD_JOINER, "").startswith(f"{make} {model} 2018")
        made = "img, b, strong, code, .katex, [data-testid=stIconMaterial], a:not([href^='#'])"
        expect(title.locator(made)).to_have_count(0)
