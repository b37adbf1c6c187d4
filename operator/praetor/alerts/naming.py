"""Names that follow from the alert alone, so that every receiver of a delivery comes to the same ones."""

import hashlib
import re
from collections.abc import Sequence

_DIGEST_CHARS = 16
_RUN_NAME = re.compile(
    rf"(?P<source>[a-z](?:[-a-z0-9]*[a-z0-9])?)-(?P<group>[0-9a-f]{{{_DIGEST_CHARS}}})-(?P<number>[1-9]\d*)"
)


def group_digest(parts: Sequence[str]) -> str:
    """16 hex characters of SHA-256 of the UTF-8 of the parts joined by NUL."""
    text = "\0".join(parts).encode("utf-8", "replace")
    return hashlib.sha256(text).hexdigest()[:_DIGEST_CHARS]


def run_name(source: str, digest: str, number: int) -> str:
    return f"{source}-{digest}-{number}"


def run_number(name: str) -> int:
    """The n of `<source>-<digest>-<n>`; 0 for a name of another form."""
    found = _RUN_NAME.fullmatch(name)
    return int(found["number"]) if found else 0


def rehearsal_seed(digest: str) -> int:
    """The first 31 bits: one group is always rehearsed in the same world."""
    return int(digest[:8], 16) >> 1
