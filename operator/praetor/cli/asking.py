"""Whoever sits at the terminal is asked about the changes of `praetor run` that need a person."""

import sys

import typer

from praetor.cli.output import printable
from praetor.runner.changes import Clearance, Wanted, WantedCall, nobody
from praetor.runner.tools import parameters_json

BY = "local"


def at_the_terminal(change: Wanted) -> Clearance:
    if isinstance(change, WantedCall) or not change.needs_approval or not sys.stdin.isatty():
        return nobody(change)
    what = f"{change.action['action_type']} {change.action['target_service']} {parameters_json(change.action)}".rstrip()
    for line in (f"step {change.step}: {what}", change.reason, *change.evidence):
        typer.echo(printable(line), err=True)
    if typer.confirm("Make this change?", err=True):
        return Clearance("Go", by=BY)
    return Clearance("Deny", f"denied by {BY}", by=BY)
