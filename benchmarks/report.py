"""How fast does the page of a large run open? `python -m benchmarks.report RUN --videos 1000`

RUN is a finished run. Its segmented videos are taken again and again, under new ids and with their pictures, until there
are so many. It prints the seconds that the page takes to be made, and its size. Then the Chromium of this machine opens it
from disk. It prints the milliseconds until all cards of the first screen are there and until the browser has painted their
pictures, those that a search takes, and those from a key of the review to the frame after it, which shows the next video.
--screenshot FILE.png keeps what was seen.
"""

import argparse
import itertools
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
from playwright.sync_api import Page, sync_playwright

from benchmarks.origin import read_origin
from ike_ray.report.page import build_report
from ike_ray.run.description import open_run
from ike_ray.run.folder import RunFolder
from ike_ray.run.tables import FRAME_SCHEMA, OUTCOME_SCHEMA, write_groups

# The page itself tells when its script is done, and when the largest visible picture was painted.
_TIMES = """() => new Promise((resolve) => new PerformanceObserver((list) => {
  const entry = list.getEntries().at(-1), own = performance.getEntriesByType('navigation')[0];
  resolve({script: own.domInteractive, load: own.loadEventEnd, painted: entry.startTime});
}).observe({type: 'largest-contentful-paint', buffered: true}))"""
_SEARCH = """() => { const start = performance.now(), box = document.getElementById('search'); box.value = '7';
  box.dispatchEvent(new Event('input')); document.body.getBoundingClientRect(); return performance.now() - start; }"""


_NUM_KEYS = 100
_WATCH_KEYS = """() => { window.keyTimes = []; addEventListener('keydown', () => { const start = performance.now();
  requestAnimationFrame(() => { const channel = new MessageChannel();
    channel.port1.onmessage = () => window.keyTimes.push(performance.now() - start);
    channel.port2.postMessage(0); }); }, true); }"""


def main() -> None:
    """Make the large run and its page, open it, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", metavar="RUN")
    parser.add_argument("--videos", type=int, default=1000)
    parser.add_argument("--screenshot", metavar="FILE.png")
    arguments = parser.parse_args()
    print(read_origin(), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        large = _repeat(open_run(arguments.run), arguments.videos, folder)
        start_s = time.perf_counter()
        html = build_report(large, most=arguments.videos)
        print(f"{arguments.videos} videos: page made in {time.perf_counter() - start_s:.2f} s, {len(html) / 1e6:.2f} MB")
        page = Path(folder) / "report.html"
        page.write_text(html)
        _look(page, arguments.screenshot)


def _repeat(run: RunFolder, num_videos: int, folder: str) -> RunFolder:
    large = RunFolder(uri=folder, digest=run.digest)
    good = [row for row in run.read_outcomes().to_pylist() if row["status"] == "ok"]
    frames = {row["video_id"]: run.read_frames(row["video_id"]) for row in good}
    shutil.copy(run.file("run.yaml"), folder)
    outcomes: list[dict[str, Any]] = []
    groups = []
    for number, row in enumerate(itertools.islice(itertools.cycle(good), num_videos)):
        video_id = f"{number:05d}/{row['video_id']}"
        outcomes.append(row | {"video_id": video_id})
        own = [frame | {"video_id": video_id} for frame in frames[row["video_id"]]]
        groups.append(pa.Table.from_pylist(own, schema=FRAME_SCHEMA))
        for kind in ("strips", "layers"):
            (Path(folder) / kind).mkdir(exist_ok=True)
            name = f"{run.video_name(row['video_id'])}.jpg"
            link = Path(large.file(kind, f"{large.video_name(video_id)}.jpg"))
            link.symlink_to(Path(run.file(kind, name)).resolve())
    rows = pa.Table.from_pylist(outcomes, OUTCOME_SCHEMA)
    write_groups(large.file("outcomes", "part-00000.parquet"), [rows], OUTCOME_SCHEMA)
    write_groups(large.file("frames", "part-00000.parquet"), groups, FRAME_SCHEMA)
    return large


def _look(path: Path, screenshot: str | None) -> None:
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        print("no Chromium on this machine: its times are left out")
        return
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        page.goto(f"file://{path}")
        page.wait_for_timeout(1000)
        times = page.evaluate(_TIMES)
        print(f"script done after {times['script']:.0f} ms, pictures of the first screen after {times['painted']:.0f} ms")
        print(f"a search takes {page.evaluate(_SEARCH):.0f} ms; cards made by then {page.locator('.card').count()}")
        times_ms = _press_keys(page)
        print(f"a key of the review takes {statistics.median(times_ms):.0f} ms in the median and {max(times_ms):.0f} at most")
        if screenshot:
            page.screenshot(path=screenshot)
        browser.close()


def _press_keys(page: Page) -> list[float]:
    """Return the milliseconds of each of many verdicts, one video after the other."""
    page.evaluate("document.getElementById('search').value = ''; chooseVideos()")
    page.evaluate(_WATCH_KEYS)
    page.get_by_role("button", name="Review the next one").click()
    for _ in range(_NUM_KEYS):
        page.keyboard.press("a")
        page.wait_for_timeout(50)
    return page.evaluate("window.keyTimes")


if __name__ == "__main__":
    main()
