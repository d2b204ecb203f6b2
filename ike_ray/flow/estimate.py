"""The one place that decides how flow is found."""

from collections.abc import Callable

import torch

from ike_ray.config import FlowConfig
from ike_ray.flow.dis import estimate_dis
from ike_ray.flow.flo import read_flow_files
from ike_ray.flow.raft import Raft
from ike_ray.records import Clip, Flow
from ike_ray.storage.files import join_uri, safe_path

FlowEstimator = Callable[[Clip, str], Flow]


def build_flow_estimator(config: FlowConfig, device: torch.device) -> FlowEstimator:
    """A function of a clip and its video id that returns the clip's flow; loads weights once, here.

    Raises `ConfigError` where the weights cannot be used; the function raises `InputError` where a `.flo` file cannot.
    """
    match config.method:
        case "dis":
            return lambda clip, video_id: estimate_dis(clip.frames)
        case "raft_small" | "raft_large":
            assert config.weights is not None
            raft = Raft(config.method, config.weights, config.raft_updates, device)
            return lambda clip, video_id: raft.estimate(clip.frames)
        case "files":
            folder = config.folder or ""
            return lambda clip, video_id: read_flow_files(
                join_uri(folder, safe_path(video_id)), clip.frame_indices, *clip.frames.shape[1:3]
            )
