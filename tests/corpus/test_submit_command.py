from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from ike_ray.config import (
    ClipFeaturesConfig,
    Config,
    FeaturesConfig,
    FlowConfig,
    GraphConfig,
    OutputConfig,
    PredictRunConfig,
    SecondCueConfig,
    SpectralRunConfig,
    WorkersConfig,
)
from ike_ray.corpus.predict import PREDICT
from ike_ray.corpus.segment import SEGMENT
from ike_ray.corpus.spectral import SPECTRAL
from ike_ray.corpus.submit import Submission, build_submission, is_this_machine
from ike_ray.errors import ConfigError
from ike_ray.settings import build_config

REMOTE = "http://head.example:8265"
SUBMISSION = Submission(job=SEGMENT, source="s3://bucket/in put", run="s3://bucket/run", config=Config())


def test_the_command_is_quoted_and_holds_no_settings() -> None:
    expected = "python -m ike_ray.cli segment 's3://bucket/in put' --out s3://bucket/run --config settings.yaml"
    assert SUBMISSION.command == expected
    assert replace(SUBMISSION, retry_failed=True).command == f"{expected} --retry-failed"


def test_the_settings_arrive_as_they_were() -> None:
    config = Config(graph=GraphConfig(saliency_stride=7), workers=WorkersConfig(num_gpus=0.5))
    submission = replace(SUBMISSION, config=config)
    assert build_config(Config, yaml.safe_load(submission.settings_text)) == config


def test_the_name_changes_with_the_run_and_with_what_changes_masks() -> None:
    others = [
        replace(SUBMISSION, run="s3://bucket/run2"),
        replace(SUBMISSION, config=Config(graph=GraphConfig(saliency_stride=7))),
    ]
    assert len({SUBMISSION.name, *(other.name for other in others)}) == 3
    assert replace(SUBMISSION, config=Config(workers=WorkersConfig(num_workers=3))).name == SUBMISSION.name
    assert SUBMISSION.name.startswith("ike-s3_bucket_run-")


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("http://127.0.0.1:8265", True),
        ("localhost:8265", True),
        ("http://[::1]:8265", True),
        (REMOTE, False),
        ("10.0.0.7:8265", False),
    ],
)
def test_this_machine_is_told_from_another(address: str, expected: bool) -> None:
    assert is_this_machine(address) is expected


def test_paths_become_absolute_for_a_head_on_this_machine(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    submission = build_submission(SEGMENT, "videos", "run", Config(), address="http://127.0.0.1:8265")
    assert (submission.source, submission.run) == (f"{tmp_path}/videos", f"{tmp_path}/run")


def test_a_relative_path_means_nothing_elsewhere() -> None:
    with pytest.raises(ConfigError, match=r"RUN runs/1 is a relative path, and the job runs on http://head"):
        build_submission(SEGMENT, "s3://bucket/in", "runs/1", Config(), address=REMOTE)
    config = Config(flow=FlowConfig(method="raft_small", weights="raft.pth"))
    with pytest.raises(ConfigError, match=r"flow\.weights raft\.pth"):
        build_submission(SEGMENT, "s3://bucket/in", "s3://bucket/run", config, address=REMOTE)
    config = Config(second_cue=SecondCueConfig(model="student"))
    with pytest.raises(ConfigError, match=r"second_cue\.model student"):
        build_submission(SEGMENT, "s3://bucket/in", "s3://bucket/run", config, address=REMOTE)


def test_paths_that_every_node_must_mount_are_listed() -> None:
    submission = build_submission(SEGMENT, "/mnt/videos", "s3://bucket/run", Config(), address=REMOTE)
    assert submission.list_paths() == ["/mnt/videos"]


def test_a_folder_of_a_vision_transformer_is_mounted_and_a_name_on_the_hub_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "dino").mkdir()
    monkeypatch.chdir(tmp_path)
    config = Config(features=ClipFeaturesConfig(model="dino"))
    submission = build_submission(SEGMENT, "s3://b/in", "s3://b/run", config, address="http://127.0.0.1:8265")
    assert submission.list_paths() == [f"{tmp_path}/dino"]
    assert f"model: {tmp_path}/dino" in submission.settings_text
    hub = Config(features=ClipFeaturesConfig(model="facebook/dino-vits16"))
    assert build_submission(SEGMENT, "s3://b/in", "s3://b/run", hub, address=REMOTE).list_paths() == []


def test_a_password_is_not_submitted() -> None:
    with pytest.raises(ConfigError, match=r"INPUT https://\*\*\*@host/v has a user, a password or another secret") as caught:
        build_submission(SEGMENT, "https://me:geheim@host/v", "s3://bucket/run", Config(), address=REMOTE)
    assert "geheim" not in str(caught.value)


def test_a_spectral_job_is_submitted_as_itself(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    config = SpectralRunConfig(
        features=FeaturesConfig(source="vit", model=f"{tmp_path}/model"), output=OutputConfig(composite="back.png")
    )
    submission = build_submission(SPECTRAL, "s3://b/images", "s3://b/run", config, address="http://127.0.0.1:8265")
    assert submission.command == "python -m ike_ray.cli spectral s3://b/images --out s3://b/run --config settings.yaml"
    assert build_config(SpectralRunConfig, yaml.safe_load(submission.settings_text)) == submission.config
    assert submission.list_paths() == [f"{Path.cwd()}/back.png", f"{tmp_path}/model"]
    with pytest.raises(ConfigError, match=r"output\.composite back\.png is a relative path"):
        build_submission(SPECTRAL, "s3://b/images", "s3://b/run", config, address=REMOTE)
    hub = replace(
        config, features=FeaturesConfig(source="vit", model="facebook/dino-vits16"), output=OutputConfig(composite="#fff000")
    )
    assert build_submission(SPECTRAL, "s3://b/images", "s3://b/run", hub, address=REMOTE).list_paths() == []


def test_a_prediction_is_submitted_with_its_model() -> None:
    config = PredictRunConfig(model="s3://b/student")
    submission = build_submission(PREDICT, "s3://b/in", "s3://b/run", config, address=REMOTE)
    assert submission.command == "python -m ike_ray.cli predict s3://b/in --out s3://b/run --config settings.yaml"
    assert "model: s3://b/student" in submission.settings_text
    with pytest.raises(ConfigError, match="model student is a relative path"):
        build_submission(PREDICT, "s3://b/in", "s3://b/run", PredictRunConfig(model="student"), address=REMOTE)
