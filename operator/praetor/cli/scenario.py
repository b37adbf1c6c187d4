"""`praetor scenario`: look at scenarios and check files of your own."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from praetor.cli.errors import BAD_INPUT, BadInput
from praetor.cli.output import Format, OutputOption, as_text, say, show

if TYPE_CHECKING:
    from simcore.scenarios.documents import Document

app = typer.Typer(no_args_is_help=True, help="Scenarios: what goes wrong, and what would put it right.")


@app.command("list")
def list_scenarios(output: OutputOption = Format.table) -> None:
    """The scenarios of the library: name, family, mechanism, its class, and the split it may be used in."""
    from praetor.cli.library import scenario_rows

    rows = scenario_rows()
    show(rows, output, rows=rows)


@app.command("lint")
def lint_files(files: Annotated[list[Path], typer.Argument(help="IncidentScenario files.")]) -> None:
    """Checks files as the operator would; prints `file:line: path: message` for each problem."""
    from simcore.scenarios.lint import lint

    problems = [problem for file in files for problem in lint(file)]
    for problem in problems:
        typer.echo(str(problem))
    if problems:
        raise typer.Exit(BAD_INPUT)
    say(f"{len(files)} file{'s' if len(files) > 1 else ''}: no problem found")


class ManifestFormat(StrEnum):
    yaml = "yaml"
    json = "json"


FlatFiles = Annotated[
    list[Path], typer.Argument(help="Files in the flat form, with one or several documents; `-` is stdin.")
]
ManifestOption = Annotated[
    ManifestFormat, typer.Option("--output", "-o", help="How the scenarios are printed on stdout.")
]


@app.command("convert")
def convert_scenarios(files: FlatFiles, output: ManifestOption = ManifestFormat.yaml) -> None:
    """Prints scenarios of the flat form (`task_id`, `anomaly`, `correct_action` ...) as IncidentScenarios.

    Each is played with its correct action first. One that this does not resolve is refused, and nothing is printed."""
    from simcore.conversion.convert import convert

    done, refused = convert([document for file in files for document in _documents(file)])
    if refused:
        raise BadInput("\n".join(map(str, refused)))
    for warning in (warning for one in done for warning in one.warnings):
        say(f"warning: {warning}")
    if output is ManifestFormat.yaml:
        typer.echo("---\n".join(one.text for one in done), nl=False)
    else:
        manifests = [one.manifest for one in done]
        typer.echo(as_text(manifests[0] if len(manifests) == 1 else manifests, Format.json), nl=False)


def _documents(file: Path) -> "list[Document]":
    """Raises ScenarioError for what is no YAML, and for a file with nothing in it."""
    from simcore.scenarios.documents import load_documents

    documents = load_documents(sys.stdin.read(), file="<stdin>") if file == Path("-") else load_documents(file)
    if not documents:
        raise BadInput(f"{file}: empty; expected scenarios in the flat form")
    return documents
