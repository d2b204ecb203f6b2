"""M s, by both ways of computing it and link by link."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from ike_ray.config import PublishedGraphConfig
from ike_ray.graph.published.compiled_graph import CompiledGraph, build_compiled_graph
from ike_ray.graph.published.lattice_graph import build_lattice_graph
from ike_ray.graph.published.operator import SpaceTimeGraph
from ike_ray.graph.published.power_iteration import build_graph
from tests.reference.dense_graph import build_dense_graph
from tests.reference.literal_graph import build_literal_graph

Build = Callable[[torch.Tensor, torch.Tensor, PublishedGraphConfig], SpaceTimeGraph]
CONFIG = PublishedGraphConfig(reach_frames=3, motion_reach_frames=2, sigma_frames=2.0)


@pytest.fixture(params=[build_compiled_graph, build_lattice_graph, build_literal_graph])
def build(request: pytest.FixtureRequest) -> Build:
    return request.param


def draw_flow(rng: np.random.Generator, num_steps: int, scale: float) -> tuple[torch.Tensor, torch.Tensor]:
    shape = (num_steps, 5, 7, 2)
    return tuple(torch.from_numpy(rng.normal(0, scale, shape).astype(np.float32)) for _ in range(2))


@pytest.mark.parametrize("scale", [0.0, 0.4, 3.0, 50.0, 1e6])
def test_it_multiplies_like_the_dense_matrix(rng: np.random.Generator, build: Build, scale: float) -> None:
    """Still, slow, fast, and out of the image, near and far: the same product as the matrix built link by link."""
    forward, backward = draw_flow(rng, 4, scale)
    dense = build_dense_graph(forward.numpy(), backward.numpy(), 3, 2.0)
    values = torch.rand(5, 5, 7)
    graph = build(forward, backward, CONFIG)
    for _ in range(2):  # what a graph works with is used again
        np.testing.assert_allclose(graph.propagate(values).numpy().ravel(), dense @ values.numpy().ravel(), rtol=2e-6)


def test_whole_pixels_are_linked_twice(build: Build) -> None:
    """Flow in whole pixels: floor and ceil coincide in both axes, so every link counts four times."""
    forward = torch.ones(1, 4, 4, 2)
    graph = build(forward, -forward, PublishedGraphConfig(reach_frames=1, motion_reach_frames=1, sigma_frames=1.0))
    only = torch.zeros(2, 4, 4)
    only[0, 1, 1] = 1
    expected = only.clone()
    expected[1, 2, 2] = 2 * 4 * np.exp(-0.5)  # forward from (1, 1) and backward from (2, 2)
    torch.testing.assert_close(graph.propagate(only), expected)


def test_it_is_symmetric(rng: np.random.Generator, build: Build) -> None:
    graph = build(*draw_flow(rng, 6, 1.5), CONFIG)
    first, second = torch.rand(2, 7, 5, 7, dtype=torch.float32).unbind()
    left, right = (first * graph.propagate(second)).sum(), (graph.propagate(first) * second).sum()
    torch.testing.assert_close(left, right)


def test_soft_masks_may_lie_in_memory_in_any_order(rng: np.random.Generator, build: Build) -> None:
    graph = build(*draw_flow(rng, 4, 1.0), CONFIG)
    values = torch.rand(5, 5, 7)
    turned = values.permute(2, 0, 1).contiguous().permute(1, 2, 0)
    torch.testing.assert_close(graph.propagate(turned), graph.propagate(values))
    out = torch.empty_like(values)
    assert graph.propagate(values, out=out) is out
    torch.testing.assert_close(out, graph.propagate(values))


def test_one_frame_has_no_links(build: Build) -> None:
    nothing = torch.zeros(0, 5, 7, 2)
    values = torch.rand(1, 5, 7)
    torch.testing.assert_close(build(nothing, nothing, CONFIG).propagate(values), values)


@pytest.mark.parametrize("width", [1, 15, 16, 17, 40])
@pytest.mark.parametrize("kind", ["smooth", "rough", "whole pixels"])
def test_links_are_tied_without_loss(width: int, kind: str, generator: torch.Generator) -> None:
    """Widths that sixteen divides and others; chains that move together, each for itself, and on pixels."""
    forward = 3 * torch.randn((4, 1, 1, 2), generator=generator).expand(4, 6, width, 2).contiguous()
    if kind == "rough":
        forward = forward + torch.randn(forward.shape, generator=generator)
    if kind == "whole pixels":
        forward = forward.round() + 0.5 * (torch.arange(width) % 3 == 0)[:, None]
    graph = build_compiled_graph(forward, -forward, CONFIG)
    values = torch.rand((5, 6, width), generator=generator)
    torch.testing.assert_close(graph.propagate(values), build_lattice_graph(forward, -forward, CONFIG).propagate(values))


def test_chains_that_move_together_are_one_bundle() -> None:
    forward = torch.full((1, 4, 32, 2), 0.3)
    graph = build_compiled_graph(forward, -forward, CONFIG)
    links = [links for share in graph.shares for links in share]
    assert sum(len(part.bundles) for part in links) == 2 * 4 * 2  # frames, rows, sixteens
    assert not any(len(part.pixel_bundles) for part in links)


@pytest.mark.parametrize("num_threads", [1, 2, 8])
def test_any_number_of_threads(rng: np.random.Generator, num_threads: int) -> None:
    forward, backward = draw_flow(rng, 4, 1.0)
    values = torch.rand(5, 5, 7)
    before = torch.get_num_threads()
    torch.set_num_threads(num_threads)
    try:
        product = build_compiled_graph(forward, backward, CONFIG).propagate(values)
    finally:
        torch.set_num_threads(before)
    torch.testing.assert_close(product, build_lattice_graph(forward, backward, CONFIG).propagate(values))


def test_a_cpu_gets_the_compiled_one(rng: np.random.Generator) -> None:
    assert isinstance(build_graph(*draw_flow(rng, 2, 1.0), CONFIG), CompiledGraph)
