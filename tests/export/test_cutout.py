from pathlib import Path

import av
import numpy as np

from ike_ray.export.cutout import write_cutout
from tests.drawn_run import DrawnRun


def test_alpha_is_the_mask_and_the_colours_are_the_frame(drawn_run: DrawnRun, tmp_path: Path) -> None:
    video = drawn_run.video("bear")
    write_cutout(video, str(tmp_path))
    with av.open(f"{tmp_path}/bear.mov") as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "prores"
        assert stream.codec_context.pix_fmt.startswith("yuva444p")
        assert float(stream.average_rate) == 24.0  # a folder of frames has no rate
        cutouts = [frame.to_ndarray(format="rgba") for frame in container.decode(stream)]
    assert len(cutouts) == 4
    for cutout, mask, index in zip(cutouts, drawn_run.masks["bear"], (7, 8, 9, 10), strict=True):
        np.testing.assert_array_equal(cutout[..., 3], np.where(mask, 255, 0))
        with av.open(f"{video.uri}/img_{index}.jpg") as image:
            frame = next(image.decode(video=0)).to_ndarray(format="rgb24")
        inner = mask & np.roll(mask, 2, 0) & np.roll(mask, -2, 0) & np.roll(mask, 2, 1) & np.roll(mask, -2, 1)
        assert np.abs(cutout[..., :3].astype(int) - frame)[inner].mean() < 5
        assert cutout[..., :3][~mask].mean() < 3


def test_what_is_there_is_kept(drawn_run: DrawnRun, tmp_path: Path) -> None:
    (tmp_path / "bear.mov").write_bytes(b"kept")
    write_cutout(drawn_run.video("bear"), str(tmp_path))
    assert (tmp_path / "bear.mov").read_bytes() == b"kept"
