"""`praetor openenv serve`: the simulator as an OpenEnv environment."""

import gc
from pathlib import Path
from typing import Annotated

import typer

from praetor.cli.errors import need_extra
from praetor.cli.servers import HostOption

PortOption = Annotated[int, typer.Option("--port", envvar="PRAETOR_OPENENV_PORT", min=0, max=65535)]
TokenFileOption = Annotated[
    Path | None,
    typer.Option("--token-file", envvar="PRAETOR_OPENENV_TOKEN_FILE", help="Instead of PRAETOR_OPENENV_TOKEN."),
]
MostOption = Annotated[
    int, typer.Option("--max-sessions", envvar="PRAETOR_OPENENV_MAX_SESSIONS", min=1, help="More wait for a place.")
]
QueueOption = Annotated[
    float, typer.Option("--queue-seconds", envvar="PRAETOR_OPENENV_QUEUE_SECONDS", min=0, help="How long they wait.")
]
BatchedOption = Annotated[
    int,
    typer.Option(
        "--max-batched", envvar="PRAETOR_OPENENV_MAX_BATCHED", min=0, help="Environments of all batches, 30 kB each."
    ),
]
GraceOption = Annotated[
    float, typer.Option("--grace-seconds", envvar="PRAETOR_OPENENV_GRACE_SECONDS", min=0, help="For open episodes.")
]
WebOption = Annotated[str, typer.Option("--web-url", envvar="PRAETOR_OPENENV_WEB_URL", help="Where /web leads.")]

app = typer.Typer(no_args_is_help=True, help="The simulator as an OpenEnv environment.")


@app.callback()
def _group() -> None:
    """A group, though it has one command yet."""


@app.command()
def serve(
    host: HostOption = "127.0.0.1",
    port: PortOption = 8000,
    token_file: TokenFileOption = None,
    max_sessions: MostOption = 1024,
    queue_seconds: QueueOption = 5.0,
    max_batched: BatchedOption = 16_384,
    grace_seconds: GraceOption = 20.0,
    web_url: WebOption = "",
) -> None:
    """Serves OpenEnv clients, plain HTTP and MCP until stopped; episodes under way may end first."""
    need_extra("server", "praetor openenv serve")
    gc.disable()  # collecting while modules are loaded is a sixth of the start; the server goes on with it
    from praetor.openenv.session import Limits
    from praetor.serve.openenv import run_openenv

    limits = Limits(most_sessions=max_sessions, queue_seconds=queue_seconds, most_batched=max_batched)
    run_openenv(host, port, token_file, limits, grace_seconds=grace_seconds, web_url=web_url)
