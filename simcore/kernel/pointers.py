"""Arrays over memory that somebody else keeps alive, for the inside of one compiled call.

A view that numba slices from an array is reference-counted wherever it is handed on, by atomic operations in the
innermost loops; an array over a bare pointer is not. Whoever makes one must hold the array that owns the memory.
"""

from importlib import import_module
from typing import Any

import numpy as np

numba: Any = import_module("numba")  # what is used here of it has no types
types: Any = numba.types
intrinsic: Any = import_module("numba.extending").intrinsic
carray: Any = numba.carray


@intrinsic
def _float64_at(typing_context: Any, address: Any) -> Any:
    return types.CPointer(types.float64)(address), _as_pointer


@intrinsic
def _float32_at(typing_context: Any, address: Any) -> Any:
    return types.CPointer(types.float32)(address), _as_pointer


@intrinsic
def _int64_at(typing_context: Any, address: Any) -> Any:
    return types.CPointer(types.int64)(address), _as_pointer


def _as_pointer(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    return builder.inttoptr(arguments[0], context.get_value_type(signature.return_type))


if numba.config.DISABLE_JIT:

    def floats_at(owner: Any, first: int, shape: tuple[int, ...]) -> Any:
        return owner[first : first + int(np.prod(shape))].reshape(shape)

    def singles_at(owner: Any, first: int, shape: tuple[int, ...]) -> Any:
        return owner[first:].view(np.float32)[: int(np.prod(shape))].reshape(shape)

    ints_at = floats_at
else:

    @numba.njit(inline="always")
    def floats_at(owner: Any, first: int, shape: tuple[int, ...]) -> Any:
        """float64 numbers of `owner` (contiguous, float64) from number `first` on."""
        return carray(_float64_at(owner.ctypes.data + 8 * first), shape)

    @numba.njit(inline="always")
    def singles_at(owner: Any, first: int, shape: tuple[int, ...]) -> Any:
        """float32 numbers in the memory of `owner` (contiguous, float64) from its number `first` on."""
        return carray(_float32_at(owner.ctypes.data + 8 * first), shape)

    @numba.njit(inline="always")
    def ints_at(owner: Any, first: int, shape: tuple[int, ...]) -> Any:
        """int64 numbers of `owner` (contiguous, int64) from number `first` on."""
        return carray(_int64_at(owner.ctypes.data + 8 * first), shape)
