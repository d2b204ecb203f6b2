import importlib.util
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from ike_ray.config import VideoConfig
from ike_ray.datasets.open import list_sequences
from ike_ray.errors import ConfigError
from ike_ray.flow.dis import estimate_dis
from ike_ray.flow.raft import Raft
from ike_ray.flow.warp import evaluate_mask_error
from ike_ray.video.clip import read_clip
from tests.torchvision_without_cuda import declare_operators

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def _torchvision() -> None:
    if importlib.util.find_spec("torchvision") is None:
        pytest.skip("torchvision is not installed")
    declare_operators()


@pytest.fixture
def weights(shared_data: Path) -> str:
    return str(shared_data / "weights" / "raft-small.pth")


def test_the_published_weights_follow_fast_objects_better_than_dis(shared_data: Path, weights: str) -> None:
    """Every fourth frame of three clips with fast objects: what RAFT carries is nearer to the true masks, both ways."""
    config = VideoConfig(start_frame=1, stop_frame=18, stride=4, working_area_px=4 * 23296)
    errors = []
    for sequence in list_sequences("davis2016", str(shared_data / "davis"), "train"):
        if sequence.name in ("motocross-bumps", "rollerblade", "soccerball"):
            clip = read_clip(str(shared_data / "davis" / "JPEGImages" / "480p" / sequence.name), config)
            raft, dis = Raft("raft_small", weights, 12, CPU).estimate(clip.frames), estimate_dis(clip.frames)
            masks = [frame.read_mask() for frame in sequence.scored_frames if frame.index in clip.frame_indices]
            size = clip.frames.shape[2], clip.frames.shape[1]
            small = np.stack([cv2.resize(mask.astype(np.uint8), size) > 0 for mask in masks])
            errors.append([evaluate_mask_error(small, flow) for flow in (raft, dis)])
            assert raft.backward.shape == dis.backward.shape
    with_raft, with_dis = np.mean(errors, axis=0)
    assert with_raft < 0.8 * with_dis


def test_a_small_frame_and_a_single_one_will_do(weights: str) -> None:
    raft = Raft("raft_small", weights, 2, CPU)
    assert raft.estimate(np.zeros((2, 48, 80, 3), np.uint8)).forward.shape == (1, 48, 80, 2)
    assert raft.estimate(np.zeros((1, 48, 80, 3), np.uint8)).forward.shape == (0, 48, 80, 2)


def test_weights_of_the_other_size_are_told(weights: str) -> None:
    with pytest.raises(ConfigError, match="does not fit this RAFT"):
        Raft("raft_large", weights, 2, CPU)
