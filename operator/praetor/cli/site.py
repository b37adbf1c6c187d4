"""`praetor site`: check a target site, write an adapter for one, or start the demo site with its real faults."""

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from praetor.cli.errors import NOT_DONE, BadInput, need_extra
from praetor.cli.output import Format, OutputOption, say, show

TOKEN_VARIABLE = "PRAETOR_SITE_TOKEN"  # noqa: S105 (a variable's name)
app = typer.Typer(no_args_is_help=True, help="Target sites: systems that Praetor reads and acts on.")


class Framework(StrEnum):
    fastapi = "fastapi"
    flask = "flask"
    express = "express"
    go = "go"


UrlArgument = Annotated[str, typer.Argument(metavar="URL", help="Where the site's /ops/* is.")]
ChangesOption = Annotated[
    bool, typer.Option("--changes", help="Also make changes: restarts one service, and heals the site.")
]
CompleteOption = Annotated[bool, typer.Option("--complete", help="An endpoint that is missing is a failure, too.")]
ServiceOption = Annotated[
    str | None, typer.Option("--service", help="With --changes: which service; default the last one.")
]
AllowOption = Annotated[
    list[str] | None,
    typer.Option("--allow", help="A network (CIDR) that the URL may lead into beside public addresses and loopback."),
]
FrameworkOption = Annotated[Framework, typer.Option("--framework", help="What the service is written with.")]
FileOption = Annotated[Path | None, typer.Option("--output", "-o", help="The file to write; default stdout.")]
ForceOption = Annotated[bool, typer.Option("--force", help="Write over a file that is there.")]
HostOption = Annotated[str, typer.Option("--host", help="Off loopback callers need the token PRAETOR_SITE_TOKEN.")]
PortOption = Annotated[int, typer.Option("--port", min=0, max=65535, help="0: any free one.")]
FaultOption = Annotated[
    float, typer.Option("--fault-seconds", min=1, help="So long after its beginning a fault ends by itself.")
]
RecordOption = Annotated[
    Path | None, typer.Option("--users-log", help="A file for what each user saw, a line of JSON for each request.")
]
JournalOption = Annotated[
    Path | None, typer.Option("--journal", help="A small volume for the api's log, where no tmpfs can be mounted.")
]

SeedOption = Annotated[
    int | None,
    typer.Option("--fault-seed", help="Draws how large a fault is and which service it hits; default: the table's."),
]

PartOption = Annotated[
    list[str] | None,
    typer.Option("--part", help="NAME=URL of a `praetor site part`: for all of frontend, api and postgres, or none."),
]
FolderOption = Annotated[Path, typer.Option("--folder", help="Where the supervisor's files go.")]
DataOption = Annotated[Path, typer.Option("--data", help="Where PostgreSQL keeps its data.")]


@app.command("demo")
def demo(
    host: HostOption = "127.0.0.1",
    port: PortOption = 0,
    fault_seconds: FaultOption = 900.0,
    users_log: RecordOption = None,
    journal: JournalOption = None,
    fault_seed: SeedOption = None,
    part: PartOption = None,
) -> None:
    """Starts frontend, api and a real PostgreSQL with users on them, prints the URL, and ends with Ctrl-C."""
    need_extra("site", "praetor site demo")
    from praetor.sites.demo.main import run_demo_site

    token = os.environ.get(TOKEN_VARIABLE, "")
    run_demo_site(
        host,
        port,
        token=token,
        fault_seconds=fault_seconds,
        record=users_log,
        journal=journal,
        fault_seed=fault_seed,
        parts=_parts(part or []),
    )


@app.command("part")
def part(
    host: HostOption = "127.0.0.1",
    port: PortOption = 7070,
    folder: FolderOption = Path("/tmp/praetor-site"),  # noqa: S108 (a pod's own)
    journal: JournalOption = None,
    data: DataOption = Path("/tmp/praetor-site-data"),  # noqa: S108
) -> None:
    """Waits for a demo site elsewhere to start its processes here; what the chart's demo site is made of."""
    need_extra("site", "praetor site part")
    from praetor.sites.demo.main import run_part

    token = os.environ.get(TOKEN_VARIABLE, "")
    run_part(host, port, token=token, folder=folder, journal=journal, data=data)


def _parts(given: list[str]) -> dict[str, str]:
    named = dict(one.partition("=")[::2] for one in given)
    wanted = {"frontend", "api", "postgres"}
    if given and set(named) != wanted:
        raise BadInput(f"--part: NAME=URL for each of {', '.join(sorted(wanted))}, not {' '.join(given)!r}")
    return named


@app.command("check")
def check(
    url: UrlArgument,
    changes: ChangesOption = False,
    complete: CompleteOption = False,
    service: ServiceOption = None,
    allow: AllowOption = None,
    output: OutputOption = Format.table,
) -> None:
    """Says for each endpoint whether it keeps the contract; exit code 1 when the site does not conform."""
    need_extra("server", "praetor site check")
    from praetor.sites.check import SiteMisnamedError, SiteUnreachableError, check_site

    try:
        token = os.environ.get(TOKEN_VARIABLE, "")
        report = check_site(url, token=token, changes=changes, service=service, allow=allow or [])
    except SiteMisnamedError as problem:
        raise BadInput(str(problem)) from None
    except SiteUnreachableError as problem:
        say(str(problem))
        raise typer.Exit(NOT_DONE) from None
    told = report.model_dump(mode="json", by_alias=True)
    show(told, output, rows=told["endpoints"])
    if not (report.complete if complete else report.conforms):
        raise typer.Exit(NOT_DONE)


@app.command("adapter")
def adapter(framework: FrameworkOption, output: FileOption = None, force: ForceOption = False) -> None:
    """Writes one file that gives a service of yours /ops/*, with hooks to fill in."""
    from praetor.sites.adapter import adapter_text

    text = adapter_text(framework.value)
    if output is None:
        typer.echo(text, nl=False)
        return
    if output.exists() and not force:
        raise BadInput(f"{output} is there already; name another file, or --force to write over it")
    try:
        output.write_text(text)
    except OSError as problem:
        raise BadInput(f"{output}: {problem.strerror}") from None
    say(f"wrote {output}; its first lines say how to use it")
