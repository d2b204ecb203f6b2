"""The regions nearest to the centre of each cluster, of as many videos as possible, found in one pass over a corpus."""

import heapq
from dataclasses import dataclass, field

# Of each video so many regions are remembered: enough for a sheet of a corpus of few videos.
_MOST_OF_A_VIDEO = 8


@dataclass(frozen=True, kw_only=True, order=True)
class NearRegion:
    """A region, and the square of its distance to the centre of its cluster."""

    square: float
    video_id: str
    frame_index: int
    number: int


@dataclass(kw_only=True)
class NearestKeeper:
    """Keeps the nearest regions of one cluster: as many videos as regions asked for, a few regions of each."""

    size: int
    _videos: dict[str, list[NearRegion]] = field(default_factory=dict)

    @property
    def limit(self) -> float:
        """A region that is no nearer than this is not kept, unless its video is already."""
        return max(own[0].square for own in self._videos.values()) if len(self._videos) >= 2 * self.size else float("inf")

    def add(self, region: NearRegion) -> None:
        """Takes a region."""
        own = self._videos.setdefault(region.video_id, [])
        own.append(region)
        own.sort()
        del own[_MOST_OF_A_VIDEO:]
        if len(self._videos) > 2 * self.size:
            farthest = max(self._videos, key=lambda video_id: self._videos[video_id][0])
            del self._videos[farthest]

    def list_nearest(self) -> list[NearRegion]:
        """At most `size` regions, nearest first: the nearest of each video, and further ones where there are few videos."""
        rounds: list[list[NearRegion]] = [[] for _ in range(_MOST_OF_A_VIDEO)]
        for own in self._videos.values():
            for position, region in enumerate(own):
                rounds[position].append(region)
        chosen: list[NearRegion] = []
        for regions in rounds:
            chosen += heapq.nsmallest(self.size - len(chosen), regions)
        return sorted(chosen)
