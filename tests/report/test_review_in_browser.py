"""A person reviews a run in a real browser, and the command takes what the page saved."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from ike_ray.cli.app import main
from ike_ray.config import Config
from ike_ray.report.page import build_portable_report, build_report
from ike_ray.run.description import create_run
from ike_ray.run.folder import RunFolder
from ike_ray.run.reviews import list_accepted, read_reviews
from tests.drawn_review import add_verdicts
from tests.report.written_run import write_segmented

Open = Callable[..., Page]
CONFIDENCES = {"c.mp4": 0.21, "d.mp4": 0.33, "e.mp4": 0.93, "f.mp4": 0.95}


@pytest.fixture
def several(run: RunFolder) -> RunFolder:
    """In the order of the gallery: two that failed, then c, d, a, e, f."""
    for name, confidence in CONFIDENCES.items():
        write_segmented(run, name, confidence=confidence)
    return run


def save(page: Page, folder: Path) -> Path:
    with page.expect_download() as download:
        page.get_by_role("button", name="Save review.json").click()
    assert download.value.suggested_filename == "review.json"
    download.value.save_as(folder / "review.json")
    return folder / "review.json"


def read_verdicts(page: Page) -> dict[str, list[str]]:
    """What the cards say, but for the sign before it."""
    cards = page.locator(".card:has(.mark:not([hidden]))")
    return {card.locator("b").inner_text(): card.locator(".mark").inner_text()[2:].split(", ") for card in cards.all()}


def read_table(page: Page) -> list[list[str]]:
    page.locator("#review summary").click()
    return [row.locator("td").all_inner_texts() for row in page.locator("#bands tr").all()[1:]]


def press(page: Page, keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def run_command(*words: object) -> int:
    with pytest.raises(SystemExit) as caught:
        main([str(word) for word in words])
    return int(caught.value.code or 0)


def test_the_whole_loop(several: RunFolder, open_page: Open, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = open_page()
    expect(page.locator("#review-counter")).to_have_text("0 of 5 reviewed: 0 accepted, 0 rejected")
    page.get_by_role("button", name="Review the next one").click()
    title = page.locator("#video h1")
    expect(title).to_have_text("c.mp4")
    press(page, "r31")
    expect(page.locator(".verdicts output")).to_have_text("1 of 5 reviewed: 0 accepted, 1 rejected")
    pressed = page.locator(".verdicts [aria-pressed=true]")
    assert [text.split(" ")[0] for text in pressed.all_inner_texts()] == ["✗", "wrong", "leaks"]
    press(page, "n")
    expect(title).to_have_text("d.mp4")
    press(page, "a")  # goes on by itself
    expect(title).to_have_text("a.mp4")
    page.locator(".verdicts").get_by_role("button", name="accept").click()
    expect(title).to_have_text("e.mp4")
    page.get_by_role("button", name="reject").click()
    page.get_by_role("button", name="flickers").click()
    press(page, "kk")
    expect(title).to_have_text("d.mp4")
    press(page, "Nj")  # the next that is not reviewed, and round to the first
    expect(page.locator("#video .message")).to_contain_text("</script><b>no</b>")
    page.keyboard.press("Escape")
    expect(page.locator("#review-counter")).to_have_text("4 of 5 reviewed: 2 accepted, 2 rejected")
    verdicts = {"c.mp4": ["rejected", "wrong object", "leaks"], "d.mp4": ["accepted"], "a.mp4": ["accepted"]}
    verdicts["e.mp4"] = ["rejected", "flickers"]
    assert read_verdicts(page) == verdicts
    rows = read_table(page)
    assert rows == [
        ["0.2 to 0.3", "1", "1", "0", "0.00", "0.00 to 0.79"],
        ["0.3 to 0.4", "1", "1", "1", "1.00", "0.21 to 1.00"],
        ["0.7 to 0.8", "1", "1", "1", "1.00", "0.21 to 1.00"],
        ["0.9 to 1.0", "2", "1", "0", "0.00", "0.00 to 0.79"],
        ["all", "5", "4", "2", "0.50", "0.15 to 0.85"],
    ]
    path = save(page, tmp_path)
    expect(page.locator("#review-note")).to_contain_text("4 of 5 reviewed: 2 accepted, 2 rejected. Next: ike-ray review RUN")
    assert run_command("review", several.uri, path) == 0
    said = capsys.readouterr().out
    assert "4 verdicts. 4 of them were new" in said.replace("\n", " ")
    printed = [[cell.strip() for cell in line.strip("│┃ ").split("│")] for line in said.splitlines() if line.startswith("│")]
    assert printed == rows  # the page and the command count alike
    assert list_accepted(several) == {"a.mp4", "d.mp4"}
    fresh = open_page()  # another browser, which knows what the run knows
    assert read_verdicts(fresh) == verdicts
    assert read_table(fresh) == rows


def test_undo_goes_back_step_by_step_and_the_file_says_so(several: RunFolder, open_page: Open, tmp_path: Path) -> None:
    page = open_page(fragment=f"#v={several.video_name('c.mp4')}")
    title = page.locator("#video h1")
    press(page, "ar2")  # c is accepted, d is rejected, and for a reason
    expect(title).to_have_text("d.mp4")
    press(page, "u")
    expect(page.locator(".verdicts [aria-pressed=true]")).to_have_text(["✗ reject R"])
    press(page, "u")
    expect(page.locator(".verdicts output")).to_have_text("1 of 5 reviewed: 1 accepted, 0 rejected")
    press(page, "u")
    expect(title).to_have_text("c.mp4")
    expect(page.locator(".verdicts output")).to_have_text("0 of 5 reviewed: 0 accepted, 0 rejected")
    press(page, "u")
    expect(page.locator(".verdicts output")).to_have_text("There is nothing to undo.")
    add_verdicts(several, {"c.mp4": "accepted"})  # somebody put the first verdict into the run before it was taken back
    page.keyboard.press("Escape")
    assert run_command("review", several.uri, save(page, tmp_path)) == 0
    assert set(read_reviews(several)["verdict"].to_pylist()) == {"withdrawn"}


def test_a_card_is_reviewed_where_it_stands(several: RunFolder, open_page: Open) -> None:
    page = open_page()
    page.locator(".card", has_text="c.mp4").focus()
    press(page, "a")
    press(page, "r4")
    assert read_verdicts(page) == {"c.mp4": ["accepted"], "d.mp4": ["rejected", "flickers"]}
    expect(page.locator("#review-counter")).to_have_text("2 of 5 reviewed: 1 accepted, 1 rejected")
    press(page, "uu")
    assert read_verdicts(page) == {"c.mp4": ["accepted"]}
    page.locator("#search").focus()
    page.keyboard.type("aru")  # letters in a search are letters
    page.locator(".card", has_text="b.mp4").count()
    page.locator("#search").fill("b.mp4")
    page.locator(".card").first.focus()
    press(page, "a")  # it failed: there is no mask to accept
    page.locator("#search").fill("")
    assert read_verdicts(page) == {"c.mp4": ["accepted"]}
    page.locator("#search").fill("accepted")
    assert page.locator(".card b").all_inner_texts() == ["c.mp4"]


def test_videos_are_chosen_by_their_verdicts(several: RunFolder, open_page: Open) -> None:
    add_verdicts(several, {"c.mp4": "accepted", "e.mp4": ["leaks"]})
    page = open_page()
    titles = page.locator(".card b")
    page.locator("#reviewed").select_option("accepted")
    expect(titles).to_have_text(["c.mp4"])
    page.locator("#reviewed").select_option("rejected")
    expect(titles).to_have_text(["e.mp4"])
    page.locator("#reviewed").select_option("open")
    expect(titles).to_have_text(["d.mp4", "a.mp4", "f.mp4"])
    page.locator("#order").select_option("random")
    hashes = {name: several.video_name(name)[-16:] for name in ("d.mp4", "a.mp4", "f.mp4")}
    expect(titles).to_have_text(sorted(hashes, key=lambda name: hashes[name]))
    page.get_by_role("button", name="Review the next one").click()
    press(page, "aaa")
    expect(page.locator(".verdicts output")).to_have_text("All videos that the gallery shows are reviewed.")
    page.keyboard.press("Escape")
    expect(titles).to_have_count(0)


def test_verdicts_stay_in_the_browser_and_with_their_run(several: RunFolder, open_page: Open, tmp_path: Path) -> None:
    page = open_page(fragment=f"#v={several.video_name('c.mp4')}")
    press(page, "ar3")
    page.goto(page.url.partition("#")[0])
    page.reload()
    expect(page.locator("#review-counter")).to_have_text("2 of 5 reviewed: 1 accepted, 1 rejected")
    beside = open_page(build_portable_report(several), path=tmp_path / "sent.html", beside=page)
    assert read_verdicts(beside) == {"c.mp4": ["accepted"], "d.mp4": ["rejected", "leaks"]}
    beside.locator(".card", has_text="f.mp4").focus()
    press(beside, "a")
    expect(page.locator("#review-counter")).to_have_text("3 of 5 reviewed: 2 accepted, 1 rejected")  # the other window
    other = create_run(f"{tmp_path}/other", Config(), "videos", [])  # the same settings, and the same id
    write_segmented(other, "c.mp4")
    stranger = open_page(build_report(other), path=Path(other.uri) / "report.html", beside=page)
    expect(stranger.locator("#review-counter")).to_have_text("0 of 1 reviewed: 0 accepted, 0 rejected")


def test_what_another_page_left_there_is_no_verdict(several: RunFolder, open_page: Open) -> None:
    """All pages from a disk share one storage."""
    finished = {row["video_id"]: str(row["finished"]) for row in several.read_outcomes(["video_id", "finished"]).to_pylist()}
    keys = [f"ike_ray review {several.video_name(name)[-16:]} {finished[name]}" for name in CONFIDENCES]
    values = ["{", "null", '["great",[],"2026-01-01T00:00:00Z"]', '["accepted",["<b>"],"2026-01-01T00:00:00Z"]']
    left = json.dumps(dict(zip(keys, values, strict=True)))
    page = open_page(first=f"for (const [key, value] of Object.entries({left})) localStorage.setItem(key, value);")
    expect(page.locator("#review-counter")).to_have_text("0 of 5 reviewed: 0 accepted, 0 rejected")
    assert page.evaluate("localStorage.length") == 4


def test_a_browser_that_keeps_nothing_says_so(several: RunFolder, open_page: Open, tmp_path: Path) -> None:
    page = open_page(
        first="Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no', 'SecurityError'); }});"
    )
    expect(page.locator("#review-note")).to_contain_text("keeps no verdicts (SecurityError). Save review.json before")
    page.locator(".card", has_text="c.mp4").focus()
    press(page, "a")
    expect(page.locator("#review-note")).to_contain_text("does not keep verdicts (SecurityError)")
    assert [entry["video_id"] for entry in json.loads(save(page, tmp_path).read_text())["reviews"]] == ["c.mp4"]


def test_a_saved_file_can_be_read_again(several: RunFolder, open_page: Open, tmp_path: Path) -> None:
    page = open_page(fragment=f"#v={several.video_name('c.mp4')}")
    press(page, "aar1")
    page.keyboard.press("Escape")
    path = save(page, tmp_path)
    expected = {"c.mp4": ["accepted"], "d.mp4": ["accepted"], "a.mp4": ["rejected", "wrong object"]}
    fresh = open_page()

    def read(change: Callable[[Any], object]) -> str:
        values = json.loads(path.read_text())
        change(values)
        (tmp_path / "changed.json").write_text(json.dumps(values))
        fresh.locator("#review-note").evaluate("(note) => (note.textContent = '')")
        fresh.locator("#review-read").set_input_files(tmp_path / "changed.json")
        expect(fresh.locator("#review-note")).not_to_be_empty()
        return fresh.locator("#review-note").inner_text()

    assert "is no review.json" in read(lambda values: values.update(format="other"))
    said = read(lambda values: values.update(config_digest="000"))
    assert said == "Took 0 of 3 verdicts; 3 are about masks that this page does not have."
    said = read(lambda values: values["reviews"].extend([None, values["reviews"][0] | {"video_id": "b.mp4"}]))
    assert said == "Took 3 of 5 verdicts; 2 are about masks that this page does not have."
    assert read_verdicts(fresh) == expected
    assert read(lambda values: values) == "Took 0 of 3 verdicts."  # it has them
    fresh.reload()
    assert read_verdicts(fresh) == expected


def test_a_phone_shows_the_review_without_scrolling_sideways(several: RunFolder, open_page: Open) -> None:
    page = open_page(width=360, fragment=f"#v={several.video_name('c.mp4')}")
    assert page.locator(".reasons").is_hidden()
    page.get_by_role("button", name="reject").click()
    page.get_by_role("button", name="leaks").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.locator(".verdicts").bounding_box()["y"] < 900  # it stays in sight
    page.locator(".back").click()
    assert len(read_table(page)) == 5
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    bands = page.locator("#bands .wide")
    assert bands.evaluate("(node) => node.scrollWidth <= node.clientWidth")


def test_a_run_without_masks_has_nothing_to_review(open_page: Open, tmp_path: Path) -> None:
    empty = create_run(f"{tmp_path}/empty", Config(), "videos", [])
    page = open_page(build_report(empty))
    assert page.locator("#review").is_hidden()
    press(page, "aun1")


@pytest.mark.rare
def test_two_hundred_videos_in_one_sitting(run: RunFolder, open_page: Open, tmp_path: Path) -> None:
    for number in range(199):
        write_segmented(run, f"v{number:03d}.mp4", confidence=(number + 0.5) / 199)
    page = open_page()
    page.get_by_role("button", name="Review the next one").click()
    for number in range(200):  # from the lowest confidence on; every third of the lower half is bad
        press(page, "r2n" if number < 99 and number % 3 == 0 else "a")
    expect(page.locator(".verdicts output")).to_have_text("All videos that the gallery shows are reviewed.")
    page.keyboard.press("Escape")
    expect(page.locator("#review-counter")).to_have_text("200 of 200 reviewed: 167 accepted, 33 rejected")
    rows = read_table(page)
    assert [row[3] for row in rows[5:-1]] == [row[1] for row in rows[5:-1]]
    assert run_command("review", run.uri, save(page, tmp_path)) == 0
    assert len(list_accepted(run)) == 167
