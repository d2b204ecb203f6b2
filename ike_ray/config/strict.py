"""What all records of settings share: an unknown key is an error, and the text below a field explains it."""

from pydantic import ConfigDict

STRICT = ConfigDict(extra="forbid", use_attribute_docstrings=True)
