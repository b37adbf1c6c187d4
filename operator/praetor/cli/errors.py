"""What went wrong outside becomes one line on stderr; a traceback is for our own mistakes.

Exit code 2 is for bad input, 1 for what was asked rightly and could not be done.
"""

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from simcore.errors import SimcoreError, StoreError

BAD_INPUT = 2
NOT_DONE = 1

_MODULES_OF_EXTRA = {
    "server": (
        "fastapi",
        "uvicorn",
        "httpx",
        "jinja2",
        "markdown_it",
        "prometheus_client",
        "reportlab",
        "orjson",
        "websockets",
        "mcp",
    ),
    "operator": ("kopf", "kubernetes"),
    "site": ("psutil", "psycopg", "cryptography", "dns"),
}


class BadInput(Exception):
    """The text says what was wrong, where, and what would be right; it may have a line for each problem."""


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Ends the command when its input was bad or the world was against it."""
    try:
        yield
    except (BadInput, SimcoreError) as problem:
        typer.echo(problem, err=True)
        raise typer.Exit(NOT_DONE if isinstance(problem, StoreError) else BAD_INPUT) from None


def need_extra(extra: str, command: str) -> None:
    """Refuses a command whose libraries are not installed, in a sentence that says how to get them."""
    if missing_modules(extra):
        raise BadInput(f"{command} needs the {extra} extra: pip install 'praetor[{extra}]'")


def missing_modules(extra: str) -> list[str]:
    """The modules of an extra that cannot be imported here."""
    below = missing_modules("server") if extra in ("operator", "site") else []
    return below + [name for name in _MODULES_OF_EXTRA[extra] if importlib.util.find_spec(name) is None]


def installed_extras() -> list[str]:
    return [extra for extra in _MODULES_OF_EXTRA if not missing_modules(extra)]
