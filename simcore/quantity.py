"""Kubernetes quantities (`512Mi`, `250m`, `1.5`) as plain numbers, and back.

Notation: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
"""

import re

_SUFFIX = {
    "": 1.0, "m": 1e-3,
    "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12,
    "Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40,
}  # fmt: skip
_QUANTITY = re.compile(r"([0-9]+(?:\.[0-9]+)?)(m|k|M|G|T|Ki|Mi|Gi|Ti)?")
MEBIBYTE = 2**20


def parse_quantity(text: str | int | float) -> float:
    """The value of a quantity in its base unit (bytes, cores, counts). Raises ValueError with the notation."""
    found = _QUANTITY.fullmatch(str(text))
    if found is None:
        raise ValueError(f"{text!r} is not a quantity; write it as Kubernetes does, for example 512Mi or 250m")
    return float(found[1]) * _SUFFIX[found[2] or ""]


def mebibytes(text: str | int | float) -> float:
    """A memory quantity in MiB."""
    return parse_quantity(text) / MEBIBYTE


def format_mebibytes(value: float) -> str:
    """A memory amount in MiB as a quantity: 512.0 -> `512Mi`."""
    return f"{round(value)}Mi"
