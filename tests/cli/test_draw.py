"""Drawing samples and training the motion network on them, from the command line."""

from pathlib import Path

import pytest
from safetensors.torch import load_file

from ike_ray.cli.app import main
from ike_ray.motion import samples
from ike_ray.motion.network import MotionNetwork
from ike_ray.motion.samples import read_sample, write_sample


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as caught:
        main([str(argument) for argument in arguments])
    return int(caught.value.code or 0)


def test_the_samples_that_are_missing_are_drawn(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In processes of their own, at their full size. What is there already is left as it is."""
    (tmp_path / "0000003.npz").write_bytes(b"here")
    assert run("draw", tmp_path, "--for", "motion", "--clips", 2, "--first-seed", 3) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0000003.npz", "0000004.npz"]
    assert (tmp_path / "0000003.npz").read_bytes() == b"here"
    sample = read_sample(f"{tmp_path}/0000004.npz")
    assert sample.maps.shape[0] == 4
    assert sample.opacity.shape[1:] in ((160, 288), (192, 240), (288, 160))
    assert f"ike-ray train-motion {tmp_path}" in " ".join(capsys.readouterr().out.split())


def test_weights_are_trained_and_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samples, "_SIZES", (((96, 160), (48, 80), 1.0),))
    for seed in (1, 2):
        write_sample(f"{tmp_path}/samples", seed)
    (tmp_path / "samples" / "notes.txt").write_text("not a sample")
    weights = [f"{tmp_path}/{name}.safetensors" for name in ("first", "again", "other")]
    for path, seed in zip(weights, (0, 0, 1), strict=True):
        assert run("train-motion", f"{tmp_path}/samples", "--out", path, "--steps", 2, "--seed", seed) == 0
    MotionNetwork().load_state_dict(load_file(weights[0]))
    assert Path(weights[0]).read_bytes() == Path(weights[1]).read_bytes()
    assert Path(weights[0]).read_bytes() != Path(weights[2]).read_bytes()


def test_a_folder_without_samples_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "notes.txt").write_text("not a sample")
    assert run("train-motion", tmp_path, "--out", f"{tmp_path}/weights.safetensors") != 0
    assert "found none" in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "weights.safetensors").exists()
