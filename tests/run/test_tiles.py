from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from ike_ray.config import RefineConfig
from ike_ray.records import Clip, Flow, FrameMask, Layers, SegmentedFrames, WindowRecord
from ike_ray.refine.frames import refine_frames
from ike_ray.run.tiles import LAYERS, TILE_HEIGHT_PX, TileKeeper, build_layers_jpeg, build_strip_jpeg, render_flow


def build_part(num_frames: int, first: int = 0) -> SegmentedFrames:
    """Grey frames of 60 x 90; the object is the left third, the graph's soft mask the upper half, its cue empty."""
    shape = (num_frames, 20, 30)
    soft, graph = np.zeros((2, *shape), np.float32)
    soft[:, :, :10], graph[:, :10] = 1, 1
    frames = np.full((num_frames, 40, 60, 3), 128, np.uint8)
    indices = np.arange(first, first + num_frames)
    steps = np.zeros((max(0, num_frames - 1), 20, 30, 2), np.float32)
    return SegmentedFrames(
        clip=Clip(
            frames=frames[:, ::2, ::2],
            flow_frames=frames,
            frame_indices=indices,
            timestamps_s=indices / 10,
            height=60,
            width=90,
            fps=10.0,
        ),
        soft_masks=soft,
        thresholds=np.full(num_frames, 0.5),
        objects=None,
        confidences=np.ones(num_frames),
        flow=Flow(forward=steps, backward=steps),
        flow_frame_indices=indices,
        layers=Layers(motion=np.zeros((*shape, 2), np.float32), graph=graph, cue=np.zeros(shape, np.float32)),
        record=WindowRecord(window=1, shot=1, history=(), is_converged=False),
    )


def watch(keeper: TileKeeper, part: SegmentedFrames) -> Iterator[FrameMask]:
    return keeper.watch(part, refine_frames(part, RefineConfig()))


def test_all_frames_of_a_short_video_are_kept() -> None:
    keeper = TileKeeper(6)
    assert [mask.frame_index for mask in watch(keeper, build_part(4))] == [0, 1, 2, 3]
    assert [tile.frame_index for tile in keeper.list_tiles()] == [0, 1, 2, 3]


@pytest.mark.parametrize("num_frames", [5, 9, 10, 23, 64, 100])
def test_tiles_are_spread_evenly_and_few_are_held(num_frames: int) -> None:
    keeper = TileKeeper(4)
    part_sizes = [num_frames // 3, num_frames - num_frames // 3]
    for size, first in zip(part_sizes, (0, part_sizes[0]), strict=True):
        for _ in watch(keeper, build_part(size, first)):
            assert len(keeper._kept) <= 8
    indices = [tile.frame_index for tile in keeper.list_tiles()]
    steps = np.diff(indices)
    assert len(indices) == 4
    assert indices[0] == 0
    assert indices[-1] >= num_frames - 1 - num_frames // 4
    assert steps.max() <= 2 * steps.min()


def test_pictures_have_a_column_a_tile_and_a_row_a_layer() -> None:
    keeper = TileKeeper(3)
    list(watch(keeper, build_part(3)))
    strip, layers = (
        cv2.imdecode(np.frombuffer(build(keeper.list_tiles()), np.uint8), cv2.IMREAD_COLOR).astype(int)
        for build in (build_strip_jpeg, build_layers_jpeg)
    )
    width = TILE_HEIGHT_PX * 90 // 60
    assert strip.shape == (TILE_HEIGHT_PX, 3 * width, 3)
    assert layers.shape == (len(LAYERS) * TILE_HEIGHT_PX, 3 * width, 3)
    tint = np.ptp(strip[90, width : 2 * width], axis=-1)
    assert tint[: width // 3 - 16].min() > 50
    assert tint[width // 3 + 16 : -16].max() < 10  # JPEG spreads colour over 16 pixels
    frame, flow, cue, graph = (layers[row * TILE_HEIGHT_PX : (row + 1) * TILE_HEIGHT_PX, :width] for row in range(4))
    assert abs(frame - 128).max() < 6
    assert flow.min() > 250  # no motion is white
    assert graph[:80].min() > 240
    assert graph[100:].max() < 15
    assert cue.max() < 6


def test_the_colour_of_flow_is_its_direction() -> None:
    flow = np.zeros((40, 60, 2), np.float32)
    flow[:, :20] = (9, 0)
    flow[:, 20:40] = (0, 9)
    flow[:, 40:] = (-0.2, 0)
    image = render_flow(flow)
    assert image[0, 0].tolist() == [255, 0, 0]
    assert np.abs(image[0, 30].astype(int) - [127, 255, 0]).max() <= 2
    assert image[0, 50].min() > 200
    assert image[0, 50].tolist() != [255, 255, 255]
