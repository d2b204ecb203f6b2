"""Draw every picture of the README and of the pages: `python -m benchmarks.pictures docs/images`

All clips are drawn by `ike_ray.drawn`, from seeds that the motion network did not learn from, and segmented with the default
settings, so no picture shows anybody's video. It writes

    teaser.webp       three clips, moving: as they are, and with the masks that were found
    fails-*.webp      clips with wrong masks: the truth is at the left, what was found at the right, and J is printed
    method-*.webp     the stages of one frame
    report.png, report-video.png    the page of a run over drawn clips, in the Chromium of this machine

`--only` names some of teaser, fails, method, report.
"""

import argparse
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from jaxtyping import Bool, Float32, UInt8
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from ike_ray.cli.app import main as run_command
from ike_ray.config import Config
from ike_ray.cycle.known import Known
from ike_ray.cycle.run import CycleMaps, run_cycles
from ike_ray.cycle.witnesses import ask_witnesses, choose_far_gaps
from ike_ray.drawn.scene import draw_scene
from ike_ray.flow.estimate import build_flow_estimator
from ike_ray.flow.far import estimate_far_flows
from ike_ray.graph.walk import build_chain_walk
from ike_ray.masks.overlay import render_overlay
from ike_ray.masks.png import build_mask_png
from ike_ray.metrics.jaccard import evaluate_jaccard
from ike_ray.records import Clip, FarFlow, Flow
from ike_ray.refine.frames import enlarge_soft_mask
from ike_ray.run.tiles import render_flow
from ike_ray.settings import read_config
from ike_ray.timing import Stopwatch
from ike_ray.video.clip import read_clip

# A seed draws another clip at another size or length, so each picture says all three.
_LARGE, _SMALL = (16, 270, 480), (24, 180, 320)
_TEASER = ((5004, _LARGE), (5008, _LARGE), (1405011, _LARGE))
_FAILS = {
    "water": (6007, _SMALL, 0.5),  # the last number says where in the clip the frame is
    "pole": (5022, _LARGE, 0.5),
    "plain": (5009, _LARGE, 0.5),
    "several": (5017, _LARGE, 0.5),
    "rest": (6003, _SMALL, 0.2),
}
_METHOD = (5008, _LARGE)
_REPORT = ((5004, _LARGE), (5006, _LARGE), (5008, _LARGE), (5009, _LARGE), (5011, _LARGE), (5012, _LARGE), (1405011, _LARGE))
_TILE_PX = (320, 180)
_FRAME_MS = 110
_QUALITY = 70


@dataclass(frozen=True, kw_only=True)
class Segmented:
    """A drawn clip, its truth, and what was found in it."""

    frames: UInt8[np.ndarray, "m H W 3"]
    truth: Bool[np.ndarray, "m H W"]
    masks: Bool[np.ndarray, "m H W"]
    clip: Clip
    flow: Flow
    far_flows: tuple[FarFlow, ...]
    maps: CycleMaps


def main() -> None:
    """Write the pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", metavar="FOLDER")
    parser.add_argument("--only", nargs="+", choices=["teaser", "fails", "method", "report"])
    arguments = parser.parse_args()
    folder, config = Path(arguments.folder), read_config(Path("configs/default.yaml").read_text())
    folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    for name, write in (("teaser", _write_teaser), ("fails", _write_fails), ("method", _write_method)):
        if not arguments.only or name in arguments.only:
            write(folder, config)
    if not arguments.only or "report" in arguments.only:
        _write_report(folder)


def _segment(seed: int, shape: tuple[int, int, int], config: Config) -> Segmented:
    scene = draw_scene(seed, num_frames=shape[0], height=shape[1], width=shape[2])
    with tempfile.TemporaryDirectory() as place:
        for index, frame in enumerate(scene.frames):
            Image.fromarray(frame).save(f"{place}/{index:05d}.png")
        clip = read_clip(place, config.video)
    estimate_flow = build_flow_estimator(config.flow, torch.device("cpu"))
    flow = estimate_flow(clip, str(seed))
    far_flows = estimate_far_flows(clip, choose_far_gaps(config), flow, lambda part: estimate_flow(part, str(seed)))
    known = Known(far_flows=far_flows)
    found = run_cycles(clip.frames, flow, config, device=torch.device("cpu"), stopwatch=Stopwatch(), known=known).last
    soft_masks = (
        enlarge_soft_mask(soft, frame, shape[1:], config.refine)
        for soft, frame in zip(found.answer, clip.flow_frames, strict=True)
    )
    masks, truth = np.stack([soft > found.threshold for soft in soft_masks]), scene.opacity > 127
    print(f"seed {seed}: J {evaluate_jaccard(masks, truth).mean():.2f}", flush=True)
    return Segmented(frames=scene.frames, truth=truth, masks=masks, clip=clip, flow=flow, far_flows=far_flows, maps=found)


def _write_teaser(folder: Path, config: Config) -> None:
    clips = [_segment(seed, shape, config) for seed, shape in _TEASER]
    pictures = []
    for index in range(len(clips[0].frames)):
        above = [_resize(clip.frames[index]) for clip in clips]
        below = [_resize(render_overlay(clip.frames[index], {1: clip.masks[index]})) for clip in clips]
        pictures.append(Image.fromarray(np.concatenate([np.concatenate(row, axis=1) for row in (above, below)])))
    moving = pictures + pictures[-2:0:-1]  # there and back, so that it does not jump
    path = folder / "teaser.webp"
    moving[0].save(path, save_all=True, append_images=moving[1:], duration=_FRAME_MS, loop=0, quality=_QUALITY, method=6)


def _write_fails(folder: Path, config: Config) -> None:
    for name, (seed, shape, share) in _FAILS.items():
        clip = _segment(seed, shape, config)
        index = round(share * (shape[0] - 1))
        both = [render_overlay(clip.frames[index], {1: masks[index]}) for masks in (clip.truth, clip.masks)]
        _save(np.concatenate([_resize(picture) for picture in both], axis=1), folder / f"fails-{name}.webp")


def _write_method(folder: Path, config: Config) -> None:
    seed, shape = _METHOD
    clip = _segment(seed, shape, config)
    index = shape[0] // 2
    walk = build_chain_walk(torch.from_numpy(clip.flow.forward), torch.from_numpy(clip.flow.backward), 7.0)
    witnesses = ask_witnesses(walk, clip.clip.frames, config.graph, Known(far_flows=clip.far_flows))
    assert witnesses.motion is not None
    assert witnesses.learned_motion is not None
    assert witnesses.saliency is not None
    stages = {
        "frame": clip.frames[index],
        "flow": render_flow(clip.flow.forward[index]),
        "motion": _render_grey(witnesses.motion[index].numpy()),
        "network": _render_grey(witnesses.learned_motion[index].numpy()),
        "saliency": _render_grey(witnesses.saliency[index].numpy()),
        "cue": _render_grey(clip.maps.cue[index]),
        "graph": _render_grey(clip.maps.graph[index]),
        "labels": _render_grey(clip.maps.labels[index]),
        "mask": render_overlay(clip.frames[index], {1: clip.masks[index]}),
    }
    for name, picture in stages.items():
        _save(_resize(picture), folder / f"method-{name}.webp")


def _render_grey(soft_mask: Float32[np.ndarray, "h w"]) -> UInt8[np.ndarray, "h w 3"]:
    return np.repeat(np.rint(soft_mask * 255).astype(np.uint8)[..., None], 3, axis=2)


def _resize(picture: UInt8[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "180 320 3"]:
    return cv2.resize(picture, _TILE_PX, interpolation=cv2.INTER_AREA)


def _save(picture: UInt8[np.ndarray, "h w 3"], path: Path) -> None:
    Image.fromarray(picture).save(path, quality=_QUALITY, method=6)


def _write_report(folder: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="drawn-") as place:
        lines = []
        for number, (seed, shape) in enumerate(_REPORT, start=1):
            scene = draw_scene(seed, num_frames=shape[0], height=shape[1], width=shape[2])
            for index, (frame, opacity) in enumerate(zip(scene.frames, scene.opacity, strict=True)):
                names = [f"{kind}/480p/drawn-{number}/{index:05d}" for kind in ("JPEGImages", "Annotations")]
                paths = [Path(place, f"{name}.{ending}") for name, ending in zip(names, ("jpg", "png"), strict=True)]
                for path in paths:
                    path.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(frame).save(paths[0], quality=92)
                paths[1].write_bytes(build_mask_png(opacity > 127))
                lines.append(" ".join(f"/{path.relative_to(place)}" for path in paths))
        Path(place, "ImageSets", "480p").mkdir(parents=True)
        Path(place, "ImageSets", "480p", "demo.txt").write_text("\n".join(lines) + "\n")
        with chdir(place):  # the page shows the paths that it was given
            _run("segment", "JPEGImages/480p", "--out", "run", "--config", "default")
            _run("evaluate", "run", "--root", ".", "--split", "demo")
            _run("report", "run")
        with _open_browser(1200, 1000) as page:
            page.goto(f"file://{place}/run/report.html")
            page.wait_for_load_state("networkidle")
            page.screenshot(path=folder / "report.png")
            page.locator(".card").first.click()
            page.wait_for_timeout(500)
            page.screenshot(path=folder / "report-video.png")


def _run(*words: str) -> None:
    try:
        run_command(words)
    except SystemExit as ending:
        if ending.code:
            raise


@contextmanager
def _open_browser(width: int, height: int) -> Iterator[Page]:
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield browser.new_page(viewport={"width": width, "height": height})
        browser.close()


if __name__ == "__main__":
    main()
