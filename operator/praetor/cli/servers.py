"""`praetor dev`, `gateway`, `operator`: the processes that stay up until they are stopped; and the demo."""

from pathlib import Path
from typing import Annotated

import typer

from praetor.cli.errors import need_extra

HostOption = Annotated[str, typer.Option(envvar="PRAETOR_HOST", help="The address to listen on.")]
PortOption = Annotated[int, typer.Option(envvar="PRAETOR_PORT", min=0, max=65535, help="0 takes a free one.")]
DataOption = Annotated[Path | None, typer.Option(envvar="PRAETOR_DATA_DIR", help="Default: ./praetor-data.")]
NamespaceOption = Annotated[
    list[str] | None, typer.Option("--namespace", "-n", help="Only these namespaces; default: all.")
]
AccountsOption = Annotated[
    bool | None,
    typer.Option(
        "--service-accounts/--no-service-accounts",
        envvar="PRAETOR_SERVICE_ACCOUNTS",
        help="Let ServiceAccounts in that may do the like with incidentruns; default: if there is a token too.",
    ),
]
WorkersOption = Annotated[int | None, typer.Option(min=1, max=64, help="Processes that play; default: one a core.")]


def register(app: typer.Typer) -> None:
    for command in (dev, demo, gateway, operator):
        app.command()(command)


def dev(
    host: HostOption = "127.0.0.1", port: PortOption = 8080, data: DataOption = None, workers: WorkersOption = None
) -> None:
    """Everything in one process, without a cluster."""
    need_extra("server", "praetor dev")
    from praetor.serve.dev import run_dev

    run_dev(host, port, data, workers)


def demo(
    data: Annotated[Path | None, typer.Option(help="Default: a new folder in ./praetor-data.")] = None,
    bodies: Annotated[Path, typer.Option(help="Captured Alertmanager bodies.")] = Path("tests/data/alertmanager"),
) -> None:
    """Real captured alerts through an embedded Praetor, from the webhook to the reports."""
    need_extra("server", "praetor demo")
    from praetor.serve.demo import run_demo

    run_demo(data, bodies)


def gateway(
    host: HostOption = "127.0.0.1",
    port: PortOption = 8080,
    namespace: NamespaceOption = None,
    service_accounts: AccountsOption = None,
) -> None:
    """Turns the alerts that Alertmanager sends into IncidentRuns, and shows runs to people."""
    need_extra("operator", "praetor gateway")
    from praetor.serve.gateway import run_gateway

    run_gateway(host, port, namespace or (), service_accounts=service_accounts)


def operator(
    namespace: NamespaceOption = None,
    metrics_port: Annotated[int, typer.Option(min=0, max=65535, help="Of the probes and metrics.")] = 8081,
    workers: WorkersOption = None,
) -> None:
    """Plays the IncidentRuns of a cluster."""
    need_extra("operator", "praetor operator")
    from praetor.serve.operator import main

    main(namespace or (), metrics_port, workers)
