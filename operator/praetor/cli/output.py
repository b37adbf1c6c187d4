"""Results on stdout as JSON, YAML or a table; everything else that a command says goes to stderr."""

import json
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any

import typer
import yaml


class Format(StrEnum):
    json = "json"
    yaml = "yaml"
    table = "table"


OutputOption = Annotated[Format, typer.Option("--output", "-o", help="How the result is printed on stdout.")]

Rows = Sequence[Mapping[str, Any]]


def show(value: Any, output: Format, *, rows: Rows) -> None:
    """Prints `value`, or `rows` (its short form, for people) when a table is asked for."""
    if output is Format.table:
        _print_table(rows)
    else:
        typer.echo(as_text(value, output), nl=False)


def as_text(value: Any, output: Format) -> str:
    if output is Format.yaml:
        return yaml.safe_dump(value, sort_keys=False, allow_unicode=True)
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def say(message: str) -> None:
    """A line for people."""
    typer.echo(message, err=True)


def cell(value: Any) -> str:
    """A table's cell: `-` for what is not known, three digits for numbers, yes and no for truths."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.3f}" if isinstance(value, float) else printable(str(value))


def printable(text: str) -> str:
    """Text of others without control characters, which a terminal would obey."""
    return "".join(char if char.isprintable() else " " for char in text)


def _print_table(rows: Rows) -> None:
    if not rows:
        return say("nothing to show")
    titles = list(rows[0])
    lines = [[title.upper().replace("_", " ") for title in titles]]
    lines += [[cell(row.get(title)) for title in titles] for row in rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(titles))]
    for line in lines:
        typer.echo("   ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())
    return None
