"""Secrets of senders: of the environment, or of a file that the environment names; never an argument."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from simcore.errors import SimcoreError

SHORTEST_SECRET = 8


class SecretError(SimcoreError):
    """A secret that is named cannot be had or can be guessed; the text says which, never what it is."""


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """`values` are all that fit, more than one while a sender's secret is being changed. Not shown by repr."""

    variable: str
    values: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Secret({self.variable}, {'set' if self.values else 'not set'})"

    @property
    def is_set(self) -> bool:
        return bool(self.values)


def secret_of(variable: str, environ: Mapping[str, str] = os.environ) -> Secret:
    """The words of `variable`, or of the file that `<variable>_FILE` names. Raises SecretError."""
    text = environ.get(variable, "")
    path = environ.get(f"{variable}_FILE", "")
    if path and text:
        raise SecretError(f"{variable} and {variable}_FILE are both set; one of them is enough")
    if path:
        text = _of_file(variable, path)
    values = tuple(text.split())
    if any(len(value) < SHORTEST_SECRET for value in values):
        raise SecretError(f"{variable}: a secret has fewer than {SHORTEST_SECRET} characters and can be guessed")
    if path and not values:
        raise SecretError(f"{variable}_FILE: {path} is empty")
    return Secret(variable, values)


def _of_file(variable: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise SecretError(f"{variable}_FILE: {path}: {getattr(problem, 'strerror', None) or 'not text'}") from None
