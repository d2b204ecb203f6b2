from ike_ray.report.clusters import describe_clusters
from ike_ray.storage.run_folder import RunFolder
from tests.report.written_run import write_clusters


def test_a_run_without_clusters_says_nothing(run: RunFolder) -> None:
    assert describe_clusters(run) is None


def test_clusters_have_names_counts_and_sheets(run: RunFolder) -> None:
    write_clusters(run)
    found = describe_clusters(run)
    assert found is not None
    assert found["clusters"] == [
        {
            "label": 1,
            "name": "<b onclick=alert(1)>dogs</b>",
            "regions": 9,
            "videos": 2,
            "sheet": "semantics/sheets/cluster-0001.jpg",
        },
        {"label": 2, "name": "cluster 2", "regions": 4, "videos": 2, "sheet": None},
    ]
    assert "13 regions in 2 clusters, by what they look like" in found["caption"]
    assert "5 seeds agree by 0.62" in found["caption"]
