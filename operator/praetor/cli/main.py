"""`praetor`: one file per group of commands. Heavy libraries are imported by the command that needs them."""

from typing import Any

import typer
from typer.core import TyperGroup

from praetor.cli import (
    about,
    apply,
    approve,
    chaos,
    evaluate,
    internal,
    openenv,
    policy,
    report,
    run,
    scenario,
    servers,
    site,
)
from praetor.cli.errors import one_line_errors


class _Commands(TyperGroup):
    def invoke(self, ctx: Any) -> Any:
        with one_line_errors():
            return super().invoke(ctx)


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="An incident commander: an alert becomes a run, a fix, a proof and a report.",
)
for module in (run, report, evaluate, apply, approve, servers, about):
    module.register(app)
app.add_typer(scenario.app, name="scenario")
app.add_typer(policy.app, name="policy")
app.add_typer(site.app, name="site")
app.add_typer(chaos.app, name="chaos")
app.add_typer(openenv.app, name="openenv")
app.add_typer(internal.app, name="internal", hidden=True)


def main() -> None:
    app()
