"""Texts with a secret in them, as rows, logs and messages of libraries hold them."""

from pathlib import Path
from urllib.parse import quote

import pytest
import yaml

from ike_ray.config import Config, PredictRunConfig, SpectralRunConfig
from ike_ray.settings import config_values
from ike_ray.storage.credentials import (
    has_credentials,
    hide_by_look,
    hide_credentials,
    render_readable,
    strip_credentials,
)

S = "S3cr3tV4lue"
RANDOM = "Zx9kQ2mN7pR4sT1vW8yB3cD6"

TEXTS = [
    # users and passwords in URIs
    f"https://me:{S}@host/a.mp4",
    f"https://{S}@host/a.mp4",
    f"https://u:a/{S}@host/x.mp4",
    f"https://u:a@{S}@host/x.mp4",
    f"https://u:#{S}@host/x.mp4",
    f"https://u:a?{S}@host/x.mp4",
    f"redis://:{S}@host:6379/0",
    f"postgresql+psycopg://root:{S}@db/x",
    f"abfs://container:{S}@account/x",
    f"u:{S}@host.org",
    f"u:a/{S}@host.org/x",
    # parameters of URLs
    f"https://h/a?X-Amz-Signature={S}&part=3",
    f"https://h/a?X-Amz-Credential={S}%2F20240101",
    f"https://h/a?X-Amz-Security-Token={S}",
    f"https://h/a?AWSAccessKeyId={S}&Expires=12",
    f"https://h/a?Signature={S}&Key-Pair-Id=K",
    f"https://h/a?Policy={S}",
    f"https://h/a?X-Goog-Signature={S}",
    f"https://h/a?GoogleAccessId={S}",
    f"https://h/a?sv=2024&sig={S}",
    f"https://h/a?x-oss-signature={S}",
    f"https://h/a?OSSAccessKeyId={S}",
    f"https://h/a?q-sign-algorithm=sha1&q-ak={S}",
    f"https://h/a?x-obs-security-token={S}",
    f"https://h/a?hdnea=exp=1~hmac={S}",
    f"https://h/a?auth_key={S}",
    f"https://h/a?wsSecret={S}&wsTime=1",
    f"https://h/a?txSecret={S}",
    f"https://h/a?access_token={S}",
    f"https://h/a?key={S}",
    f"https://h/a?code={S}",
    f"https://h/a;jsessionid=1?ticket={S}",
    f"https://h/a?unheardof={RANDOM}",
    f"https://h/proxy?url=https%3A%2F%2Fb%2Fa%3FX-Amz-Signature%3D{S}%26x%3D1",
    f"x-oss-signature={S}",
    # settings, variables, connection strings
    f"pwd={S}",
    f"auth={S}",
    f"sas={S}",
    f"jwt={S}",
    f"token={S}",
    f"password={S}",
    f"password: {S}",
    f"passwd = {S}",
    f"api-key: {S}",
    f"apikey={S}",
    f"client_secret={S}",
    f"passphrase={S}",
    f"AWS_SECRET_ACCESS_KEY={S}",
    f"export DB_PASSWD='{S}'",
    f'os.environ["SERVICE_API_KEY"] = "{S}"',
    f"PRIVATE_KEY={S}",
    f"DefaultEndpointsProtocol=https;AccountName=a;AccountKey={S}==;EndpointSuffix=core.windows.net",
    f"Endpoint=sb://x/;SharedAccessKeyName=n;SharedAccessKey={S}=",
    f"BlobEndpoint=https://a;SharedAccessSignature=sv=1&sig={S}",
    f"Server=tcp:x;User Id=u;Pwd={S};",
    f"Driver=x;Uid=u;Password={S};Encrypt=yes",
    f"AZURE_STORAGE_CONNECTION_STRING={S}",
    f'{{"refresh_token":"{S}"}}',
    f"{{'secret': '{S}'}}",
    f"subscription-key={S}",
    # headers and options
    f"Authorization: Bearer {S}",
    f"authorization: Basic {S}",
    f"Authorization: AWS4-HMAC-SHA256 Credential=x, SignedHeaders=host, Signature={S}",
    f"Proxy-Authorization: Digest username=u, response={S}",
    f"got Bearer {S} from there",
    f"X-Api-Key: {S}",
    f"x-amz-security-token: {S}",
    f"Cookie: a=b; session={S}",
    f"Set-Cookie: sid={S}; Path=/",
    f"--password {S}",
    f"--token={S}",
    f"curl -u me:{S} https://h",
    # answers of servers
    f"<Error><AWSAccessKeyId>{S}</AWSAccessKeyId></Error>",
    f"<StringToSign>AWS4\n{S}</StringToSign>",
    f"-----BEGIN RSA PRIVATE KEY-----\n{S}\n-----END RSA PRIVATE KEY-----",
    f"-----BEGIN OPENSSH PRIVATE KEY-----\n{S}",
]
SHAPES = [
    "AKIA" + "LOCALTESTING0001",
    "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8",
    "github_pat_" + "a1B2c3D4e5F6g7H8i9J0k1",
    "glpat-" + "a1B2c3D4e5F6g7H8i9J0",
    "xoxb-" + "123456789012-abcdefABCDEF",
    "AIza" + "SyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6q",
    "ya29." + "a0AfH6SMBx",
    "sk_live_" + "a1B2c3D4e5F6g7H8",
    "sk-" + "a1B2c3D4e5F6g7H8i9J0",
    "hf_" + "abcdefghijklmnopqrstuvwxyz",
    "npm_" + "a1B2c3D4e5F6g7H8i9J0k1",
    "SG." + "a1B2c3D4e5F6g7H8.a1B2c3D4e5F6g7H8",
    "1234567890:AA" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q",
    "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxIn0." + "c2lnbmF0dXJl",
]


@pytest.mark.parametrize("text", TEXTS)
def test_a_secret_is_hidden_in_any_of_these_texts(text: str) -> None:
    for around in (text, f"cannot read {text}: expected a file", f"({text})", f'{{"message": "{text}"}}'):
        hidden = hide_credentials(around)
        assert S not in hidden
        assert RANDOM not in hidden
        assert "***" in hidden
        assert hide_credentials(hidden) == hidden  # a second filter on the way takes nothing more
    assert has_credentials(text)
    assert S not in strip_credentials(text)


@pytest.mark.parametrize("secret", SHAPES)
def test_what_services_give_out_is_known_by_its_shape(secret: str) -> None:
    assert hide_credentials(f"failed for {secret} there") == "failed for *** there"
    assert secret not in strip_credentials(f"s3://bucket/{secret}/a.mp4")


@pytest.mark.parametrize(
    "text",
    [
        "s3://bucket/a.mp4",
        "/data/key=1/year=2024/auth=2/a.mp4",
        "mail me@host.org or see a@b",
        "https://host:8080/a@b.mp4",
        "http://[::1]:80/a@b.mp4",
        "abfs://container@account.dfs.core.windows.net/a.mp4",
        "https://h/get?id=12&file=clip_0012_long_name.mp4",
        "https://h/get?id=550e8400-e29b-41d4-a716-446655440000",
        "https://www.youtube.com/watch?v=dQw4w9WgXcQ",
        "max_tokens=5, unexpected token: }, author=Smith, compass=3, bypass=1",
        "Basic settings of the bearer; see mailto:me@host.org",
        "expected 3 x 4, found 2: change video.start_frame and video.stop_frame",
        "cannot open /v/passport.mp4: expected a file, found nothing. Check the path",
        "git@github.com:x/y",
        "password of the user, secrets, keys: a, b",
        "the file breaks off: it promises 1.20 s and ends after 0.60 s, with 15 frames",
        "C:\\videos\\a.mp4",
    ],
)
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert hide_credentials(text) == text
    assert not has_credentials(text)


@pytest.mark.parametrize("kind", [Config, SpectralRunConfig, PredictRunConfig])
def test_no_setting_is_taken_for_a_secret(kind: type) -> None:
    text = yaml.safe_dump(config_values(kind()))
    assert hide_credentials(text) == text


def test_no_document_is_taken_for_one() -> None:
    docs = Path(__file__).parents[2] / "docs"
    pages = [docs / name for name in ("schema.md", "results.md", "howto/settings.md", "howto/images.md")]
    for text in (page.read_text() for page in pages):
        assert hide_credentials(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cannot read https://h/a?X-Amz-Signature=ab12&part=3 now", "cannot read https://h/a?X-Amz-Signature=***&part=3 now"),
        ("cannot read https://h/a?sig=ab12: no", "cannot read https://h/a?sig=***: no"),
        ("https://me:pw@host/a.mp4?x=1", "https://***@host/a.mp4?x=1"),
        ("https://acc.blob.core/a?sv=2024&sig=Zm9v%3D", "https://acc.blob.core/a?sv=***&sig=***"),
        ("https://h/a?access_token=tok", "https://h/a?access_token=***"),
    ],
)
def test_nothing_else_is_hidden(text: str, expected: str) -> None:
    assert hide_credentials(text) == expected


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("https://me:pw@host:80/a.mp4?X-Amz-Signature=1#t", "https://host:80/a.mp4"),
        ("https://host/a.mp4", "https://host/a.mp4"),
        ("s3://bucket/what?.mp4", "s3://bucket/what?.mp4"),
        ("/v/caf\udce9.mp4", "/v/caf\\xe9.mp4"),
        ("ftp://me:pw@host/a.mp4", "ftp://host/a.mp4"),
    ],
)
def test_a_name_that_lasts_has_no_query(uri: str, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", "bucket/what")  # the name is the same in every process
    assert strip_credentials(uri) == expected


@pytest.mark.parametrize(
    "name",
    [
        *(
            "AWS_SECRET_ACCESS_KEY",
            "AWS_ACCESS_KEY_ID",
            "MY_KEY",
            "HF_TOKEN",
            "DB_PASSWD",
            "DB_PASSWORD",
            "DB_PASS",
            "DB_PWD",
        ),
        *(
            "AZURE_STORAGE_CONNECTION_STRING",
            "SERVICE_APIKEY",
            "SSH_PASSPHRASE",
            "STORAGE_SAS",
            "SENTRY_DSN",
            "GH_CREDENTIAL",
        ),
    ],
)
def test_secrets_of_the_environment_are_hidden_anywhere(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "abc/efgh 1234")
    assert hide_credentials("no abc/efgh 1234.") == "no ***."
    assert hide_credentials(f"no {quote('abc/efgh 1234', safe='')}.") == "no ***."
    assert hide_by_look("no abc/efgh 1234.") == "no abc/efgh 1234."


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PWD", "/work/videos"),
        ("OLDPWD", "/work/videos"),
        ("MY_TOKEN", "no"),  # too short to be looked for
        ("AWS_WEB_IDENTITY_TOKEN_FILE", "/work/videos"),
        ("GOOGLE_APPLICATION_CREDENTIALS", "/work/videos"),
        ("TOKENIZERS_PARALLELISM", "/work/videos"),
        ("RAY_AUTH_MODE", "disabled"),
        ("KEYBOARD", "/work/videos"),
    ],
)
def test_places_are_no_secrets(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    assert hide_credentials(f"cannot read {value}: no") == f"cannot read {value}: no"


def test_bytes_that_are_no_letters_can_be_written() -> None:
    assert render_readable("caf\udce9.mp4") == "caf\\xe9.mp4"
    assert render_readable("half \ud800 pair") == "half \\ud800 pair"
    assert render_readable("ü") == "ü"
    hide_credentials("caf\udce9.mp4 \ud800").encode()


@pytest.mark.parametrize(
    "evil", ["a" * 100_000, "://x:" * 20_000, "token" * 20_000, "x=1&" * 20_000, "?a=" + "1a" * 50_000, "%3F" * 20_000]
)
@pytest.mark.timeout(20)
def test_a_long_text_takes_no_long_time(evil: str) -> None:
    hide_credentials(evil)
