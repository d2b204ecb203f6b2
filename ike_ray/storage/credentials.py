"""What may be written or shown of a text: no credentials, and no byte that is not a letter.

Two steps keep secrets out of a run. What is not needed is not kept: `strip_credentials` makes the id of a video from its URI
without user, password and query. Everything else passes `hide_credentials`, a filter of names and shapes, before it is
written or shown. A filter knows only what its list knows, so nothing may rely on it alone.
"""

import logging
import os
import re
from functools import lru_cache
from urllib.parse import quote

_HIDDEN = "***"
# Names that speak of a secret wherever they stand, with anything before them: DB_PASSWORD, AWSAccessKeyId.
_NAMES = (
    r"(?:pass(?:word|wd|phrase|code)(?!s)|secret(?!s)|token(?!s|iz)|credential(?!s)|signature(?!s)|authorization|"
    r"(?:api|access|account|private|shared|master|signing|encryption|client|session|auth|subscription|storage|license)[_-]?key"
    r"|shared[_-]?access|session[_-]?id|connection[_-]?string|conn[_-]?str)"
)
# Short names are also parts of other words, so no letter may stand before them.
_SHORT_NAMES = r"(?<![A-Za-z0-9/])(?:pwd|passwd|pass|auth|sas|jwt|psk|otp|creds?)"
# Parameters of a URL that sign or authorise a request: S3, Google, Azure, Alibaba, Tencent, Huawei, CloudFront, Akamai.
_PARAMETERS = (
    r"(?:x-(?:amz|goog|oss|cos|obs|tos|bce|ms)-[\w-]+|awsaccesskeyid|googleaccessid|ossaccesskeyid|q-[\w-]+|key-pair-id|policy|"
    r"sig|sign|se|sp|sv|sr|st|spr|sip|si|skoid|sktid|skt|ske|sks|skv|expires|[\w.-]{0,40}key|code|hash|hmac|ticket|sid|session|"
    r"hdnea|hdnts|hdntl|verify|wstime|txtime|\w{0,20}nonce)"
)
_VALUE = r"(?:\"[^\"]*\"|'[^']*'|[^\s&;,'\"<>(){}\[\]|\\]+(?<![:.]))"  # a colon at its end belongs to the sentence
# The secrets that well-known services give out, whatever stands before them.
_SHAPES = (
    r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b",  # AWS
    r"\bgh[pousr]_\w{30,}|\bgithub_pat_\w{20,}|\bgl[a-z]{2,5}-[\w-]{18,}",  # GitHub, GitLab
    r"\bxox[abeprs]-[\w-]{10,}|hooks\.slack\.com/services/[\w/]+",  # Slack
    r"\bAIza[\w-]{30,}|\bya29\.[\w-]+|\bGOCSPX-[\w-]+",  # Google
    r"\b(?:sk|pk|rk)[-_](?:live|test|proj|ant|or)[-_][\w-]{10,}|\bsk-\w{20,}",  # Stripe, OpenAI, Anthropic
    r"\bhf_\w{20,}|\bnpm_\w{20,}|\bpypi-[\w-]{20,}|\bdop_v1_\w+|\bdapi[0-9a-f]{32}",  # Hugging Face, npm, PyPI, ...
    r"\bSG\.[\w-]{16,}\.[\w-]{16,}|\bAGE-SECRET-KEY-\w+|\b\d{8,10}:AA[\w-]{33}",  # SendGrid, age, Telegram
    r"\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?",  # a JSON Web Token
)

_RULES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, flags=re.IGNORECASE), replacement)
    for pattern, replacement in (
        (r"-----BEGIN [A-Z ]*PRIVATE KEY[A-Z ]*-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY[A-Z ]*-----|\Z)", _HIDDEN),
        # user:password@, whatever the password holds, but not host:port/x@y. In abfs://container@account nothing is secret.
        (r"(?<=://)(?!\[)[^/\s:@'\"]{0,200}:(?!\d{1,5}(?:[/?#\s]|$))[^\s'\"]{0,500}@", f"{_HIDDEN}@"),
        (r"(?<!abfs)(?<!abfss)(?<!wasb)(?<!wasbs)://[^/\s'\"<>?#]{1,500}@", f"://{_HIDDEN}@"),
        (
            r"(?<![\w@/:.%+-])(?!mailto:)[\w.%+-]{1,60}:(?!//|\d{1,5}/)[^\s@'\":]{3,200}"
            r"@(?=[\w-]+(?:\.[\w-]+)+|localhost)",
            f"{_HIDDEN}@",
        ),
        # Headers, to the end of their lines.
        (r"((?:proxy-)?authorization['\"]?\s{0,3}[:=]\s{0,3}['\"]?)[^'\"\r\n]+", rf"\1{_HIDDEN}"),
        (r"(\b(?:set-)?cookie['\"]?\s{0,3}:\s{0,3}['\"]?)[^'\"\r\n]+", rf"\1{_HIDDEN}"),
        (r"\b(Bearer\s+)[\w.~+/-]{6,}=*", rf"\1{_HIDDEN}"),
        (r"\b(Basic\s+)(?=[A-Za-z+/]*[0-9=])[A-Za-z0-9+/]{6,}=*", rf"\1{_HIDDEN}"),
        # Options of a command line: --password x, -u user:password.
        (r"(?<![\w-])(--?[\w-]{0,30}(?:password|passwd|token|secret|api-key|access-key)\s+)[^\s-]\S*", rf"\1{_HIDDEN}"),
        (r"(?<![\w-])((?:-u|--(?:proxy-)?user)[ =])\S+:\S+", rf"\1{_HIDDEN}"),
        # name=value in a URL, also in one that is itself a value of another
        (rf"((?:[?&;]|%3F|%26){_PARAMETERS}(?:=|%3D))(?:(?!%26)[^\s&;'\"<>])+(?<![:.,])", rf"\1{_HIDDEN}"),
        (rf"((?:{_NAMES}|{_SHORT_NAMES})[\w.-]{{0,30}}(?:%3D))(?:(?!%26)[^\s&;'\"<>])+(?<![:.,])", rf"\1{_HIDDEN}"),
        # name=value, "name": "value", name: value
        (rf"((?:{_NAMES}[\w.-]{{0,30}}|{_SHORT_NAMES})['\"]?\]?\s{{0,3}}=\s{{0,3}}){_VALUE}", rf"\1{_HIDDEN}"),
        (rf"((?:{_NAMES}[\w.-]{{0,30}}|{_SHORT_NAMES})['\"]\s{{0,3}}:\s{{0,3}}){_VALUE}", rf"\1{_HIDDEN}"),
        (rf"((?:{_NAMES}[\w.-]{{0,30}}|{_SHORT_NAMES}):\s{{0,3}})(?=[^\s]*\d|['\"])(?!//){_VALUE}", rf"\1{_HIDDEN}"),
        (rf"(<[\w:]{{0,30}}(?:{_NAMES}|StringToSign|CanonicalRequest)\w{{0,30}}>)[^<]+", rf"\1{_HIDDEN}"),
    )
)
_SHAPE = re.compile("|".join(_SHAPES))
# The value of any other parameter of a URL, if it looks random: long, of letters and digits, no UUID and no file's name.
_RANDOM_VALUE = re.compile(
    r"((?:[?&]|%3F|%26)[\w.%-]{1,60}(?:=|%3D))(?=(?:[^\s&]*\d){3})(?=(?:[^\s&]*[A-Za-z]){3})"
    r"(?![0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?:[&\s'\"]|$))(?![^\s&'\"]*\.\w{2,5}(?:[&\s'\"]|$))"
    r"[\w.~+/=%-]{20,}",
    flags=re.IGNORECASE,
)
# A text of these letters alone can hold a secret that only its shape tells.
_PLAIN = re.compile(r"(?:[a-z][a-z0-9+.-]*://)?[^=@:%<>\s?&]*", flags=re.IGNORECASE)
# Environment variables whose values are secrets, whatever they look like, and those that only say where one is.
_SECRET_VARIABLE = re.compile(
    r"SECRET|TOKEN(?!S|IZ)|PASSW(?:OR)?D|PASSPHRASE|CONNECTION_?STRING|CONN_?STR|(?:ACCESS|API|ACCOUNT|PRIVATE)_?KEY|CREDENTIAL"
    r"|(?:^|_)(?:KEY|PASS|PSK|SAS|JWT|BEARER)(?:_ID)?$|[A-Z]_PWD$|(?:^|_)(?:DSN|AUTHORIZATION)$",
    flags=re.IGNORECASE,
)
_PLACE_VARIABLE = re.compile(r"_(?:FILE|PATH|DIR|URI|URL|MODE|TTL|TYPE|PROVIDER|CREDENTIALS|REGION)$", flags=re.IGNORECASE)
_SHORTEST_SECRET = 8  # a shorter value would be found in ordinary words


def hide_credentials(text: str) -> str:
    """Return `text` as it may be written or shown: `***` for the credentials in it, and `\\xe9` for a byte that is no letter.

    It hides users and passwords in URIs, headers, options and settings that authorise, parameters that sign a URL or look
    random, what well-known services give out, and the values of environment variables whose names speak of secrets.
    """
    text = hide_by_look(render_readable(text))
    for value in _list_secrets(tuple(os.environ.items())):
        if value in text:
            text = text.replace(value, _HIDDEN)
    return text


def strip_credentials(uri: str) -> str:
    """Return `uri` without user, password, query and fragment, for a name that lasts: a signature changes from day to day.

    Like `hide_by_look`, it does not depend on the environment of the process.
    """
    if uri.startswith(("http://", "https://")):
        uri = re.split(r"[?#]", hide_by_look(uri), maxsplit=1)[0]
    return hide_by_look(render_readable(uri)).replace(f"://{_HIDDEN}@", "://")


def has_credentials(uri: str) -> bool:
    """Return whether `uri` holds what `hide_credentials` would hide."""
    return hide_credentials(uri) != render_readable(uri)


def render_readable(text: str) -> str:
    """Return `text` with `\\xe9` for each byte of a file's name that is not UTF-8, which no table and no terminal takes."""
    if text.isascii():
        return text
    try:
        return text.encode(errors="surrogateescape").decode(errors="backslashreplace")
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON can hold
        return text.encode(errors="backslashreplace").decode()


def hide_by_look(text: str) -> str:
    """Return `text` without the credentials that can be told by their names and shapes, the same in every process."""
    text = _SHAPE.sub(_HIDDEN, text)
    if _PLAIN.fullmatch(text):
        return text
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return _RANDOM_VALUE.sub(rf"\1{_HIDDEN}", text)


@lru_cache(maxsize=8)  # a million rows pass the filter under one environment
def _list_secrets(variables: tuple[tuple[str, str], ...]) -> set[str]:
    """Return the values of secret environment variables, plain and as a URL holds them."""
    values = [
        value
        for name, value in variables
        if len(value) >= _SHORTEST_SECRET and _SECRET_VARIABLE.search(name) and not _PLACE_VARIABLE.search(name)
    ]
    return {*values, *(quote(value, safe="") for value in values)}


class HidingFormatter(logging.Formatter):
    """A formatter of logs whose lines, and tracebacks, have no credentials."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        return hide_credentials(super().format(record))
