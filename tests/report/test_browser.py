"""The page in a real browser: what a reader sees, clicks and types."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from ike_ray.config import Config
from ike_ray.records import VideoRef
from ike_ray.report.page import build_portable_report
from ike_ray.run.description import create_run
from ike_ray.run.folder import RunFolder
from tests.report.written_run import COLOURS, CYCLE, write_clusters, write_segmented

Open = Callable[..., Page]


def list_titles(page: Page) -> list[str]:
    return page.locator(".card b").all_inner_texts()


def read_colour(locator: Locator) -> np.ndarray:
    """The colour in the middle of what is seen there."""
    image = np.asarray(Image.open(io.BytesIO(locator.screenshot())).convert("RGB"))
    return image[image.shape[0] // 2, image.shape[1] // 2].astype(int)


def is_like(colour: np.ndarray, expected: list[int]) -> bool:
    return bool(np.abs(colour - expected).max() < 25)


def test_the_gallery_shows_failures_first_and_can_be_searched(open_page: Open) -> None:
    page = open_page()
    assert list_titles(page) == ["<img src=x onerror=alert(1)>.mp4", "b.mp4", "a.mp4"]
    assert "cannot read <it>" in page.locator(".card").nth(1).inner_text()
    assert "breaks off" in page.locator(".card").nth(2).inner_text()
    page.locator("#search").fill("read b.mp4")
    assert list_titles(page) == ["b.mp4"]
    assert page.locator("#found").inner_text() == "1 of 3 videos"
    page.locator("#search").fill("")
    page.get_by_label("failed (2)").uncheck()
    assert list_titles(page) == ["a.mp4"]
    assert "InputError" in page.locator("#failures").inner_text()


def test_videos_are_ordered_as_asked(open_page: Open, run: RunFolder) -> None:
    for name, confidence, frames in (("x.mp4", 0.9, 5), ("y.mp4", 0.1, 50)):
        write_segmented(run, name, confidence=confidence, frames=frames)
    page = open_page()
    assert list_titles(page)[2:] == ["y.mp4", "a.mp4", "x.mp4"]
    page.locator("#order").select_option("trusted")
    assert list_titles(page)[:3] == ["x.mp4", "a.mp4", "y.mp4"]
    page.locator("#order").select_option("frames")
    assert list_titles(page)[:3] == ["y.mp4", "a.mp4", "x.mp4"]
    page.locator("#order").select_option("id")
    assert list_titles(page)[1:] == ["a.mp4", "b.mp4", "x.mp4", "y.mp4"]


def test_what_is_doubtful_is_marked_and_can_be_shown_alone(open_page: Open, run: RunFolder) -> None:
    write_segmented(run, "low.mp4", confidence=0.4)
    page = open_page()
    assert page.locator("#facts").inner_text().split("\n")[:4] == ["2", "segmented", "1", "of them doubtful"]
    assert ["doubtful" in text for text in page.locator(".card").all_inner_texts()[2:]] == [True, False]
    page.get_by_label("confident (1)").uncheck()
    page.get_by_label("failed (2)").uncheck()
    assert list_titles(page) == ["low.mp4"]
    page.locator(".card").click()
    assert "Doubtful: confidence 0.40" in page.locator("#video .message").inner_text()


def test_a_run_of_several_cycles_has_their_curves(open_page: Open, run: RunFolder) -> None:
    assert open_page().locator("#plots h3", has_text="Cycles").count() == 0  # one cycle is no curve
    history = [CYCLE, CYCLE | {"cycle": 2, "mask_iou": 0.9}]
    write_segmented(run, "two.mp4", history=history)
    page = open_page(fragment=f"#v={run.video_name('two.mp4')}")
    assert page.locator("#video h3", has_text="Over the cycles").count() == 1
    page.goto(page.url.partition("#")[0])
    assert page.locator("#plots h3", has_text="Cycles").count() == 1


def test_a_growing_run_says_what_is_left(open_page: Open, run: RunFolder) -> None:
    refs = [VideoRef(video_id=name, uri=name) for name in ("a.mp4", "b.mp4", "c.mp4", "d.mp4", "e.mp4")]
    create_run(run.uri, Config(), "videos", refs)
    facts = open_page().locator("#facts").inner_text().split("\n")
    assert facts[facts.index("not done yet") - 1] == "2"


def test_a_card_shows_the_middle_and_plays_under_the_pointer(open_page: Open) -> None:
    page = open_page()
    image = page.locator(".card img")
    image.scroll_into_view_if_needed()
    page.wait_for_function("document.querySelector('.card img').complete")
    assert is_like(read_colour(image), COLOURS[1])
    seen = []
    page.locator(".card").last.hover()
    for _ in range(12):
        page.wait_for_timeout(100)
        seen.append(read_colour(image))
    for colour in COLOURS:
        assert any(is_like(other, colour) for other in seen)
    page.mouse.move(2, 2)
    page.wait_for_timeout(300)
    assert is_like(read_colour(image), COLOURS[1])


def test_a_video_has_a_page_with_a_slider_over_its_layers(open_page: Open) -> None:
    page = open_page()
    page.locator(".card").last.click()
    assert page.locator("#video h1").inner_text() == "a.mp4"
    assert page.locator("#overview").is_hidden()
    assert page.locator(".small .look").all_inner_texts() == ["mask", "frame", "flow", "cue", "graph"]
    page.wait_for_timeout(300)
    large = page.locator(".looks .look .pixels").first
    for position, colour in enumerate(COLOURS):
        page.locator(".slider input").fill(str(position))
        assert is_like(read_colour(large), colour)
    assert page.locator(".slider output").inner_text() == "frame 11, 1.10 s · confidence 0.55"
    for name, grey in (("frame", 0), ("flow", 80), ("cue", 160), ("graph", 240)):
        page.locator(".small .look", has_text=name).click()
        assert is_like(read_colour(large), [grey] * 3)
    assert page.locator(".marker").count() == 1
    page.go_back()
    assert page.locator("#overview").is_visible()


def test_everything_can_be_done_with_the_keyboard(open_page: Open) -> None:
    page = open_page()
    page.keyboard.press("/")
    page.keyboard.type("a.mp4")
    assert page.evaluate("document.activeElement.id") == "search"
    page.locator("#search").fill("")
    page.locator(".card").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.locator("#video h1")).to_have_text("a.mp4")
    before = page.locator(".slider input").input_value()
    page.keyboard.press("ArrowRight")
    assert int(page.locator(".slider input").input_value()) == int(before) + 1
    page.keyboard.press("ArrowLeft")
    assert page.locator(".slider input").input_value() == before
    page.keyboard.press("Space")
    page.wait_for_function(f"document.querySelector('.slider input').value !== '{before}'")
    assert page.get_by_role("button", name="stop").is_visible()
    page.keyboard.press("k")
    expect(page.locator("#video h1")).to_have_text("b.mp4")
    assert "cannot read <it>" in page.locator("#video .message").inner_text()
    page.keyboard.press("j")
    expect(page.locator("#video h1")).to_have_text("a.mp4")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.getAttribute('href')").startswith("#v=a.mp4")


def test_a_video_has_an_address(open_page: Open, run: RunFolder) -> None:
    page = open_page(fragment=f"#v={run.video_name('b.mp4')}")
    assert page.locator("#video h1").inner_text() == "b.mp4"
    assert page.title() == "b.mp4 · run"


@pytest.mark.parametrize("fragment", ["", "#v=a"])
def test_a_phone_need_not_scroll_sideways(open_page: Open, run: RunFolder, fragment: str) -> None:
    page = open_page(width=360, fragment=fragment and f"#v={run.video_name('a.mp4')}")
    page.wait_for_timeout(200)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_portable_page_shows_its_pictures_anywhere(open_page: Open, run: RunFolder, tmp_path: Path) -> None:
    page = open_page(build_portable_report(run), path=tmp_path / "sent.html")
    image = page.locator(".card img")
    image.scroll_into_view_if_needed()
    page.wait_for_function("document.querySelector('.card img').naturalWidth === 720")
    assert is_like(read_colour(image), COLOURS[1])


def test_more_cards_come_as_one_scrolls(open_page: Open, run: RunFolder) -> None:
    for number in range(150):
        write_segmented(run, f"v{number}.mp4")
    page = open_page()
    assert 60 <= page.locator(".card").count() < 153
    for _ in range(12):
        page.mouse.wheel(0, 3000)
        page.wait_for_timeout(100)
    assert page.locator(".card").count() == 153


@pytest.mark.parametrize("is_portable", [False, True])
def test_clusters_have_a_section_with_their_sheets(
    open_page: Open, run: RunFolder, tmp_path: Path, is_portable: bool
) -> None:
    write_clusters(run)
    page = open_page(build_portable_report(run), path=tmp_path / "sent.html") if is_portable else open_page(width=360)
    section = page.locator("#clusters")
    assert section.locator("h3").all_inner_texts() == ["1 · <b onclick=alert(1)>dogs</b>", "2 · cluster 2"]
    assert section.locator("figcaption").all_inner_texts() == ["9 regions of 2 videos", "4 regions of 2 videos"]
    section.scroll_into_view_if_needed()
    page.wait_for_function("document.querySelector('#clusters img').naturalWidth === 120")
    assert section.locator("img").count() == 1
    assert is_portable or page.evaluate("document.documentElement.scrollWidth") <= 360
