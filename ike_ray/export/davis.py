"""Masks as the evaluations of DAVIS take them: FOLDER/<sequence>/<frame>.png.

DAVIS-2017, unsupervised (Caelles et al., The 2019 DAVIS Challenge on VOS), takes PNG files with a palette. Each pixel is the
number of its object, the same in all frames, and there are at most 20 objects. The evaluation takes the highest number for
their count, and looks at every frame. DAVIS-2016 (Perazzi et al., CVPR 2016) takes one channel that holds nothing but 0 and
255.
"""

from ike_ray.export.mask_tree import write_mask_tree
from ike_ray.export.names import build_sequence_name, is_folder_of_frames
from ike_ray.masks.png import build_mask_png, build_palette_png
from ike_ray.masks.rle import read_rle
from ike_ray.run.objects import build_numbers, list_new_numbers
from ike_ray.run.segmented import SegmentedVideo
from ike_ray.storage.files import join_uri
from ike_ray.video.folder_reader import list_images

_MAX_OBJECTS = 20


def write_davis2017(video: SegmentedVideo, folder: str) -> str | None:
    """Write the objects of a video, numbered from 1 without gaps, and return what the evaluation will object to."""
    numbers = list_new_numbers(video.rows, _MAX_OBJECTS)
    num_objects = len(list_new_numbers(video.rows, 255))
    write_mask_tree(video, _sequence_folder(video, folder), lambda row: build_palette_png(build_numbers(row, numbers)))
    crowd = f"{num_objects} objects, of which the {_MAX_OBJECTS} largest were taken" if num_objects > _MAX_OBJECTS else None
    return "; ".join(note for note in (crowd, _note_missing(video)) if note) or None


def write_davis2016(video: SegmentedVideo, folder: str) -> str | None:
    """Write the masks of a video, with all objects as one, and return what the evaluation will object to."""
    write_mask_tree(video, _sequence_folder(video, folder), lambda row: build_mask_png(read_rle(row["mask"])))
    return _note_missing(video)


def _sequence_folder(video: SegmentedVideo, folder: str) -> str:
    return join_uri(folder, build_sequence_name(video.video_id))


def _note_missing(video: SegmentedVideo) -> str | None:
    """Return a note if a sequence of DAVIS, which is a folder of images, was segmented in part."""
    num_images = len(list_images(video.uri)) if is_folder_of_frames(video) else len(video.rows)
    if num_images == len(video.rows):
        return None
    return f"{len(video.rows)} of {num_images} frames have a mask, and the evaluation looks at all: segment without a range"
