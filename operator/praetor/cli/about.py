"""`praetor version` and `praetor doctor`: what is installed here, and what would keep it from working."""

from importlib.metadata import version as installed_version
from typing import Annotated

import typer

from praetor.cli.errors import installed_extras
from praetor.cli.output import Format, OutputOption, show

NOT_OK = 1

PortOption = Annotated[int, typer.Option("--port", envvar="PRAETOR_PORT", min=1, max=65535, help="To be free.")]


def register(app: typer.Typer) -> None:
    app.command("version")(version)
    app.command("doctor")(doctor)


def version(output: OutputOption = Format.table) -> None:
    """The version of Praetor and of what matters most to it."""
    import platform

    told = {
        "praetor": installed_version("praetor"),
        "python": platform.python_version(),
        "numpy": installed_version("numpy"),
        "numba": installed_version("numba"),
        "extras": ", ".join(installed_extras()) or "none",
    }
    show(told, output, rows=[told])


def doctor(port: PortOption = 8080, output: OutputOption = Format.table) -> None:
    """Checks this machine; exit code 1 when something is broken that every command needs."""
    from praetor.cli.checks import checks

    found = checks(port)
    rows = [check.to_json() for check in found]
    show(rows, output, rows=rows)
    if any(check.state == "broken" for check in found):
        raise typer.Exit(NOT_OK)
