from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
from pycocotools import mask as coco_mask

from ike_ray.config import Config, OutputConfig, RefineConfig, VideoConfig
from ike_ray.flow.dis import estimate_dis
from ike_ray.flow.flo import read_flow_files
from ike_ray.masks.rle import read_rle
from ike_ray.records import Layers, SegmentedFrames, VideoRef, WindowRecord
from ike_ray.refine.frames import refine_frames
from ike_ray.run.description import create_run
from ike_ray.run.folder import RunFolder
from ike_ray.run.tiles import TILE_HEIGHT_PX, TileKeeper
from ike_ray.run.write import write_part, write_whole
from ike_ray.video.clip import read_clip
from ike_ray.video.write import write_video

VIDEO_CONFIG = VideoConfig(working_size_px=(48, 64), stride=2)
ALL = OutputConfig(masks_png=True, soft_png=True, overlay_mp4=True, flow_flo=True, strip_frames=3)


@pytest.fixture
def written(tmp_path: Path, rng: np.random.Generator) -> tuple[RunFolder, VideoRef, SegmentedFrames]:
    """A noise video of nine frames, every second one segmented; the object is the left half, in the last frame nothing."""
    uri = f"{tmp_path}/v.mp4"
    write_video(uri, (rng.integers(0, 256, (96, 128, 3), np.uint8) for _ in range(9)), 10.0)
    ref = VideoRef(video_id="sub/v.mp4", uri=uri)
    clip = read_clip(uri, VIDEO_CONFIG)
    soft = np.zeros((5, 48, 64), np.float32)
    soft[:4, :, :32] = 0.8
    flow = estimate_dis(clip.frames)
    part = SegmentedFrames(
        clip=clip,
        soft_masks=soft,
        thresholds=np.array([0.4, 0.5, 0.3, 0.4, 0.4]),
        objects=None,
        confidences=np.array([0.9, 0.8, 0.7, 0.6, 0.5]),
        flow=flow,
        flow_frame_indices=clip.frame_indices,
        layers=Layers(motion=np.concatenate([flow.forward, flow.forward[-1:]]), graph=soft, cue=1 - soft),
        record=WindowRecord(window=2, shot=1, history=(), is_converged=False),
    )
    run = create_run(f"{tmp_path}/run", Config(), "v.mp4", [])
    _write(run, ref, part)
    return run, ref, part


def _write(run: RunFolder, ref: VideoRef, part: SegmentedFrames) -> None:
    keeper = TileKeeper(ALL.strip_frames)
    rows = write_part(run, part, ALL, ref=ref, masks=keeper.watch(part, refine_frames(part, RefineConfig(edges="none"))))
    write_whole(run, rows, keeper.list_tiles(), ALL, ref=ref, fps=part.clip.fps, video_config=VIDEO_CONFIG)


def test_rows_say_what_was_found(written: tuple[RunFolder, VideoRef, SegmentedFrames]) -> None:
    run, ref, _ = written
    rows = pd.read_parquet(run.file("inbox", "frames"))
    assert rows["frame_index"].tolist() == [0, 2, 4, 6, 8]
    np.testing.assert_allclose(rows["timestamp_s"], [0, 0.2, 0.4, 0.6, 0.8])
    assert (set(rows["shot"]), set(rows["window"])) == ({1}, {2})
    assert rows["cut"].tolist() == [0.4, 0.5, 0.3, 0.4, 0.4]
    assert rows["confidence"].tolist() == [0.9, 0.8, 0.7, 0.6, 0.5]
    assert rows["objects"].isna().all()
    assert rows["area_fraction"].tolist() == [0.5] * 4 + [0]
    assert rows["box"][0].tolist() == [0, 0, 64, 96]
    assert rows["box"][4] is None
    assert rows["mean_score"][0] == pytest.approx(0.8, abs=0.02)
    assert np.isnan(rows["mean_score"][4])
    expected = np.broadcast_to(np.arange(128) < 64, (96, 128))
    np.testing.assert_array_equal(read_rle(rows["mask"][0]), expected)
    np.testing.assert_array_equal(coco_mask.decode(rows["mask"][0]).astype(bool), expected)
    assert set(rows["video_id"]) == {ref.video_id}


def test_pictures_are_written_on_request(written: tuple[RunFolder, VideoRef, SegmentedFrames]) -> None:
    run, ref, part = written
    name = run.video_name(ref.video_id)
    folder = Path(run.uri)
    assert [path.name for path in sorted((folder / "masks" / name).iterdir())] == [f"{i:05d}.png" for i in (0, 2, 4, 6, 8)]
    mask = cv2.imread(str(folder / "masks" / name / "00000.png"), cv2.IMREAD_UNCHANGED)
    assert set(np.unique(mask)) == {0, 255}
    soft = cv2.imread(str(folder / "soft" / name / "00000.png"), cv2.IMREAD_UNCHANGED)
    assert soft.dtype == np.uint16
    assert soft[50, 20] == round(0.8 * 65535)
    width = 3 * round(128 / 96 * TILE_HEIGHT_PX)
    assert cv2.imread(str(folder / "strips" / f"{name}.jpg")).shape == (TILE_HEIGHT_PX, width, 3)
    assert cv2.imread(str(folder / "layers" / f"{name}.jpg")).shape == (4 * TILE_HEIGHT_PX, width, 3)
    overlay = read_clip(str(folder / "overlays" / f"{name}.mp4"), VideoConfig())
    assert (len(overlay.frames), overlay.height, overlay.width, overlay.fps) == (5, 96, 128, 5.0)
    read = read_flow_files(run.file("flow", ref.video_id), part.clip.frame_indices, 48, 64)
    np.testing.assert_array_equal(read.forward, part.flow.forward)


def test_several_objects_are_written_under_their_numbers(
    written: tuple[RunFolder, VideoRef, SegmentedFrames], tmp_path: Path
) -> None:
    _, ref, part = written
    objects = np.zeros(part.soft_masks.shape, np.uint8)
    objects[:4, :24, :32], objects[:3, 24:, :32] = 3, 7
    run = create_run(f"{tmp_path}/objects", Config(), "v.mp4", [])
    _write(run, ref, replace(part, objects=objects))
    table = pd.read_parquet(run.file("inbox", "frames"))
    assert [[entry["number"] for entry in row] for row in table["objects"]] == [[3, 7]] * 3 + [[3], []]
    first = table["objects"][0][0]
    np.testing.assert_array_equal(read_rle(first["mask"])[:, 10], np.arange(96) < 48)
    assert (first["box"].tolist(), first["area_fraction"]) == ([0, 0, 64, 48], 0.25)
    name = run.video_name(ref.video_id)
    mask = cv2.imread(f"{run.uri}/masks/{name}/00000.png", cv2.IMREAD_UNCHANGED)
    assert (mask[10, 10], mask[90, 10], mask[10, 100]) == (3, 7, 0)
    strip = cv2.imread(f"{run.uri}/strips/{name}.jpg").astype(int)
    # Noise frames: the mean over a region tells the tint. Object 3 is pink, object 7 red, so blue differs.
    assert strip[:80, :105, 0].mean() > strip[100:, :105, 0].mean() + 20


def test_nothing_temporary_is_left(written: tuple[RunFolder, VideoRef, SegmentedFrames]) -> None:
    assert not [path for path in Path(written[0].uri).rglob("*") if path.name.startswith(".")]
