from pathlib import Path

import pytest
import torch
import yaml

from ike_ray.config import TrainConfig
from ike_ray.errors import ConfigError, InputError
from ike_ray.settings import read_settings_of
from ike_ray.student.model_folder import (
    create_model,
    is_trained,
    read_description,
    read_unread,
    read_videos,
    write_progress,
    write_trained,
    write_unread,
)
from ike_ray.student.read import build_weights, read_student
from ike_ray.student.train_step import build_student
from tests.drawn_review import add_verdicts
from tests.drawn_run import DrawnRun

CONFIG = read_settings_of(TrainConfig, "student: {widths: [4, 8]}")
ROW = {"step": 2000, "loss": 0.25, "held_out_iou": 0.75, "samples_per_s": 10.0, "seconds": 60.0}


@pytest.fixture
def model(drawn_run: DrawnRun, tmp_path: Path) -> str:
    """A student of which everything is there but good weights."""
    uri = f"{tmp_path}/model"
    create_model(uri, CONFIG, [drawn_run.run.uri])
    write_progress(uri, [ROW])
    write_trained(uri, build_weights(build_student(CONFIG.student, torch.Generator().manual_seed(5))))
    return uri


def test_a_student_comes_back_as_it_was(model: str) -> None:
    student = read_student(model)
    expected = build_student(CONFIG.student, torch.Generator().manual_seed(5)).state_dict()
    assert all(torch.equal(value, expected[name]) for name, value in student.network.state_dict().items())
    assert student.config == CONFIG.student
    assert not student.network.training
    assert read_description(model)["weights_digest"] == student.weights_digest
    assert is_trained(model)


def test_the_card_says_what_it_is(model: str, drawn_run: DrawnRun) -> None:
    card = Path(model, "README.md").read_text()
    assert f"`{drawn_run.run.uri}`, settings {drawn_run.run.digest}" in card
    assert "2 videos" in card
    assert "1 more were held out" in card
    assert "mean IoU of 0.750" in card
    assert "{" not in card
    assert "a person accepted" not in card


def test_the_card_says_whether_a_person_chose_the_videos(drawn_run: DrawnRun, tmp_path: Path) -> None:
    config = read_settings_of(TrainConfig, "student: {widths: [4, 8]}\nsamples: {only_accepted: true}")
    add_verdicts(drawn_run.run, {"bear": "accepted", "dog.mp4": ["leaks"], "sub/cat.mp4": "accepted"})
    uri = f"{tmp_path}/chosen"
    assert len(create_model(uri, config, [drawn_run.run.uri]).list_rows()) == 2
    add_verdicts(drawn_run.run, {"dog.mp4": "accepted"}, minute=1)
    assert (
        len(create_model(uri, config, [drawn_run.run.uri]).list_rows()) == 2
    )  # a training keeps to the videos that it began with
    write_progress(uri, [ROW])
    write_trained(uri, build_weights(build_student(config.student, torch.Generator().manual_seed(5))))
    assert "of 1 run, whose masks a person accepted:" in Path(uri, "README.md").read_text()


def test_going_on_needs_the_same_settings_and_runs(model: str, drawn_run: DrawnRun, tmp_path: Path) -> None:
    runs = [drawn_run.run.uri]
    assert create_model(model, CONFIG, runs) == read_videos(model)
    harmless = read_settings_of(
        TrainConfig, "student: {widths: [4, 8]}\ntraining: {report_every_steps: 7}", ["workers.num_workers=2"]
    )
    create_model(model, harmless, runs)
    other = read_settings_of(TrainConfig, "student: {widths: [4, 16]}", ["training.num_steps=7"])
    with pytest.raises(ConfigError, match=r"widths: \[4, 8\] -> \[4, 16\]; training.num_steps: 2000 -> 7"):
        create_model(model, other, runs)
    with pytest.raises(ConfigError, match="RUN: "):
        create_model(model, CONFIG, runs * 2)
    with pytest.raises(ConfigError, match="is a run's folder"):
        create_model(drawn_run.run.uri, CONFIG, runs)


def test_a_student_that_learned_with_other_settings_of_training_is_read(model: str) -> None:
    description = yaml.safe_load(Path(model, "model.yaml").read_text())
    description["config"]["training"]["of_another_version"] = 3
    Path(model, "model.yaml").write_text(yaml.safe_dump(description))
    assert read_student(model).config == CONFIG.student
    description["config"]["student"]["of_another_version"] = 3
    Path(model, "model.yaml").write_text(yaml.safe_dump(description))
    with pytest.raises(InputError, match="of another version of ike_ray"):
        read_student(model)


def test_folders_that_are_no_student(model: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"not a student's folder.*no model.yaml"):
        read_student(f"{tmp_path}/nothing")
    weights = Path(model, "weights.safetensors")
    good = weights.read_bytes()
    weights.write_bytes(good[:-4] + b"0000")
    with pytest.raises(InputError, match=r"expected weights with the digest \w+, found \w+"):
        read_student(model)
    weights.unlink()
    with pytest.raises(InputError, match="is not trained"):
        read_student(model)
    Path(model, "model.yaml").write_text("- a list")
    with pytest.raises(InputError, match="found less"):
        read_student(model)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (b"no safetensors", "expected safetensors"),
        (
            build_weights(
                build_student(read_settings_of(TrainConfig, "student: {widths: [4, 16]}").student, torch.Generator())
            ),
            "another shape",
        ),
        (
            build_weights(
                build_student(read_settings_of(TrainConfig, "student: {widths: [4, 8, 8]}").student, torch.Generator())
            ),
            "unknown",
        ),
    ],
)
def test_weights_of_another_network(model: str, weights: bytes, message: str) -> None:
    write_trained(model, weights)
    with pytest.raises(InputError, match=message):
        read_student(model)


def test_settings_of_another_version(model: str) -> None:
    path = Path(model, "model.yaml")
    description = yaml.safe_load(path.read_text())
    description["config"]["student"]["depth"] = 3
    path.write_text(yaml.safe_dump(description))
    with pytest.raises(InputError, match="another version"):
        read_student(model)


def test_what_could_not_be_read_is_noted_once(model: str) -> None:
    video = read_videos(model).learned[0]
    for _ in range(2):
        write_unread(model, video, InputError("it has gone"))
    assert read_unread(model) == {video.video_id: "it has gone"}
