"""The one decorator of compiled functions. What it compiles is cached under a fingerprint of all sources here.

Numba alone notices that the file of a compiled function changed, but not that a file which it calls into or takes
numbers from did: such a kernel would write beside its arrays. So every compiled function lives in this folder.
"""

import contextlib
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

from numba import njit
from numba.core import caching

Function = TypeVar("Function", bound=Callable[..., Any])
_HERE = Path(__file__).parent


def fingerprint(folder: Path) -> str:
    """SHA-256 over the sources of a folder."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


_SOURCES = fingerprint(_HERE)


def compiled(function: Function) -> Function:
    """Compiles at the first call. Divisions are not checked; the kernel guards its own."""
    return cast(Function, _under_its_sources(njit(cache=True, error_model="numpy")(function)))


def inlined(function: Function) -> Function:
    """The same, for what is small and called in the innermost loops."""
    return cast(Function, _under_its_sources(njit(cache=True, error_model="numpy", inline="always")(function)))


def _under_its_sources(dispatcher: Any) -> Any:
    """Gives the cache files of other sources other names, so that processes of two versions never share one."""
    cache = getattr(dispatcher, "_cache", None)  # none where compiling is switched off
    if cache is not None:
        base = f"{cache._impl.filename_base}.{_SOURCES[:12]}"
        new_file: Any = caching.IndexDataCacheFile
        cache._cache_file = new_file(cache.cache_path, base, _SOURCES)
    return dispatcher


def drop_stale_cache(function: Callable[..., Any]) -> None:
    """Removes what other sources left in the cache's folder; whoever still uses it compiles again."""
    cache = getattr(function, "_cache", None)
    if cache is None:
        return
    with contextlib.suppress(OSError):
        for path in Path(cache.cache_path).glob("*.nb[ic]"):
            if f".{_SOURCES[:12]}." not in path.name:
                path.unlink(missing_ok=True)
