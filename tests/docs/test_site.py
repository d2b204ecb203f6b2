"""The pages as a site: built strictly, and opened in a real browser from disk, without any network."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

REPOSITORY = Path(__file__).parents[2]
WIDE, PHONE = 1400, 390
PAGES = [
    "index",
    "tutorial",
    "howto/corpus",
    "reference/commands",
    "reference/settings",
    "reference/python",
    "method",
    "quality",
]

Open = Callable[[str, int], Page]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site. A warning of the build, such as a link that leads nowhere, fails."""
    pytest.importorskip("mkdocs")
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    built = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser, site: Path) -> Iterator[Open]:
    """Opens a page from disk. Whatever it complains of, or asks a network for, fails the test."""
    complaints: list[str] = []
    opened: list[Page] = []

    def open_page(name: str, width: int) -> Page:
        page = browser.new_page(viewport={"width": width, "height": 900})
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("request", lambda request: complaints.append(request.url) if request.url.startswith("http") else None)
        page.goto(f"file://{site}/{name}.html")
        opened.append(page)
        return page

    yield open_page
    for page in opened:
        page.close()
    assert not complaints


@pytest.mark.parametrize("width", [WIDE, PHONE])
def test_pages_fit_the_screen_and_their_pictures_are_there(open_page: Open, width: int) -> None:
    for name in PAGES:
        page = open_page(name, width)
        assert page.locator("article h1").count() == 1, name
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        widths = page.locator("article img").evaluate_all("pictures => pictures.map(picture => picture.naturalWidth)")
        assert all(widths), name


def test_a_search_finds_a_setting(open_page: Open) -> None:
    page = open_page("index", WIDE)
    field = page.locator(".md-search__input")
    field.click()  # from here on the page reads its index, and hears no letter until it has
    expect(page.locator(".md-search-result__meta")).to_contain_text("Type to start", timeout=60_000)
    field.press_sequentially("saliency_stride")
    found = page.locator(".md-search-result__link").first
    expect(found).to_contain_text("Settings", timeout=60_000)
    page.goto(str(found.get_attribute("href")))
    expect(page.locator("article h1")).to_contain_text("Settings")


def test_the_reference_is_made_from_the_code(open_page: Open) -> None:
    commands = open_page("reference/commands", WIDE)
    assert commands.locator("h2", has_text="ike-ray segment").count() == 1
    python = open_page("reference/python", WIDE)
    assert "The results of" in python.locator("article").inner_text()
