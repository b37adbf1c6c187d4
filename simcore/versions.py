"""Versions as people write them (`v2.3.1`) and as the world keeps them: major x 10^6 + minor x 10^3 + patch."""

import re
from functools import lru_cache

_VERSION = re.compile(r"v?(\d{1,3})\.(\d{1,3})\.(\d{1,3})")


@lru_cache(maxsize=4096)
def version_text(number: float) -> str:
    code = int(number)
    return f"v{code // 1_000_000}.{code // 1000 % 1000}.{code % 1000}"


def version_number(text: str) -> float:
    """-1 for what is no version."""
    found = _VERSION.fullmatch(text)
    return int(found[1]) * 1e6 + int(found[2]) * 1e3 + int(found[3]) if found else -1.0
