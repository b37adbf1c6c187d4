"""`praetor scenario`: look at scenarios and check files of your own."""

from pathlib import Path
from typing import Annotated

import typer

from praetor.cli.errors import BAD_INPUT
from praetor.cli.output import Format, OutputOption, say, show

app = typer.Typer(no_args_is_help=True, help="Scenarios: what goes wrong, and what would put it right.")


@app.command("list")
def list_scenarios(output: OutputOption = Format.table) -> None:
    """The scenarios of the library: name, family, mechanism, its class, and the split it may be used in."""
    from praetor.cli.library import scenario_rows

    rows = scenario_rows()
    show(rows, output, rows=rows)


@app.command("lint")
def lint(files: Annotated[list[Path], typer.Argument(help="IncidentScenario files.")]) -> None:
    """Checks files as the operator would; prints `file:line: path: message` for each problem."""
    from simcore.scenarios.load import scenario_problems

    problems = [problem for file in files for problem in scenario_problems(file)]
    for problem in problems:
        typer.echo(str(problem))
    if problems:
        raise typer.Exit(BAD_INPUT)
    say(f"{len(files)} file{'s' if len(files) > 1 else ''}: no problem found")
