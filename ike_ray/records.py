"""The nouns of the project: a glossary, the letters of array shapes, and the records that stages hand to each other.

Glossary
    video       what one manifest row names: a file or a folder of frames
    frame       one image of a video, `uint8` RGB (height, width, 3)
    flow        motion between neighbouring frames, (dx, dy) in pixels of its own grid
    node        one pixel of one frame; the space-time graph has a node for every pixel of a window
    chain       the path of a node along the flow through later (or earlier) frames
    link        an edge of the graph: a node and a pixel that its chain passes
    cue         a map with one value a node that the graph starts from or is told, such as the network's map
    soft mask   one value in [0, 1] a pixel, `float32`
    threshold   the value above which a soft mask is object, one for a whole clip
    mask        object or not, `bool`
    object      with several: a piece of the mask that is followed through the video under one number, from 1
    label       what a network learns of a pixel, or the number by which a region's cluster is known: a video's network learns
                the graph's sharpened soft masks, the student the mask or the number at each pixel
    cycle       one round of graph, then network
    answer      the soft masks that a cycle ends with, and after the last cycle its window: above the threshold is the mask
    shot        frames that one camera took in one go; where one ends and the next begins is a boundary
    window      a stretch of a shot that one graph covers; neighbouring windows overlap
    segment     (verb) to find the mask of every frame of a video
    region      a piece of an image under one number, or a whole mask: what descriptors, clusters and their names are of
    student     one network that learns the masks of a whole corpus and finds objects in single frames
    group       the videos or images that a worker takes at once

Letters in array shapes
    m       frames of a video, or of the window at hand
    o       frames that neighbouring windows share
    s       steps between neighbouring frames, s = m - 1 (0 for a single frame)
    h w     height and width the method works at
    fh fw   height and width that flow is estimated at
    H W     height and width of the video itself
    n       nodes of one frame, n = h * w, row by row
    d       features of a node
    c       cues of a node

Conventions: images `uint8` RGB; flow (dx, dy) in pixels; boxes (x0, y0, x1, y1), half-open; every resize says how it
aligns. What does not belong here: anything that computes.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float, Float32, Int64, UInt8

Stage = Literal["read", "flow", "graph", "network", "features", "eigenvectors", "refine", "write"]
# In the order of their columns. `segment` has flow, graph and network, `spectral` features and eigenvectors, both the others.
STAGES: tuple[Stage, ...] = ("read", "flow", "graph", "network", "features", "eigenvectors", "refine", "write")


@dataclass(frozen=True, kw_only=True)
class StageProfile:
    """What one stage took of the machine, over all of a video."""

    stage: Stage
    cpu_s: float  # of all threads of the worker's process
    peak_mb: float  # resident memory of that process at most, in 10^6 bytes, with what earlier stages left there
    gpu_peak_mb: float | None  # tensors on the GPU at most; None without one


@dataclass(frozen=True, kw_only=True, slots=True)
class VideoRef:
    """One manifest row: an id that is unique in the corpus, and where the video is."""

    video_id: str
    uri: str


@dataclass(frozen=True, kw_only=True)
class Clip:
    """Neighbouring frames of a video, of those that the settings select, at the working size and at a larger one."""

    frames: UInt8[np.ndarray, "m h w 3"]
    flow_frames: UInt8[np.ndarray, "m fh fw 3"]  # the same, larger: for flow and edges
    frame_indices: Int64[np.ndarray, " m"]  # position of each frame in the video, from 0
    timestamps_s: Float[np.ndarray, " m"]  # presentation time
    height: int  # the video's own, upright
    width: int
    fps: float | None  # frames a second as the file states it; None for a folder of frames
    warning: str | None = None  # what was wrong with a video that could be read in part; known once it was read


@dataclass(frozen=True, kw_only=True)
class Flow:
    """Motion over a clip: entry t lies between frames t and t + 1."""

    forward: Float32[np.ndarray, "s h w 2"]  # t -> t + 1, on the grid of frame t
    backward: Float32[np.ndarray, "s h w 2"]  # t + 1 -> t, on the grid of frame t + 1


@dataclass(frozen=True, kw_only=True)
class SecondCue:
    """What is known of the object in a window's frames beside their motion, before its network has learned anything."""

    soft_masks: Float32[np.ndarray, "m h w"]
    weight: float  # motion where they are 0 is multiplied by 1 minus this


@dataclass(frozen=True, kw_only=True)
class CycleRecord:
    """What one cycle did."""

    cycle: int  # of the window, from 1; 0: the graph alone, where no network was asked
    mask_iou: float | None  # mean IoU of this cycle's masks with the previous cycle's; None in the first
    graph_network_iou: float | None  # mean IoU of the graph's masks and the network's; None in cycle 0
    confidence: float  # mean of its frames' confidences
    graph_movement: float  # mean absolute movement of the soft mask in the last power iteration
    area_fraction: float  # mean share of the frame that the mask covers
    graph_s: float
    network_s: float


@dataclass(frozen=True, kw_only=True)
class WindowRecord:
    """What one window did."""

    window: int  # of the video, from 1
    shot: int  # of the video, from 1
    history: tuple[CycleRecord, ...]
    is_converged: bool


@dataclass(frozen=True, kw_only=True)
class Layers:
    """What the masks of a window were found from, for people who want to look."""

    motion: Float32[np.ndarray, "m h w 2"]  # flow to the next frame; of a shot's last frame, from the one before
    graph: Float32[np.ndarray, "m h w"]  # the graph's soft masks, before they were sharpened, of the last cycle
    cue: Float32[np.ndarray, "m h w"]  # what the graph was told last: the witnesses' mean, or the map of a network


@dataclass(frozen=True, kw_only=True)
class SegmentedFrames:
    """The answer for the frames that a window finishes: all but those that it shares with the next one.

    Those of a video's windows follow each other without gap or overlap.
    """

    clip: Clip
    soft_masks: Float32[np.ndarray, "m h w"]
    thresholds: Float[np.ndarray, " m"]  # of each frame: soft masks above it are object
    objects: UInt8[np.ndarray, "m h w"] | None  # number of the object at each pixel, 0 for none; None: the mask is one object
    flow: Flow  # what the window added to the flow of its shot, which may reach beyond these frames
    flow_frame_indices: Int64[np.ndarray, " f"]  # the frames that `flow` lies between, f = s + 1
    confidences: Float[np.ndarray, " m"]  # of each frame, in [0, 1]
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
    objects: UInt8[np.ndarray, "H W"] | None  # number of the object at each pixel of the mask; None: the mask is one object
    confidence: float  # in [0, 1]
