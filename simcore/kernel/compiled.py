"""The one decorator of compiled functions. What it compiles is kept under a fingerprint of all sources here.

Numba alone notices that the file of a compiled function changed, but not that a file which it calls into or takes
numbers from did: such a kernel would write beside its arrays. So every compiled function lives in this folder.

What lies beside the sources is read by everybody: who builds an image may write there, who runs it need not. What is
missing there is kept where Numba finds a folder to write in (`NUMBA_CACHE_DIR`, the user's), or not at all. Processes
that find nothing do not all compile it at once: see `turn`.
"""

import contextlib
import hashlib
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, Self, TypeVar, cast

from numba import njit

from simcore.kernel.turn import Turn

caching: Any = import_module("numba.core.caching")  # what is used here of it has no types
Function = TypeVar("Function", bound=Callable[..., Any])
_HERE = Path(__file__).parent
_BESIDE = _HERE / "__pycache__"


def fingerprint(folder: Path) -> str:
    """SHA-256 over the sources of a folder."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


_SOURCES = fingerprint(_HERE)
_TURN = Turn()


def compiled(function: Function) -> Function:
    """Compiles at the first call. Divisions are not checked; the kernel guards its own."""
    return cast(Function, _kept(njit(error_model="numpy")(function)))


def inlined(function: Function) -> Function:
    """The same, for what is small and called in the innermost loops."""
    return cast(Function, _kept(njit(error_model="numpy", inline="always")(function)))


def _kept(dispatcher: Any) -> Any:
    """What `cache=True` does, with a cache of our own."""
    if hasattr(dispatcher, "py_func"):  # not where compiling is switched off
        dispatcher._cache = _Cache(dispatcher.py_func)
        dispatcher.compile = _in_turn(dispatcher.compile)
    return dispatcher


def _in_turn(compile_for: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def compile_in_turn(signature: Any) -> Any:
        with _TURN.until_compiled():
            return compile_for(signature)

    return compile_in_turn


class _NoFolder:
    """Of Numba's locators the last: there is no folder to write in. Without it Numba refuses the function."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._first_line = function.__code__.co_firstlineno

    @classmethod
    def from_function(cls, function: Callable[..., Any], path: str) -> Self:
        return cls(function)

    def ensure_cache_path(self) -> None:
        raise PermissionError(f"{_BESIDE} and the user's cache cannot be written")

    def get_cache_path(self) -> str:
        return str(_BESIDE)

    def get_source_stamp(self) -> str:
        return _SOURCES

    def get_disambiguator(self) -> str:
        return str(self._first_line)


class _Places(caching.CompileResultCacheImpl):
    _locator_classes = [*caching.CompileResultCacheImpl._locator_classes, _NoFolder]


class _Cache(caching.FunctionCache):
    """Gives the files of other sources other names, so that processes of two versions never share one."""

    _impl_class = _Places

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)
        self._cache_file = _Files(self.cache_path, f"{self._impl.filename_base}.{_SOURCES[:12]}", _SOURCES)

    def load_overload(self, *wanted: Any) -> Any:
        """What another process compiles just now is waited for."""
        return super().load_overload(*wanted) or self._load_in_turn(*wanted)

    def _load_in_turn(self, *wanted: Any) -> Any:
        with contextlib.suppress(OSError):
            self._impl.locator.ensure_cache_path()
            _TURN.take(Path(self.cache_path))
            return super().load_overload(*wanted)

    def save_overload(self, *compiled: Any) -> None:
        """A disk that is full or read-only costs time at the next start, and nothing now."""
        with contextlib.suppress(OSError):
            super().save_overload(*compiled)


class _Files(caching.IndexDataCacheFile):
    def __init__(self, folder: str, *names: str) -> None:
        super().__init__(folder, *names)
        self._beside = caching.IndexDataCacheFile(str(_BESIDE), *names)

    def load(self, key: Any) -> Any:
        return self._read(self._beside.load, key) or self._read(super().load, key)

    @staticmethod
    def _read(load: Callable[[Any], Any], key: Any) -> Any:
        with contextlib.suppress(OSError):
            return load(key)


def drop_stale_cache(function: Callable[..., Any]) -> None:
    """Removes what other sources left in the cache's folder; whoever still uses it compiles again."""
    cache = getattr(function, "_cache", None)
    if cache is None:
        return
    with contextlib.suppress(OSError):
        for path in Path(cache.cache_path).glob("*.nb[ic]"):
            if f".{_SOURCES[:12]}." not in path.name:
                path.unlink(missing_ok=True)
