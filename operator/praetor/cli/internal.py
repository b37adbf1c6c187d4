"""`praetor internal`: what Praetor starts itself. Nobody else needs it."""

import asyncio
import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from praetor.cli.errors import NOT_DONE, BadInput, need_extra

if TYPE_CHECKING:
    from praetor.substrates.chaos.plan import Plan

app = typer.Typer(no_args_is_help=True, hidden=True, help="What Praetor starts itself.")
ArmedOption = Annotated[Path, typer.Option("--armed", help="The file to make once the undo would be accepted.")]


@app.callback()
def _group() -> None:
    """What Praetor starts itself."""


@app.command("deadman")
def deadman(armed: ArmedOption = Path("/tmp/armed")) -> None:  # noqa: S108 (a pod's own volume)
    """Heals the experiment that PRAETOR_EXPERIMENT tells of at its deadline; exit code 1 when it could not."""
    from praetor.substrates.chaos.jobs import PLAN_VARIABLE
    from praetor.substrates.chaos.plan import Plan

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    text = os.environ.get(PLAN_VARIABLE, "")
    try:
        plan = Plan.from_bytes(text.encode())
    except (ValueError, KeyError, TypeError):
        raise BadInput(f"{PLAN_VARIABLE}: there is no plan of an experiment in it") from None
    if not asyncio.run(_stood_by(plan, armed)):
        raise typer.Exit(NOT_DONE)


async def _stood_by(plan: "Plan", armed: Path) -> bool:
    from praetor.substrates.chaos.deadman import Signs, stand_by
    from praetor.substrates.chaos.jobs import TOKEN_VARIABLE
    from praetor.substrates.chaos.site import SiteGround

    if plan.kind == "Site":
        need_extra("server", "praetor internal deadman")
        return await stand_by(plan, os.environ.get(TOKEN_VARIABLE, ""), SiteGround(), Signs(armed))
    need_extra("operator", "praetor internal deadman")
    from praetor.kube.client import KubeClient
    from praetor.kube.credentials import load_credentials
    from praetor.substrates.chaos.workloads import WorkloadGround

    async with KubeClient(load_credentials()) as client:
        return await stand_by(plan, "", WorkloadGround(client), Signs(armed))
