"""The one place that decides how a device computes the space-time graph and the projection onto its node features."""

from jaxtyping import Float32
from torch import Tensor

from ike_ray.config import GraphConfig
from ike_ray.graph.features import build_features
from ike_ray.graph.lattice_graph import build_lattice_graph
from ike_ray.graph.operator import SpaceTimeGraph
from ike_ray.graph.projection import Projector, build_projector

# What is compiled is imported where it is needed: numba takes 60 MB of every worker, and the default method does not use it.


def build_graph(
    forward: Float32[Tensor, "s h w 2"], backward: Float32[Tensor, "s h w 2"], config: GraphConfig
) -> SpaceTimeGraph:
    """The graph of a video from its flow, for the flow's device. Without flow (a single frame) M is the identity."""
    match forward.device.type:
        case "cpu":
            from ike_ray.graph.compiled_graph import build_compiled_graph  # noqa: PLC0415

            return build_compiled_graph(forward, backward, config)
        case _:
            return build_lattice_graph(forward, backward, config)


def build_feature_projector(
    forward: Float32[Tensor, "s h w 2"],
    backward: Float32[Tensor, "s h w 2"],
    cues: Float32[Tensor, "c m h w"] | None,
    config: GraphConfig,
) -> Projector:
    """The projection onto a video's motion features and, where there are cues, onto theirs; for the flow's device."""
    match forward.device.type:
        case "cpu":
            from ike_ray.graph.compiled_projection import build_compiled_projector  # noqa: PLC0415

            return build_compiled_projector(
                forward, backward, cues, motion_reach_frames=config.motion_reach_frames, ridge=config.ridge
            )
        case _:
            return build_projector(build_features(forward, backward, cues, config.motion_reach_frames), config.ridge)
