"""The glossary of the project, the letters of array shapes, and the records that stages hand to each other.

Glossary
    video       what one row of a manifest names: a file or a folder of frames
    frame       one image of a video, `uint8` RGB (height, width, 3)
    flow        the motion between neighbouring frames, (dx, dy) in pixels of its own grid
    node        one pixel of one frame; the space-time graph has a node for every pixel of a window
    chain       the path of a node along the flow through later (or earlier) frames
    link        an edge of the graph, between a node and a pixel that its chain passes
    cue         a map with one value for each node, from which the graph starts or which it is told, such as the network's map
    soft mask   one value in [0, 1] for each pixel, `float32`
    threshold   the value above which a soft mask is object, one for a whole clip
    mask        object or not, `bool`
    object      if there are several, a piece of the mask that is followed through the video under one number, from 1
    label       what a network learns about a pixel (a video's network learns the graph's sharpened soft masks, the student
    the mask or the number at each pixel), or the number of a region's cluster cycle       one round of the graph and then the
    network answer      the soft masks that a cycle, and after the last cycle its window, ends with; the mask is what exceeds
    the threshold shot        the frames that one camera took in one go; a boundary lies between two shots window      a
    stretch of a shot that one graph covers; neighbouring windows overlap segment     (verb) to find the mask of every frame
    of a video region      a piece of an image under one number, or a whole mask; regions have descriptors, clusters and names
    student     one network that learns the masks of a whole corpus and finds objects in single frames group       the videos
    or images that a worker takes at once

Letters in array shapes
    m       frames of a video, or of the window at hand
    o       frames that neighbouring windows share
    s       steps between neighbouring frames, s = m - 1 (0 for a single frame)
    h w     height and width that the method works at
    fh fw   height and width that flow is estimated at
    H W     height and width of the video itself
    n       nodes of one frame, n = h * w, row by row
    d       features of a node
    c       cues of a node

Conventions: images are `uint8` RGB, flow is (dx, dy) in pixels, boxes are (x0, y0, x1, y1) and half-open, and every resize
says how it aligns. What computes does not belong here.
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float, Float32, Int64, UInt8

Stage = Literal["read", "flow", "graph", "network", "features", "eigenvectors", "refine", "write"]
# The stages in the order of their columns. `segment` has flow, graph and network, `spectral` has features and eigenvectors,
# and both have the others.
STAGES: tuple[Stage, ...] = ("read", "flow", "graph", "network", "features", "eigenvectors", "refine", "write")


@dataclass(frozen=True, kw_only=True)
class StageProfile:
    """What one stage took from the machine, over the whole video."""

    stage: Stage
    cpu_s: float  # processor time of all threads of the worker's process
    peak_mb: float  # peak resident memory of that process, in 10^6 bytes, with what earlier stages left there
    gpu_peak_mb: float | None  # peak memory of tensors on the GPU; None without a GPU


@dataclass(frozen=True, kw_only=True, slots=True)
class VideoRef:
    """One row of a manifest: an id that is unique in the corpus, and where the video is."""

    video_id: str
    uri: str


@dataclass(frozen=True, kw_only=True)
class Clip:
    """Neighbouring frames of a video, among those that the settings select, at the working size and at a larger size."""

    frames: UInt8[np.ndarray, "m h w 3"]
    flow_frames: UInt8[np.ndarray, "m fh fw 3"]  # the same frames, larger, for flow and edges
    frame_indices: Int64[np.ndarray, " m"]  # the position of each frame in the video, from 0
    timestamps_s: Float[np.ndarray, " m"]  # the presentation time
    height: int  # the video's own, upright
    width: int
    fps: float | None  # the frames a second that the file states; None for a folder of frames
    warning: str | None = None  # what was wrong with a video that could be read in part; known once it was read

    def choose_frames(self, chosen: slice) -> "Clip":
        """Return the clip with only these of its frames, which are not copied."""
        return replace(
            self,
            frames=self.frames[chosen],
            flow_frames=self.flow_frames[chosen],
            frame_indices=self.frame_indices[chosen],
            timestamps_s=self.timestamps_s[chosen],
        )


@dataclass(frozen=True, kw_only=True)
class Flow:
    """The motion over a clip. Entry t lies between frames t and t + 1."""

    forward: Float32[np.ndarray, "s h w 2"]  # t -> t + 1, on the grid of frame t
    backward: Float32[np.ndarray, "s h w 2"]  # t + 1 -> t, on the grid of frame t + 1


@dataclass(frozen=True, kw_only=True)
class FarFlow:
    """The motion between frames of a clip that lie `gap` frames apart."""

    gap: int
    flows: tuple[Flow, ...]  # entry p is the motion over frames p, p + gap, p + 2 gap and so on


@dataclass(frozen=True, kw_only=True)
class SecondCue:
    """What is known of the object in a window's frames besides their motion, before the window's network has learned."""

    soft_masks: Float32[np.ndarray, "m h w"]
    weight: float  # where the soft masks are 0, motion is multiplied by 1 minus this


@dataclass(frozen=True, kw_only=True)
class CycleRecord:
    """What one cycle did."""

    cycle: int  # the number in the window, from 1; 0 is the graph alone, without a network
    mask_iou: float | None  # the mean IoU of this cycle's masks with the previous cycle's; None in the first
    graph_network_iou: float | None  # the mean IoU of the graph's masks and the network's; None in cycle 0
    confidence: float  # the mean of its frames' confidences
    graph_movement: float  # the mean absolute movement of the soft mask in the last power iteration
    area_fraction: float  # the mean share of the frame that the mask covers
    graph_s: float
    network_s: float


@dataclass(frozen=True, kw_only=True)
class WindowRecord:
    """What one window did."""

    window: int  # the number in the video, from 1
    shot: int  # the number in the video, from 1
    history: tuple[CycleRecord, ...]
    is_converged: bool
    is_half: bool = False  # of a window for which the GPU had too little memory


@dataclass(frozen=True, kw_only=True)
class Layers:
    """What the masks of a window were found from, for people who want to look."""

    motion: Float32[np.ndarray, "m h w 2"]  # the flow to the next frame, and for a shot's last frame that from the one before
    graph: Float32[np.ndarray, "m h w"]  # the graph's soft masks in the last cycle, before they were sharpened
    cue: Float32[np.ndarray, "m h w"]  # what the graph was told last: the witnesses' mean, or the map of a network


@dataclass(frozen=True, kw_only=True)
class SegmentedFrames:
    """The answer for the frames that a window finishes, which are all but those that it shares with the next one.

    The frames of a video's windows follow each other without gap or overlap.
    """

    clip: Clip
    soft_masks: Float32[np.ndarray, "m h w"]
    thresholds: Float[np.ndarray, " m"]  # one for each frame; soft masks above it are object
    objects: UInt8[np.ndarray, "m h w"] | None  # the object's number at each pixel, or 0; None if the mask is one object
    flow: Flow  # what the window added to the flow of its shot, which may reach beyond these frames
    flow_frame_indices: Int64[np.ndarray, " f"]  # the frames that `flow` lies between, f = s + 1
    confidences: Float[np.ndarray, " m"]  # one for each frame, in [0, 1]
    layers: Layers
    record: WindowRecord


@dataclass(frozen=True, kw_only=True)
class FrameMask:
    """The mask of one frame at the video's own size, with its soft mask."""

    frame_index: int
    timestamp_s: float
    threshold: float  # the soft mask above it is object
    mask: Bool[np.ndarray, "H W"]
    soft_mask: Float32[np.ndarray, "H W"]
    objects: UInt8[np.ndarray, "H W"] | None  # the object's number at each pixel of the mask; None if the mask is one object
    confidence: float  # in [0, 1]
