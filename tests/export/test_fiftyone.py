import base64
import io
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import av
import numpy as np
import pytest

from ike_ray.export.fiftyone import open_fiftyone
from ike_ray.storage.files import read_bytes
from tests.drawn_run import HEIGHT, WIDTH, DrawnRun

NAMES = ("bear", "sub/cat.mp4", "dog.mp4")


@pytest.fixture
def folder(drawn_run: DrawnRun, tmp_path: Path) -> Path:
    with open_fiftyone(f"{tmp_path}/out") as add:
        for name in NAMES:
            add(drawn_run.video(name))
    return tmp_path / "out"


def paste(mask: np.ndarray, left: float, top: float) -> np.ndarray:
    """The mask inside a box whose corner is given in shares of the frame, at the frame's size."""
    full = np.zeros((HEIGHT, WIDTH), bool)
    x, y = round(left * WIDTH), round(top * HEIGHT)
    full[y : y + mask.shape[0], x : x + mask.shape[1]] = mask
    return full


def list_numbers(drawn_run: DrawnRun, name: str) -> np.ndarray:
    numbers = drawn_run.objects[name]
    return drawn_run.masks[name].astype(int) if numbers is None else numbers


def test_labels_hold_the_masks(folder: Path, drawn_run: DrawnRun) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    assert [record["labels"] for record in manifest["index"]] == [f"labels/{name}.json" for name in NAMES]
    for name in NAMES:
        labels = json.loads((folder / "labels" / f"{name}.json").read_text())
        assert labels["attrs"]["attrs"][0]["value"] == name
        assert [int(number) - 1 for number in labels["frames"]] == drawn_run.frame_indices[name]
        for frame, numbers in zip(labels["frames"].values(), list_numbers(drawn_run, name), strict=True):
            objects = frame["objects"]["objects"]
            assert [entry["index"] for entry in objects] == [number for number in np.unique(numbers) if number]
            for entry in objects:
                mask = np.load(io.BytesIO(zlib.decompress(base64.b64decode(entry["mask"]))))
                corner = entry["bounding_box"]["top_left"]
                np.testing.assert_array_equal(paste(mask, corner["x"], corner["y"]), numbers == entry["index"])
                end = entry["bounding_box"]["bottom_right"]
                size = ((end["x"] - corner["x"]) * WIDTH, (end["y"] - corner["y"]) * HEIGHT)
                np.testing.assert_allclose(size, mask.shape[::-1])


def test_videos_are_named_where_they_lie(folder: Path, drawn_run: DrawnRun) -> None:
    places = [record["data"] for record in json.loads((folder / "manifest.json").read_text())["index"]]
    assert places[1:] == [drawn_run.video(name).uri for name in NAMES[1:]]
    assert places[0] == "data/bear.mp4"  # a folder of frames is none to FiftyOne
    with av.open(str(folder / "data" / "bear.mp4")) as container:
        assert len(list(container.decode(video=0))) == 4


def test_what_is_there_is_kept(folder: Path, drawn_run: DrawnRun) -> None:
    kept = [folder / "data" / "bear.mp4", folder / "labels" / "bear.json"]
    for path in kept:
        path.write_bytes(b"kept")
    with open_fiftyone(str(folder)) as add:
        add(drawn_run.video("bear"))
    assert [path.read_bytes() for path in kept] == [b"kept"] * 2
    assert len(json.loads((folder / "manifest.json").read_text())["index"]) == 1


def test_elsewhere_videos_are_copied(drawn_run: DrawnRun) -> None:
    with open_fiftyone("memory://fiftyone") as add:
        add(drawn_run.video("dog.mp4"))
    assert json.loads(read_bytes("memory://fiftyone/manifest.json"))["index"][0]["data"] == "data/dog.mp4.mp4"
    assert read_bytes("memory://fiftyone/data/dog.mp4.mp4") == Path(drawn_run.video("dog.mp4").uri).read_bytes()


@pytest.fixture
def fiftyone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """The program, with a database of its own."""
    with pytest.MonkeyPatch.context() as patch:
        home = str(tmp_path_factory.mktemp("fiftyone"))
        patch.setenv("FIFTYONE_DATABASE_DIR", f"{home}/database")
        patch.setenv("FIFTYONE_DO_NOT_TRACK", "1")
        yield pytest.importorskip("fiftyone")


@pytest.mark.filterwarnings("ignore")  # of an optional package
@pytest.mark.slow
def test_fiftyone_imports_it(folder: Path, drawn_run: DrawnRun, fiftyone: ModuleType) -> None:
    dataset = fiftyone.Dataset.from_dir(dataset_dir=str(folder), dataset_type=fiftyone.types.FiftyOneVideoLabelsDataset)
    assert dataset.media_type == "video"
    assert [sample.video_id.label for sample in dataset] == list(NAMES)
    num_seen = 0
    for name, sample in zip(NAMES, dataset, strict=True):
        assert Path(sample.filepath).is_file()
        for index, numbers in zip(drawn_run.frame_indices[name], list_numbers(drawn_run, name), strict=True):
            found = sample.frames[index + 1].objects
            for detection in found.detections if found else []:
                num_seen += 1
                left, top = detection.bounding_box[:2]
                np.testing.assert_array_equal(paste(detection.mask, left, top), numbers == detection.index)
                assert detection.confidence == pytest.approx(0.5 + index / 10)
    assert num_seen == 4 + 5 + 2
