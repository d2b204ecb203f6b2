from typing import get_args

from ike_ray.datasets.description import Protocol
from ike_ray.datasets.open import DatasetName, list_descriptions, read_description


def test_every_dataset_has_a_description_of_its_own() -> None:
    descriptions = list_descriptions()
    assert [entry.name for entry in descriptions] == list(get_args(DatasetName))
    assert len({entry.title for entry in descriptions}) == len(descriptions)
    assert read_description("fbms59").splits[0] == "Testset"


def test_descriptions_are_whole() -> None:
    for entry in list_descriptions():
        assert entry.expected_tree.startswith("ROOT/"), entry.name
        assert entry.url.startswith("http"), entry.name
        assert entry.scored.endswith("."), entry.name
        assert all(note.endswith(".") for note in entry.notes), entry.name
        assert len(set(entry.splits)) == len(entry.splits) >= 1, entry.name
    assert {entry.protocol for entry in list_descriptions()} == set(get_args(Protocol))
