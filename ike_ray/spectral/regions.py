"""An image divided into regions: patches whose places among the eigenvectors lie together."""

import numpy as np
from einops import rearrange
from jaxtyping import Float32, Float64, Int, UInt8
from sklearn.cluster import KMeans

from ike_ray.config import RegionsConfig
from ike_ray.spectral.localize import list_border
from ike_ray.spectral.maps import EigenMaps
from ike_ray.spectral.pixel_mask import resize_map

_NUM_STARTS = 10  # k-means finds the nearest local minimum from each start, and the best one counts


def cluster_regions(
    eigen: EigenMaps, config: RegionsConfig, height: int, width: int, *, seed: int
) -> UInt8[np.ndarray, "H W"]:
    """Return the number of the region of each pixel. 0 is the background, and the others count from 1, the largest first.

    k-means finds the centres among the values of v_1, v_2, ... at all patches. These values are interpolated between patches,
    and a pixel belongs to the centre that is nearest to its own. The background is the region with the largest share of the
    image's border. If no eigenvector says anything, then the whole image is background. If no pixel is nearest to a centre,
    then no pixel has its number.

    Source: Melas-Kyriazi et al., CVPR 2022, on semantic segmentation.
    """
    if len(eigen.maps) == 0:
        return np.zeros((height, width), np.uint8)
    places = rearrange(eigen.maps, "k h w -> (h w) k").astype(np.float64)
    num_regions = min(config.num_regions or estimate_num_regions(eigen.values), len(np.unique(places, axis=0)))
    clusters = KMeans(num_regions, n_init=_NUM_STARTS, random_state=seed).fit(places)
    return _number(_find_nearest(eigen.maps, clusters.cluster_centers_, height, width), num_regions)


def estimate_num_regions(values: Float32[np.ndarray, " k"]) -> int:
    """Return one more than the position of the largest gap among the eigenvalues l_1, l_2, ..., or 2 if l_1 stands alone.

    The gap between l_0 = 0 and l_1 does not count, since it would make one region. Source: Melas-Kyriazi et al., CVPR 2022,
    on semantic segmentation.
    """
    return 2 if len(values) < 2 else int(np.diff(values).argmax()) + 2


def _find_nearest(
    maps: Float32[np.ndarray, "k h w"], centres: Float64[np.ndarray, "c k"], height: int, width: int
) -> Int[np.ndarray, "H W"]:
    """Return the nearest centre of each pixel, for which one centre is looked at after the other.

    |v - c|^2 is the sum of |v|^2, which is the same for all centres, and of a part that is linear in v. This part can be
    interpolated instead of v.
    """
    nearest, smallest = np.zeros((height, width), np.int64), np.full((height, width), np.inf, np.float32)
    for number, centre in enumerate(centres):
        part = (centre @ centre - 2 * np.tensordot(centre, maps, axes=1)).astype(np.float32)
        distances = resize_map(part, height, width)
        nearest[distances < smallest] = number
        smallest = np.minimum(smallest, distances)
    return nearest


def _number(clusters: Int[np.ndarray, "H W"], num_clusters: int) -> UInt8[np.ndarray, "H W"]:
    """Return the regions numbered: 0 for the background, then from 1 by area, the largest first."""
    areas = np.bincount(clusters.ravel(), minlength=num_clusters)
    shares = np.bincount(list_border(clusters), minlength=num_clusters)
    order = np.argsort(-areas, kind="stable")
    background = shares.argmax()
    names = np.zeros(num_clusters, np.uint8)
    names[[cluster for cluster in order if cluster != background]] = np.arange(1, num_clusters)
    return names[clusters]
