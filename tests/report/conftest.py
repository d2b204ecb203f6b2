import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from ike_ray.config import Config
from ike_ray.report.page import build_report
from ike_ray.run.description import create_run
from ike_ray.run.folder import RunFolder
from tests.report.written_run import write_failed, write_segmented

Open = Callable[..., Page]


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """One segmented video and two that failed, one of which is called and fails in the words of an attack."""
    run = create_run(f"{tmp_path}/run", Config(), "videos", [])
    write_segmented(run, "a.mp4", warning="breaks off")
    write_failed(run, "b.mp4", "cannot read <it>")
    write_failed(run, "<img src=x onerror=alert(1)>.mp4", "</script><b>no</b>")
    return run


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
def open_page(browser: Browser, run: RunFolder) -> Iterator[Open]:
    """Opens the run's page from disk, in a browser of its own or in that of a page that is open. Whatever it complains of, or
    asks a network for, fails the test."""
    complaints: list[str] = []
    opened: list[BrowserContext] = []

    def open_page(
        html: str | None = None,
        *,
        fragment: str = "",
        width: int = 1200,
        path: Path | None = None,
        beside: Page | None = None,
        first: str = "",
    ) -> Page:
        target = path or Path(run.uri) / "report.html"
        target.write_text(html or build_report(run))
        context = beside.context if beside else browser.new_context(viewport={"width": width, "height": 900})
        page = context.new_page()
        page.add_init_script(first)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        page.on("request", lambda request: complaints.append(request.url) if request.url.startswith("http") else None)
        page.goto(f"file://{target}{fragment}")
        opened.append(context)
        return page

    yield open_page
    for context in opened:
        context.close()
    assert not complaints
