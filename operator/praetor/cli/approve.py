"""`praetor approve` and `kubectl praetor approve`: a person's word on the change that a run waits to make."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from praetor.cli.errors import need_extra, one_line_errors
from praetor.cli.output import printable, say
from simcore.errors import NotFoundError

if TYPE_CHECKING:
    from simcore.protocols import Store

DEFAULT_NAMESPACE = "default"

RunArgument = Annotated[str, typer.Argument(help="The IncidentRun that waits.")]
StepOption = Annotated[
    int | None, typer.Option("--step", min=0, help="Only if it waits with this step; default: whatever waits.")
]
DenyOption = Annotated[bool, typer.Option("--deny", help="Denies it: the policy is told and goes on.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why; the policy and the report are told.")]
NamespaceOption = Annotated[str, typer.Option("--namespace", "-n", help="The run's namespace.")]
ClusterNamespaceOption = Annotated[
    str | None, typer.Option("--namespace", "-n", help="The run's namespace; default: the context's.")
]
DataOption = Annotated[Path, typer.Option("--data", envvar="PRAETOR_DATA_DIR", help="The folder of `praetor dev`.")]
KubeconfigOption = Annotated[str | None, typer.Option("--kubeconfig", help="As kubectl's.")]
ContextOption = Annotated[str | None, typer.Option("--context", help="As kubectl's.")]


def register(app: typer.Typer) -> None:
    app.command("approve")(approve)


def approve(
    run: RunArgument,
    step: StepOption = None,
    deny: DenyOption = False,
    reason: ReasonOption = "",
    namespace: NamespaceOption = DEFAULT_NAMESPACE,
    data: DataOption = Path("praetor-data"),
) -> None:
    """Lets a run of `praetor dev` make the change that it waits with. In a cluster: kubectl praetor approve."""
    from praetor.store.directory import DirectoryStore
    from praetor.store.validation import LOCAL

    if not data.is_dir():
        raise NotFoundError(f"--data: there is no folder {data}")
    store = DirectoryStore(data)
    try:
        say(asyncio.run(_decided(store, namespace, run, _nobody_else(LOCAL), step=step, deny=deny, reason=reason)))
    finally:
        store.close()


kubectl = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="Praetor, as a plugin of kubectl.")


@kubectl.callback()
def _plugin() -> None:
    """So that `approve` stays a command of its own."""


@kubectl.command("approve")
def approve_in_cluster(
    run: RunArgument,
    step: StepOption = None,
    deny: DenyOption = False,
    reason: ReasonOption = "",
    namespace: ClusterNamespaceOption = None,
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
) -> None:
    """Lets a run make the change that it waits with. It takes the verb `approve` on incidentruns."""
    with one_line_errors():
        need_extra("operator", "kubectl praetor")
        said = asyncio.run(_in_cluster(kubeconfig, context, namespace, run, step=step, deny=deny, reason=reason))
        say(said)


def main() -> None:
    kubectl()


async def _in_cluster(
    kubeconfig: str | None, context: str | None, namespace: str | None, run: str, **words: Any
) -> str:
    from praetor.kube.client import KubeClient
    from praetor.kube.credentials import context_namespace, load_credentials
    from praetor.kube.paths import SELF_SUBJECT_REVIEWS
    from praetor.store.kubernetes import KubernetesStore

    where = namespace or context_namespace(kubeconfig, context)
    async with KubeClient(load_credentials(kubeconfig, context)) as client:

        async def myself() -> str:
            review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
            found = await client.create(SELF_SUBJECT_REVIEWS, None, review)
            return str(found["status"]["userInfo"]["username"])

        return await _decided(KubernetesStore(client), where, run, myself, **words)


def _nobody_else(name: str) -> Callable[[], Awaitable[str]]:
    async def by() -> str:
        return name

    return by


async def _decided(
    store: "Store",
    namespace: str,
    name: str,
    by: Callable[[], Awaitable[str]],
    *,
    step: int | None,
    deny: bool,
    reason: str,
) -> str:
    """Says what was decided."""
    from praetor.store.deciding import decided

    awaiting = await decided(store, namespace, name, "Deny" if deny else "Approve", by, step=step, reason=reason)
    what = " ".join(str(awaiting.get(part) or "") for part in ("action", "service", "parameters"))
    return printable(f"{'denied' if deny else 'approved'}: {name}, step {awaiting['step']}: {what}".rstrip())
