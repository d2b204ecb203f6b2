from ike_ray.datasets.open import read_description
from ike_ray.datasets.page import render_page


def test_a_page_has_the_tree_the_rules_and_the_commands() -> None:
    description = read_description("youtube_objects")
    page = render_page(description)
    assert f"```text\n{description.expected_tree}\n```" in page
    for note in description.notes:
        assert f"- {note}" in page
    assert "ike-ray datasets youtube_objects --root ROOT --split all --manifest youtube_objects.csv" in page
    assert "ike-ray evaluate RUN --dataset youtube_objects --root ROOT --split all" in page
