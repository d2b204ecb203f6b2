from pathlib import Path

from ike_ray.datasets.manifest import write_manifest
from ike_ray.datasets.open import list_sequences
from ike_ray.datasets.sequence import AnnotatedSequence
from ike_ray.datasets.synthetic import SPLIT, write_drawn_dataset
from ike_ray.video.manifest import list_videos


def test_a_dataset_becomes_videos_under_its_own_names(tmp_path: Path) -> None:
    write_drawn_dataset(f"{tmp_path}/drawn", num_frames=3)
    sequences = list_sequences("davis2016", f"{tmp_path}/drawn", SPLIT)
    write_manifest(f"{tmp_path}/m.csv", sequences)
    assert [(ref.video_id, ref.uri) for ref in list_videos(f"{tmp_path}/m.csv")] == [
        (sequence.name, sequence.frames_uri) for sequence in sequences
    ]


def test_names_with_folders_commas_and_zeros_survive(tmp_path: Path) -> None:
    names = ["aeroplane/0001/001", "007", 'a, "b"']
    sequences = [AnnotatedSequence(name=name, frames_uri=f"/data, old/{name}", scored_frames=()) for name in names]
    write_manifest(f"{tmp_path}/m.csv", sequences)
    refs = list_videos(f"{tmp_path}/m.csv")
    assert [ref.video_id for ref in refs] == names
    assert refs[2].uri == '/data, old/a, "b"'
