from pathlib import Path

import numpy as np
import pytest
import torch

from ike_ray.config import VideoConfig
from ike_ray.errors import ConfigError
from ike_ray.flow.dis import estimate_dis
from ike_ray.flow.raft import Raft
from ike_ray.flow.warp import evaluate_warp
from ike_ray.video.clip import read_clip
from tests.torchvision_without_cuda import declare_operators

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def _torchvision() -> None:
    declare_operators()
    pytest.importorskip("torchvision")


@pytest.fixture
def weights(shared_data: Path) -> str:
    return str(shared_data / "weights" / "raft-small.pth")


@pytest.mark.parametrize("name", ["soccerball", "rollerblade"])
def test_the_published_weights_explain_real_frames_better_than_dis(shared_data: Path, weights: str, name: str) -> None:
    frames = shared_data / "davis" / "JPEGImages" / "480p" / name
    clip = read_clip(str(frames), VideoConfig(stop_frame=3, working_area_px=4 * 23296))
    ours = Raft("raft_small", weights, 12, CPU).estimate(clip.frames)
    theirs = estimate_dis(clip.frames)
    assert ours.forward.shape == theirs.forward.shape
    assert evaluate_warp(clip.frames, ours.forward) < evaluate_warp(clip.frames, theirs.forward)
    # Backward flow is the forward flow of the reversed clip.
    reversed_clip = np.ascontiguousarray(clip.frames[::-1])
    assert evaluate_warp(reversed_clip, ours.backward[::-1]) < evaluate_warp(reversed_clip, theirs.backward[::-1])


def test_a_small_frame_and_a_single_one_will_do(weights: str) -> None:
    raft = Raft("raft_small", weights, 2, CPU)
    assert raft.estimate(np.zeros((2, 48, 80, 3), np.uint8)).forward.shape == (1, 48, 80, 2)
    assert raft.estimate(np.zeros((1, 48, 80, 3), np.uint8)).forward.shape == (0, 48, 80, 2)


def test_weights_of_the_other_size_are_told(weights: str) -> None:
    with pytest.raises(ConfigError, match="does not fit this RAFT"):
        Raft("raft_large", weights, 2, CPU)
