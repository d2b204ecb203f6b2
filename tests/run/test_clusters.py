import pytest

from ike_ray.errors import InputError
from ike_ray.run.clusters import parse_names, read_names, read_seed_labels, read_summary, write_names, write_summary
from ike_ray.run.folder import RunFolder


@pytest.fixture
def run(tmp_path: object) -> RunFolder:
    return RunFolder(uri=f"{tmp_path}/run", digest="0")


def test_a_run_without_clusters_has_no_names(run: RunFolder) -> None:
    write_names(run, {1: "left by a run that was interrupted"})
    assert read_summary(run) is None
    assert read_names(run) == {}
    with pytest.raises(InputError, match="Run `ike-ray semantics` on it"):
        read_seed_labels(run, "a")


def test_names_are_those_of_the_file_else_numbers(run: RunFolder) -> None:
    write_summary(run, {"clusters": 3})
    assert read_names(run) == {1: "cluster 1", 2: "cluster 2", 3: "cluster 3"}
    write_names(run, {2: 'a "dog", brown', 1: "", 9: "of another run"})
    assert read_names(run) == {1: "cluster 1", 2: 'a "dog", brown', 3: "cluster 3"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("label,name\n3,dog\n1, sky \n2,\n", {3: "dog", 1: "sky"}),
        ("\ufeffname,label,remark\nÄpfel,2,x\n", {2: "Äpfel"}),
        ("label,name\n", {}),
    ],
)
def test_names_as_people_write_them(text: str, expected: dict[int, str]) -> None:
    assert parse_names(text.encode(), "names.csv") == expected


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"1,dog\n", "no column label, name"),
        (b"label,name\ndog,1\n", "invalid literal"),
        (b"label,name\n0,sky\n", "label 0 is background"),
        (b"label,name\n1,sky\n1,sea\n", "label 1 is there twice"),
        (b"label,name\n1,\xff\n", "utf-8"),
        (b"label,name\n1\n2,b\nx\n", "invalid literal"),
    ],
)
def test_what_is_wrong_with_names_is_told(data: bytes, found: str) -> None:
    with pytest.raises(InputError, match=f"cannot read names from mine.csv: expected CSV .*{found}"):
        parse_names(data, "mine.csv")
