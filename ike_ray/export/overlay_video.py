"""Overlay videos: FOLDER/<video id>.mp4."""

from ike_ray.export.names import build_path
from ike_ray.export.pictures import read_overlays, shown_fps
from ike_ray.run.segmented import SegmentedVideo
from ike_ray.storage.files import is_file, join_uri
from ike_ray.video.write import write_video


def write_overlay_video(video: SegmentedVideo, folder: str) -> None:
    """Write the segmented frames with their objects painted over, as H.264 without sound. A file that is there is kept."""
    uri = join_uri(folder, f"{build_path(video.video_id)}.mp4")
    if not is_file(uri):
        write_video(uri, read_overlays(video), shown_fps(video))
