"""Numbers written as bytes exactly as Python formats them: rounded half to even on the exact value, not on a product.

Numbers of 2^52 units of the last digit and more are not written; `at` is -1 from then on.
"""

import math

from simcore.kernel.compiled import compiled, inlined
from simcore.kernel.layout import Bytes

_SPLITTER = 134_217_729.0  # 2^27 + 1
_LARGEST = 4_503_599_627_370_496.0  # 2^52: above, floats have no halves
_ZERO, _POINT, _MINUS, _PLUS = 48, 46, 45, 43


@inlined
def nearest(value: float, factor: float) -> float:
    """The integer nearest to the exact product, half to even (Dekker's product: Numerische Mathematik 18, 1971)."""
    product = value * factor
    high, other = _SPLITTER * value, _SPLITTER * factor
    high, other = high - (high - value), other - (other - factor)
    low, rest = value - high, factor - other
    missed = low * rest - (((product - high * other) - low * other) - high * rest)
    below = math.floor(product)
    over = product - below
    up = over > 0.5 or (over == 0.5 and (missed > 0.0 or (missed == 0.0 and below % 2.0 == 1.0)))
    return below + 1.0 if up else below


@inlined
def rounded(value: float, factor: float) -> float:
    """`round(value, digits)` of a number that is not negative, where `factor` is 10^digits; NaN stays NaN."""
    return nearest(value, factor) / factor if value * factor < _LARGEST else value


@compiled
def put_integer(page: Bytes, at: int, number: int) -> int:
    """Writes a number that is not negative; returns where it ends."""
    digits, left = 1, number // 10
    while left > 0:
        digits, left = digits + 1, left // 10
    for place in range(at + digits - 1, at - 1, -1):
        page[place] = _ZERO + number % 10
        number //= 10
    return at + digits


@compiled
def put_fixed(page: Bytes, at: int, value: float, tenths: bool) -> int:
    """As `.1f` or `.0f` does; returns where it ends."""
    factor = 10.0 if tenths else 1.0
    if not abs(value) * factor < _LARGEST:
        return -1
    if math.copysign(1.0, value) < 0.0:
        page[at] = _MINUS
        at += 1
    number = int(nearest(abs(value), factor))
    if not tenths:
        return put_integer(page, at, number)
    at = put_integer(page, at, number // 10)
    page[at], page[at + 1] = _POINT, _ZERO + number % 10
    return at + 2


@compiled
def put_signed(page: Bytes, at: int, value: float) -> int:
    """As `+.0f` does; returns where it ends."""
    if math.copysign(1.0, value) > 0.0:
        page[at] = _PLUS
        at += 1
    return put_fixed(page, at, value, False)


@compiled
def put_short(page: Bytes, at: int, value: float) -> int:
    """As `.0f` does for 10 and more and for whole numbers, as `.2g` does for the others; returns where it ends."""
    if value >= 10.0 or value == math.floor(value):
        return put_fixed(page, at, value, False)
    if not value >= 0.1:
        return -1  # with leading zeros, or a power of ten
    places = 1 if value >= 1.0 else 2
    unit = 10 if places == 1 else 100
    number = int(nearest(value, float(unit)))
    at = put_integer(page, at, number // unit)
    number %= unit
    if number > 0:
        page[at] = _POINT
        at += 1
    while number > 0:
        unit //= 10
        page[at] = _ZERO + number // unit
        number, at = number % unit, at + 1
    return at


@compiled
def put_version(page: Bytes, at: int, code: int) -> int:
    """`v2.3.1` of 2003001; returns where it ends."""
    page[at] = 118
    at = put_integer(page, at + 1, code // 1_000_000)
    page[at] = _POINT
    at = put_integer(page, at + 1, code // 1000 % 1000)
    page[at] = _POINT
    return put_integer(page, at + 1, code % 1000)
