from pathlib import Path

import cv2
import numpy as np
import pytest

from ike_ray.config import Config
from ike_ray.datasets.synthetic import SPLIT, write_drawn_dataset
from ike_ray.evaluate.benchmark import Evaluation, evaluate_predictions, open_benchmark
from ike_ray.evaluate.predictions import open_predictions
from ike_ray.evaluate.system import list_systems
from ike_ray.evaluate.write import write_evaluation
from ike_ray.report.page import build_report
from ike_ray.report.scores import describe_summary, read_scores
from ike_ray.report.truth import write_truth
from ike_ray.report.videos import describe_videos, list_shown
from ike_ray.run.description import create_run
from ike_ray.run.folder import RunFolder
from ike_ray.run.tiles import build_jpeg
from tests.report.written_run import write_segmented

SEQUENCES = ["ellipse-0", "ellipse-1", "ellipse-3", "rectangle-2"]


@pytest.fixture
def evaluated(tmp_path: Path) -> RunFolder:
    """A run over drawn sequences and one video that is none, with the scores of masks that are the truth itself."""
    run = create_run(f"{tmp_path}/run", Config(), "videos", [])
    for name in [*SEQUENCES, "other.mp4"]:
        write_segmented(run, f"sub/{name}", height=180, width=320)
        layers = build_jpeg(np.full((4 * 180, 3 * 320, 3), 200, np.uint8))
        run.write_file(layers, "layers", f"{run.video_name(f'sub/{name}')}.jpg")
    write_drawn_dataset(f"{tmp_path}/drawn", num_frames=12)
    benchmark = open_benchmark("davis2016", f"{tmp_path}/drawn", SPLIT)
    masks = f"{tmp_path}/drawn/Annotations/480p"
    scores = evaluate_predictions(open_predictions(masks, "video"), benchmark.sequences, benchmark.protocol)
    write_evaluation(run.uri, Evaluation(benchmark=benchmark, system=list_systems([masks], [])[0], scores=scores))
    return run


def test_the_truth_is_drawn_for_the_tiles_of_each_sequence(evaluated: RunFolder, tmp_path: Path) -> None:
    assert write_truth(evaluated) == 4
    names = {path.stem for path in Path(evaluated.file("truth")).iterdir()}
    assert names == {evaluated.video_name(f"sub/{name}") for name in SEQUENCES}
    truth = cv2.imread(evaluated.file("truth", f"{evaluated.video_name('sub/ellipse-0')}.jpg")).astype(int)
    assert truth.shape == (180, 3 * 320, 3)
    mask = cv2.imread(f"{tmp_path}/drawn/Annotations/480p/ellipse-0/00005.png", cv2.IMREAD_GRAYSCALE) > 0
    own = truth[:, 320:640]
    is_tinted = np.ptp(own, axis=-1) > 40
    assert (is_tinted == mask).mean() > 0.97
    assert np.abs(truth[:, :304] - 100).max() < 6  # frame 0 is not scored: grey, half as bright


def test_without_scores_or_dataset_there_is_none(evaluated: RunFolder, tmp_path: Path) -> None:
    assert write_truth(create_run(f"{tmp_path}/another", Config(), "videos", [])) is None
    (tmp_path / "drawn").rename(tmp_path / "moved")
    assert write_truth(evaluated) is None


def test_videos_know_their_scores(evaluated: RunFolder) -> None:
    write_truth(evaluated)
    videos = {video["id"]: video for video in describe_videos(evaluated, list_shown(evaluated, 9)[0], read_scores(evaluated))}
    own = videos["sub/ellipse-0"]
    assert own["sequence"] == "ellipse-0"
    assert own["scores"] == {"J": 1, "F": 1}
    assert own["frame_scores"] == [1] * 10
    assert own["pictures"] == ["strips", "layers", "truth"]
    assert "scores" not in videos["sub/other.mp4"]


def test_the_page_has_the_averages_the_sequences_and_what_was_published(evaluated: RunFolder) -> None:
    scores = read_scores(evaluated)
    assert scores
    shown = describe_summary(scores.summary)
    assert shown["metric"] == "J"
    assert shown["facts"][0] == ["1.000", "J, over sequences"]
    averages, sequences = shown["tables"]
    assert averages["title"] == "Averages, and what was published of val"
    assert [row["sequence"] for row in sequences["rows"]] == [row["sequence"] for row in scores.summary["sequences"]]
    assert sequences["head"][:3] == ["sequence", "frames", "J mean"]
    assert averages["head"][:4] == ["system", "human labels", "J, over sequences", "F, over sequences"]
    assert averages["rows"][0]["cells"][1:3] == ["unknown", "1.000 (1.000\N{NO-BREAK SPACE}to\N{NO-BREAK SPACE}1.000)"]
    published = {row["cells"][0]: row["cells"][1:] for row in averages["rows"][1:]}
    assert published["CIS"] == ["none", "0.703", "0.668", "", "", ""]
    assert published["RCF"] == ["none", "", "", "0.809", "", "0.830 with CRF"]  # under the mean over frames, which it is
    assert "over sequences" in build_report(evaluated)
