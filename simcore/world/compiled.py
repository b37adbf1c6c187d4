"""Keeps numba's cache honest.

Numba notices that the file of a compiled function changed, but not that a file which it calls into did. So the cache
carries a fingerprint of all sources that go into the kernel, and what another fingerprint compiled is thrown away.
"""

import contextlib
import hashlib
from pathlib import Path
from typing import Any

_HERE = Path(__file__).parent
_STAMP = "simcore-world.sha256"


def fingerprint() -> str:
    """SHA-256 over the sources of this folder."""
    digest = hashlib.sha256()
    for path in sorted(_HERE.glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def drop_stale_cache(function: Any) -> None:
    """To be called before the first call of a compiled function. A cache that cannot be written is left alone."""
    stats = getattr(function, "stats", None)
    if stats is None or stats.cache_path is None:
        return
    folder, current = Path(stats.cache_path), fingerprint()
    with contextlib.suppress(OSError):
        stamp = folder / _STAMP
        if stamp.exists() and stamp.read_text() == current:
            return
        for stale in folder.glob("*.nb[ic]"):
            stale.unlink(missing_ok=True)
        folder.mkdir(parents=True, exist_ok=True)
        stamp.write_text(current)
