"""How a value is written: Python's formats and a few of our own, each of which the kernel writes to the same bytes.

`percent` of a share; `Mi` and `m` as Kubernetes' quantities, of MiB and of whole units; `ago` of seconds; `version`;
`count` of a list; `short` with two digits at most below 10; `data UNIT`, or `no data` where there is none;
`no|yes` either of two words.
"""

from collections.abc import Callable
from typing import Any

from simcore.kernel.fill import ago
from simcore.quantity import format_mebibytes
from simcore.versions import version_text

NO_DATA = "no data"
AGO = (" s ago", " min ago", " h ago", " days ago")


def _ago(seconds: float) -> str:
    unit, amount = ago(seconds)
    return f"{amount:.0f}{AGO[unit]}"


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 10 or value == int(value) else f"{value:.2g}"


_OWN: dict[str, Callable[[Any], str]] = {
    "": str,
    "percent": lambda share: f"{100 * share:.0f} %",
    "Mi": format_mebibytes,
    "m": lambda value: f"{value * 1000:.0f}m",
    "ago": _ago,
    "version": version_text,
    "count": lambda listed: str(len(listed)),
    "short": _short,
}


def formatted(value: Any, how: str) -> str:
    own = _OWN.get(how)
    if own is not None:
        return own(value)
    if how.startswith("data"):
        return NO_DATA if value is None else f"{value:.1f}{how.removeprefix('data')}"
    if "|" in how:
        return how.split("|")[1 if value > 0 else 0]
    return format(value, how)
