from pathlib import Path

import av
import numpy as np

from ike_ray.export.overlay_video import write_overlay_video
from tests.drawn_run import HEIGHT, WIDTH, DrawnRun


def test_the_object_is_tinted(drawn_run: DrawnRun, tmp_path: Path) -> None:
    write_overlay_video(drawn_run.video("sub/cat.mp4"), str(tmp_path))
    with av.open(f"{tmp_path}/sub/cat.mp4.mp4") as container, av.open(drawn_run.video("sub/cat.mp4").uri) as source:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, float(stream.average_rate)) == ("h264", 5.0)
        overlays = [frame.to_ndarray(format="rgb24").astype(int) for frame in container.decode(stream)]
        frames = [frame.to_ndarray(format="rgb24").astype(int) for frame in source.decode(video=0)][1::2]
    assert [overlay.shape for overlay in overlays] == [(HEIGHT, WIDTH, 3)] * 3
    for overlay, frame, numbers in zip(overlays, frames, drawn_run.objects["sub/cat.mp4"], strict=True):
        change = overlay - frame
        assert np.abs(change[numbers == 0]).mean() < 12
        for number, channel in ((1, 0), (2, 2)):  # orange, the first, is red; the second is blue
            if (numbers == number).sum() > 60:
                assert change[numbers == number][:, channel].mean() > 20


def test_what_is_there_is_kept(drawn_run: DrawnRun, tmp_path: Path) -> None:
    (tmp_path / "dog.mp4.mp4").write_bytes(b"kept")
    write_overlay_video(drawn_run.video("dog.mp4"), str(tmp_path))
    assert (tmp_path / "dog.mp4.mp4").read_bytes() == b"kept"
