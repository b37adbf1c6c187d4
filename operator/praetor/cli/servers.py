"""`praetor dev`, `gateway`, `operator`: the processes that stay up until they are stopped."""

import typer


def register(app: typer.Typer) -> None:
    pass
