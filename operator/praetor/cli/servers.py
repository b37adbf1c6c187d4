"""`praetor dev`, `demo`, `gateway`, `operator`: the processes that stay up, and a show of the first."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from praetor.cli.errors import need_extra
from praetor.cli.output import say

ENDED = 1


class WhenResolved(StrEnum):
    ANNOTATE = "Annotate"
    GRACEFUL = "Graceful"
    NOW = "Now"


HostOption = Annotated[str, typer.Option("--host", envvar="PRAETOR_HOST", help="Off loopback callers need a token.")]
PortOption = Annotated[int, typer.Option("--port", envvar="PRAETOR_PORT", min=0, max=65535, help="0: any free one.")]
DataOption = Annotated[
    Path | None, typer.Option("--data", envvar="PRAETOR_DATA_DIR", help="Where runs are kept; praetor-data.")
]
BodiesOption = Annotated[Path, typer.Option("--bodies", help="A folder of captured webhook bodies.")]
WorkersOption = Annotated[
    int | None, typer.Option("--workers", envvar="PRAETOR_WORKERS", min=1, help="Processes that play episodes.")
]
NamespacesOption = Annotated[
    list[str] | None,
    typer.Option("--namespace", "-n", envvar="PRAETOR_NAMESPACES", help="To serve, also several; default: all."),
]
MetricsPortOption = Annotated[
    int, typer.Option("--metrics-port", envvar="PRAETOR_METRICS_PORT", min=0, max=65535, help="Probes and metrics.")
]
ServiceAccountsOption = Annotated[
    bool | None,
    typer.Option(
        "--service-accounts/--no-service-accounts",
        envvar="PRAETOR_SERVICE_ACCOUNTS",
        help="Lets ServiceAccounts in that may; by default when there is a token, too.",
    ),
]
RunTtlOption = Annotated[
    int,
    typer.Option(
        "--run-ttl",
        envvar="PRAETOR_RUN_TTL_SECONDS",
        min=0,
        max=2**31 - 1,
        help="Seconds after its end when the run of an alert is deleted; 0: never.",
    ),
]
AllowOption = Annotated[
    list[str] | None,
    typer.Option(
        "--allow", help="What a TargetSite's URL may lead to beside public addresses: a loopback port, a CIDR."
    ),
]
WhenResolvedOption = Annotated[
    WhenResolved,
    typer.Option(
        "--when-resolved",
        envvar="PRAETOR_WHEN_RESOLVED",
        help="What an open run does once its alerts are resolved: go on, end after its episode, or end now.",
    ),
]
NewRunsOption = Annotated[
    int,
    typer.Option(
        "--new-runs-per-minute",
        envvar="PRAETOR_NEW_RUNS_PER_MINUTE",
        min=0,
        help="More alert groups than that are told to come again; 0: any number.",
    ),
]
WEEK_SECONDS = 7 * 24 * 3600


def register(app: typer.Typer) -> None:
    for command in (dev, demo, gateway, operator):
        app.command(command.__name__)(command)


def dev(
    host: HostOption = "127.0.0.1",
    port: PortOption = 8080,
    data: DataOption = None,
    workers: WorkersOption = None,
    run_ttl: RunTtlOption = 0,
    allow: AllowOption = None,
    when_resolved: WhenResolvedOption = WhenResolved.ANNOTATE,
    new_runs: NewRunsOption = 0,
) -> None:
    """Gateway, console and controller in one process over a directory: all of Praetor without a cluster."""
    need_extra("server", "praetor dev")
    from praetor.serve.dev import run_dev
    from praetor.serve.gateway_http import AlertSettings

    settings = AlertSettings(run_ttl or None, when_resolved.value, new_runs)
    run_dev(host, port, data, workers, alerts=settings, allow=allow or ())


def demo(data: DataOption = None, bodies: BodiesOption = Path("tests/data/alertmanager")) -> None:
    """Posts captured alerts to an embedded Praetor, shows every step, and ends with a table."""
    need_extra("server", "praetor demo")
    from praetor.serve.demo import run_demo

    run_demo(data, bodies)


def gateway(
    host: HostOption = "127.0.0.1",
    port: PortOption = 8080,
    namespaces: NamespacesOption = None,
    service_accounts: ServiceAccountsOption = None,
    run_ttl: RunTtlOption = WEEK_SECONDS,
    when_resolved: WhenResolvedOption = WhenResolved.ANNOTATE,
    new_runs: NewRunsOption = 0,
) -> None:
    """Takes alerts in and shows runs, in a cluster. Callers know PRAETOR_WEBHOOK_TOKEN or are ServiceAccounts."""
    need_extra("operator", "praetor gateway")
    from praetor.serve.gateway import run_gateway
    from praetor.serve.gateway_http import AlertSettings

    alerts = AlertSettings(run_ttl or None, when_resolved.value, new_runs)
    run_gateway(host, port, namespaces or (), service_accounts=service_accounts, alerts=alerts)


def operator(
    namespaces: NamespacesOption = None, workers: WorkersOption = None, metrics_port: MetricsPortOption = 8081
) -> None:
    """Takes the IncidentRuns of a cluster to their end. Ends with 1 when it has to be started anew."""
    need_extra("operator", "praetor operator")
    from praetor.serve.operator import OperatorEndedError, main

    try:
        main(namespaces or (), metrics_port, workers)
    except OperatorEndedError as problem:
        say(str(problem))
        raise typer.Exit(ENDED) from None
