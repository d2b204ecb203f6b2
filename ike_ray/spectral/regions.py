"""An image divided into regions: patches whose places among the eigenvectors lie together."""

import numpy as np
from einops import rearrange
from jaxtyping import Float32, Float64, Int, UInt8
from sklearn.cluster import KMeans

from ike_ray.config import RegionsConfig
from ike_ray.spectral.localize import list_border
from ike_ray.spectral.maps import EigenMaps
from ike_ray.spectral.pixel_mask import resize_map

_NUM_STARTS = 10  # of k-means, which finds the nearest local minimum; the best start counts


def cluster_regions(
    eigen: EigenMaps, config: RegionsConfig, height: int, width: int, *, seed: int
) -> UInt8[np.ndarray, "H W"]:
    """The number of the region of each pixel: 0 is background, and only that; the others from 1, the largest first.

    k-means on v_1, v_2, ... of all patches; a pixel goes to the nearest centre of its place among the eigenvectors, which is
    interpolated between patches. Background is the region with the largest share of the image's border. An image without
    eigenvectors that say anything is all background. Regions that no pixel is nearest to have no number.

    Source: Melas-Kyriazi et al., CVPR 2022, on semantic segmentation.
    """
    if len(eigen.maps) == 0:
        return np.zeros((height, width), np.uint8)
    places = rearrange(eigen.maps, "k h w -> (h w) k").astype(np.float64)
    num_regions = min(config.num_regions or estimate_num_regions(eigen.values), len(np.unique(places, axis=0)))
    clusters = KMeans(num_regions, n_init=_NUM_STARTS, random_state=seed).fit(places)
    return _number(_find_nearest(eigen.maps, clusters.cluster_centers_, height, width), num_regions)


def estimate_num_regions(values: Float32[np.ndarray, " k"]) -> int:
    """One more than the position of the largest gap among the eigenvalues l_1, l_2, ...: 2 where l_1 stands alone.

    The gap between l_0 = 0 and l_1 does not count: it would make one region. Source: Melas-Kyriazi et al., CVPR 2022,
    on semantic segmentation.
    """
    return 2 if len(values) < 2 else int(np.diff(values).argmax()) + 2


def _find_nearest(
    maps: Float32[np.ndarray, "k h w"], centres: Float64[np.ndarray, "c k"], height: int, width: int
) -> Int[np.ndarray, "H W"]:
    """Of each pixel the nearest centre, one centre at a time.

    |v - c|^2 is |v|^2, the same for all centres, and a part that is linear in v, which can be interpolated in its place.
    """
    nearest, smallest = np.zeros((height, width), np.int64), np.full((height, width), np.inf, np.float32)
    for number, centre in enumerate(centres):
        part = (centre @ centre - 2 * np.tensordot(centre, maps, axes=1)).astype(np.float32)
        distances = resize_map(part, height, width)
        nearest[distances < smallest] = number
        smallest = np.minimum(smallest, distances)
    return nearest


def _number(clusters: Int[np.ndarray, "H W"], num_clusters: int) -> UInt8[np.ndarray, "H W"]:
    """Background first, then by area."""
    areas = np.bincount(clusters.ravel(), minlength=num_clusters)
    shares = np.bincount(list_border(clusters), minlength=num_clusters)
    order = np.argsort(-areas, kind="stable")
    background = shares.argmax()
    names = np.zeros(num_clusters, np.uint8)
    names[[cluster for cluster in order if cluster != background]] = np.arange(1, num_clusters)
    return names[clusters]
