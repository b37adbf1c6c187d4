"""`praetor policy list`: who can take an incident."""

import typer

from praetor.cli.output import Format, OutputOption, show

app = typer.Typer(no_args_is_help=True, help="Policies: who decides what to do next.")


@app.callback()
def group() -> None:
    """Keeps `list` a command of its own."""


@app.command("list")
def list_policies(output: OutputOption = Format.table) -> None:
    """The policies that `--policy` and `spec.policy.name` take."""
    from praetor.policies.registry import POLICIES

    rows = [{"name": p.name, "reads": p.reads, "summary": p.summary} for p in POLICIES.values()]
    show(rows, output, rows=rows)
