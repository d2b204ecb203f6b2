import pytest

from ike_ray.storage.credentials import hide_credentials


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("s3://bucket/a.mp4", "s3://bucket/a.mp4"),
        ("https://me:pw@host/a.mp4?x=1", "https://***@host/a.mp4?x=1"),
        ("cannot read https://h/a?X-Amz-Signature=ab12&part=3 now", "cannot read https://h/a?X-Amz-Signature=***&part=3 now"),
        ("https://acc.blob.core/a?sv=2024&sig=Zm9v%3D", "https://acc.blob.core/a?sv=***&sig=***"),
        ("https://h/a?access_token=tok", "https://h/a?access_token=***"),
        ("mail me@host.org or see a@b", "mail me@host.org or see a@b"),
    ],
)
def test_what_authorises_is_hidden_and_nothing_else(text: str, expected: str) -> None:
    assert hide_credentials(text) == expected


def test_secrets_of_the_environment_are_hidden_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "abcdefgh1234")
    monkeypatch.setenv("MY_TOKEN", "no")  # too short to be looked for
    assert hide_credentials("no key abcdefgh1234.") == "no key ***."
