from ike_ray.semantics.sheet import NearestKeeper, NearRegion


def build(square: float, video_id: str, number: int = 1) -> NearRegion:
    return NearRegion(square=square, video_id=video_id, frame_index=0, number=number)


def test_the_nearest_of_each_video_come_first_and_further_ones_fill_up() -> None:
    keeper = NearestKeeper(size=4)
    for region in (build(0.1, "a"), build(0.2, "a", 2), build(0.15, "a", 3), build(0.9, "b"), build(0.5, "c")):
        keeper.add(region)
    assert [(region.video_id, region.square) for region in keeper.list_nearest()] == [
        ("a", 0.1),
        ("a", 0.15),
        ("c", 0.5),
        ("b", 0.9),
    ]


def test_far_videos_are_forgotten() -> None:
    keeper = NearestKeeper(size=2)
    assert keeper.limit == float("inf")
    for position in range(20):
        keeper.add(build(float((7 * position) % 20), f"v{position}"))
    assert [region.square for region in keeper.list_nearest()] == [0, 1]
    assert keeper.limit == 3
