"""The one place that decides how a device multiplies by the space-time graph."""

from jaxtyping import Float32
from torch import Tensor

from ike_ray.config import GraphConfig
from ike_ray.graph.lattice_graph import build_lattice_graph
from ike_ray.graph.operator import SpaceTimeGraph


def build_graph(
    forward: Float32[Tensor, "s h w 2"], backward: Float32[Tensor, "s h w 2"], config: GraphConfig
) -> SpaceTimeGraph:
    """The graph of a video from its flow, for the flow's device. Without flow (a single frame) M is the identity."""
    match forward.device.type:
        case "cpu":
            # Not above: numba takes 60 MB of every worker, and the default method has no use for it.
            from ike_ray.graph.compiled_graph import build_compiled_graph  # noqa: PLC0415

            return build_compiled_graph(forward, backward, config)
        case _:
            return build_lattice_graph(forward, backward, config)
