"""Keeps credentials out of everything that is written or shown."""

import os
import re

_HIDDEN = "***"
# user:password@ in any URI; the values of parameters that sign or authorise a request.
_USER_INFO = re.compile(r"(?<=://)[^/\s@'\"]+@")
_PARAMETER = re.compile(
    r"([?&](?:x-(?:amz|goog)-[a-z-]+|awsaccesskeyid|googleaccessid|signature|sig|se|sp|sv|sr|st|spr|expires|key-pair-id|policy|"
    r"[a-z_-]*(?:token|secret|password|api[_-]?key|key))=)[^&\s'\"]+",
    flags=re.IGNORECASE,
)
# Environment variables whose values are secrets, whatever they look like.
_SECRET_VARIABLE = re.compile(r"SECRET|TOKEN|PASSWORD|ACCESS_KEY", flags=re.IGNORECASE)
_SHORTEST_SECRET = 8  # a shorter value would be found in ordinary words


def hide_credentials(text: str) -> str:
    """`text` with `***` for the credentials in it.

    Hidden are `user:password@` in URIs, the values of query parameters that sign or authorise (presigned URLs of S3, Google
    and Azure, tokens, keys), and the values of environment variables whose names speak of secrets.
    """
    text = _PARAMETER.sub(rf"\1{_HIDDEN}", _USER_INFO.sub(f"{_HIDDEN}@", text))
    for name, value in os.environ.items():
        if len(value) >= _SHORTEST_SECRET and _SECRET_VARIABLE.search(name) and value in text:
            text = text.replace(value, _HIDDEN)
    return text
