"""How well do descriptors without weights tell things apart? `python -m benchmarks.semantics DAVIS`

The true masks of some frames of each sequence of DAVIS-2016 are described by all parts, and by each alone. It prints the
adjusted Rand index of as many clusters as there are sequences, over five seeds, which tells whether one thing is one cluster.
It also prints, for the kinds that several sequences have, such as a bird, for how many masks the nearest mask of another
sequence is of the same kind.
"""

import argparse
from collections.abc import Iterator

import numpy as np
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from benchmarks.origin import read_origin
from ike_ray.config import DescriptorsConfig, VideoConfig
from ike_ray.datasets.open import list_sequences
from ike_ray.semantics.appearance import SHARES, describe_appearance
from ike_ray.semantics.crop import build_crop
from ike_ray.video.open import open_video

KINDS = {
    **dict.fromkeys(("bus", "car-turn", "train"), "vehicle"),
    **dict.fromkeys(("flamingo", "mallard-fly"), "bird"),
    **dict.fromkeys(("hike", "lucia", "rollerblade", "surf", "tennis"), "person"),
    **dict.fromkeys(("bear", "dog-agility", "horsejump-low"), "beast"),
}


def main() -> None:
    """Read the arguments DAVIS, --split and --every, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root")
    parser.add_argument("--split", default="train")
    parser.add_argument("--every", type=int, default=14, help="Every how many frames one is described.")
    arguments = parser.parse_args()
    print(read_origin(), flush=True)
    described = list(describe_masks(arguments.root, arguments.split, arguments.every))
    names = np.array([name for name, _ in described])
    vectors = np.stack([vector for _, vector in described])
    print(f"{len(names)} masks of {len(set(names))} sequences")
    ends = np.cumsum([0, 720, 128, 4])
    parts = {name: vectors[:, ends[place] : ends[place + 1]] for place, name in enumerate(SHARES)}
    for name, values in {"all": vectors, **parts}.items():
        print(f"{name:8s} {measure(values, names)}")


def describe_masks(root: str, split: str, every: int) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the name of the sequence and the descriptor of each mask that is not empty."""
    config = DescriptorsConfig()
    for sequence in list_sequences("davis2016", root, split):
        truths = {frame.index: frame for frame in sequence.scored_frames}
        with open_video(sequence.frames_uri, VideoConfig(start_frame=1, stride=every)) as reader:
            for frame in reader:
                mask = truths[frame.index].read_mask() if frame.index in truths else np.zeros(1, bool)
                if mask.any():
                    yield sequence.name, describe_appearance(build_crop(frame.image, mask, config))


def measure(vectors: np.ndarray, names: np.ndarray) -> str:
    """Return both measures, in words."""
    num_clusters = len(set(names))
    found = [
        adjusted_rand_score(names, KMeans(num_clusters, n_init=2, random_state=seed).fit_predict(vectors))
        for seed in range(5)
    ]
    squares = np.square(vectors[:, None] - vectors[None]).sum(axis=-1)
    squares[names[:, None] == names[None]] = np.inf
    kinds = np.array([KINDS.get(name, name) for name in names])
    is_shared = np.array([len(set(names[kinds == kind])) > 1 for kind in kinds])
    text = f"adjusted Rand index {np.mean(found):.3f} (deviation {np.std(found, ddof=1):.3f})"
    if not is_shared.any():
        return text
    is_same = kinds[squares.argmin(axis=1)] == kinds
    chance = np.mean(
        [np.mean(kinds[names != name] == kind) for name, kind in zip(names, kinds, strict=True) if kind in KINDS.values()]
    )
    return f"{text}, nearest of another sequence of the same kind {is_same[is_shared].mean():.3f} (by chance {chance:.3f})"


if __name__ == "__main__":
    main()
