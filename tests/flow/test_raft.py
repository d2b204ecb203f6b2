import importlib.util
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from ike_ray.config import FlowConfig, VideoConfig
from ike_ray.datasets.open import list_sequences
from ike_ray.errors import ConfigError
from ike_ray.flow.dis import estimate_dis
from ike_ray.flow.raft import Raft, RaftSize
from ike_ray.flow.warp import evaluate_mask_error
from ike_ray.precision import Precision
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


def load(weights: str, num_updates: int, precision: Precision = "float32") -> Raft:
    config = FlowConfig(method="raft_small", weights=weights, raft_updates=num_updates, precision=precision)
    return Raft("raft_small", config, CPU)


@pytest.mark.parametrize("size", ["raft_small", "raft_large"])
def test_encoding_each_frame_once_is_torchvisions_flow_of_each_pair(size: RaftSize, tmp_path: Path) -> None:
    """Fresh weights will do, and for the large model there are none here: every step must be the same."""
    from torchvision.models import optical_flow  # after its operators are declared

    torch.manual_seed(0)
    model = getattr(optical_flow, size)().eval()
    torch.save(model.state_dict(), tmp_path / "raft.pth")
    config = FlowConfig(method=size, weights=str(tmp_path / "raft.pth"), raft_updates=3, precision="float32")
    frames = np.random.default_rng(0).integers(0, 256, (3, 136, 168, 3), np.uint8)  # 17 x 21 features: odd at each level
    flow = Raft(size, config, CPU).estimate(frames)
    images = torch.from_numpy(frames).permute(0, 3, 1, 2) / 127.5 - 1
    with torch.inference_mode():
        forward = model(images[:-1], images[1:], num_flow_updates=3)[-1].permute(0, 2, 3, 1).numpy()
        backward = model(images[1:], images[:-1], num_flow_updates=3)[-1].permute(0, 2, 3, 1).numpy()
    np.testing.assert_allclose(flow.forward, forward, atol=1e-3 * np.abs(forward).max())
    np.testing.assert_allclose(flow.backward, backward, atol=1e-3 * np.abs(backward).max())


def test_half_the_precision_is_a_small_part_of_the_motion(shared_data: Path, weights: str) -> None:
    """On a CPU without instructions for it this compares float32 with itself."""
    config = VideoConfig(stop_frame=3, flow_area_px=2 * 23296)
    frames = read_clip(str(shared_data / "davis" / "JPEGImages" / "480p" / "rollerblade"), config).flow_frames
    exact, rounded = (load(weights, 12, precision).estimate(frames).forward for precision in ("float32", "bfloat16"))
    assert np.abs(exact - rounded).mean() < 0.02 * np.abs(exact).mean()


def test_the_published_weights_follow_fast_objects_better_than_dis(shared_data: Path, weights: str) -> None:
    """Every fourth frame of three clips with fast objects: what RAFT carries is nearer to the true masks, both ways."""
    config = VideoConfig(start_frame=1, stop_frame=18, stride=4, working_area_px=4 * 23296)
    errors = []
    for sequence in list_sequences("davis2016", str(shared_data / "davis"), "train"):
        if sequence.name in ("motocross-bumps", "rollerblade", "soccerball"):
            clip = read_clip(str(shared_data / "davis" / "JPEGImages" / "480p" / sequence.name), config)
            raft, dis = load(weights, 12).estimate(clip.frames), estimate_dis(clip.frames)
            masks = [frame.read_mask() for frame in sequence.scored_frames if frame.index in clip.frame_indices]
            size = clip.frames.shape[2], clip.frames.shape[1]
            small = np.stack([cv2.resize(mask.astype(np.uint8), size) > 0 for mask in masks])
            errors.append([evaluate_mask_error(small, flow) for flow in (raft, dis)])
            assert raft.backward.shape == dis.backward.shape
    with_raft, with_dis = np.mean(errors, axis=0)
    assert with_raft < 0.8 * with_dis


def test_a_small_frame_and_a_single_one_will_do(weights: str) -> None:
    raft = load(weights, 2)
    assert raft.estimate(np.zeros((2, 48, 80, 3), np.uint8)).forward.shape == (1, 48, 80, 2)
    assert raft.estimate(np.zeros((1, 48, 80, 3), np.uint8)).forward.shape == (0, 48, 80, 2)


def test_weights_of_the_other_size_are_told(weights: str) -> None:
    with pytest.raises(ConfigError, match="does not fit this RAFT"):
        Raft("raft_large", FlowConfig(method="raft_large", weights=weights), CPU)
