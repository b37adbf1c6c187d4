"""`praetor chaos`: experiments. All it does is to create, change and list runs with `spec.inject`."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from praetor.cli.errors import NOT_DONE, BadInput, need_extra
from praetor.cli.output import Format, OutputOption, say, show
from simcore.errors import AlreadyExistsError, DeniedError, InvalidObjectError, NotFoundError

if TYPE_CHECKING:
    from simcore.protocols import Manifest, Store

app = typer.Typer(no_args_is_help=True, help="Experiments: break a target site on purpose, and heal it.")
T = TypeVar("T")
LOOK_SECONDS = 1.0

DataOption = Annotated[
    Path | None,
    typer.Option("--data", envvar="PRAETOR_DATA_DIR", help="The directory of a `praetor dev`; else your cluster."),
]
NamespaceOption = Annotated[str | None, typer.Option("--namespace", "-n", help="Of the run and its TargetSite.")]
FaultArgument = Annotated[str, typer.Argument(help="Such as oom_crash at a site, memory_limit in a namespace.")]
SiteOption = Annotated[str, typer.Option("--site", help="The TargetSite; its spec.chaos.allowed must be Always.")]
ServiceOption = Annotated[str | None, typer.Option("--service", help="The one service that is hit.")]
SecondsOption = Annotated[
    int, typer.Option("--seconds", min=10, max=14_400, help="After so long it is healed whatever happens.")
]
PolicyOption = Annotated[str, typer.Option("--policy", help="Who is paged.")]
NameOption = Annotated[str | None, typer.Option("--name", help="Of the run; default: made of site and fault.")]
PodsOption = Annotated[int | None, typer.Option("--pods", min=1, help="Of pod_kill.")]
MemoryOption = Annotated[str | None, typer.Option("--memory-limit", help="Of memory_limit, such as 32Mi.")]
CpuOption = Annotated[str | None, typer.Option("--cpu-limit", help="Of cpu_limit, such as 20m.")]
VersionOption = Annotated[str | None, typer.Option("--to-version", help="Of bad_image: the tag.")]
SetOption = Annotated[str | None, typer.Option("--set", help="Of bad_config: VARIABLE=value.")]
WaitOption = Annotated[bool, typer.Option("--wait", help="Until the run has ended and its target is healed.")]
RunArgument = Annotated[str, typer.Argument(help="The run, as `praetor chaos list` names it.")]


@app.command("inject")
def inject(
    fault: FaultArgument,
    site: SiteOption,
    service: ServiceOption = None,
    seconds: SecondsOption = 900,
    policy: PolicyOption = "playbook",
    name: NameOption = None,
    pods: PodsOption = None,
    memory_limit: MemoryOption = None,
    cpu_limit: CpuOption = None,
    to_version: VersionOption = None,
    set_: SetOption = None,
    namespace: NamespaceOption = None,
    data: DataOption = None,
    wait: WaitOption = False,
    output: OutputOption = Format.table,
) -> None:
    """Creates a run that breaks a site, pages a policy, judges it, and heals."""
    from praetor.resources.experiments import experiment_run

    given: dict[str, Any] = {"service": service, "pods": pods, "memoryLimit": memory_limit, "cpuLimit": cpu_limit}
    given |= {"version": to_version, "durationSeconds": seconds} | _setting(set_)
    wanted = {key: value for key, value in given.items() if value is not None}

    async def created(store: "Store", home: str) -> "Manifest":
        run = experiment_run(namespace or home, site, fault, wanted, policy=policy, name=name)
        await _need_site(store, run["metadata"]["namespace"], site)
        try:
            made = await store.create(run)
        except (AlreadyExistsError, InvalidObjectError) as problem:
            raise BadInput(str(problem)) from None
        say(f"run {made['metadata']['name']} is going to break {site}; praetor chaos heal ends it")
        return await _ended(store, made) if wait else made

    made = _in_store(data, created)
    show(made, output, rows=[_row(made)])


@app.command("heal")
def heal(
    run: RunArgument,
    namespace: NamespaceOption = None,
    data: DataOption = None,
    wait: WaitOption = False,
    output: OutputOption = Format.table,
) -> None:
    """Ends an experiment now: its run is cancelled, and whoever plays it heals first."""
    from praetor.resources.experiments import ended_now
    from praetor.store.changing import changed

    def healed(found: "Manifest") -> "Manifest":
        if "inject" not in found["spec"]:
            raise BadInput(f"run {run} breaks nothing: it has no spec.inject")
        return ended_now(found)

    async def cancelled(store: "Store", home: str) -> "Manifest":
        try:
            ending = await changed(store, "IncidentRun", namespace or home, run, healed)
        except NotFoundError as problem:
            raise BadInput(str(problem)) from None
        return await _ended(store, ending) if wait else ending

    ending = _in_store(data, cancelled)
    show(ending, output, rows=[_row(ending)])


@app.command("list")
def list_(namespace: NamespaceOption = None, data: DataOption = None, output: OutputOption = Format.table) -> None:
    """The experiments there are, and whether their faults are still there."""

    async def found(store: "Store", home: str) -> "list[Manifest]":
        return [one for one in await store.find("IncidentRun", namespace) if "inject" in one["spec"]]

    runs = _in_store(data, found)
    rows = [_row(one) for one in runs]
    show(rows, output, rows=rows)


async def _need_site(store: "Store", namespace: str, site: str) -> None:
    try:
        await store.get("TargetSite", namespace, site)
    except (NotFoundError, InvalidObjectError):
        raise BadInput(f"--site {site}: there is no TargetSite of that name in namespace {namespace}") from None
    except DeniedError:
        return  # whoever may create runs need not be let read sites: the run says what is wrong


def _in_store(data: Path | None, work: "Callable[[Store, str], Awaitable[T]]") -> T:
    """With the store that is meant, and the namespace where things are unless somebody says otherwise."""
    if data is not None and not data.is_dir():
        raise BadInput(f"--data {data}: there is no such directory; `praetor dev --data {data}` makes it")
    return asyncio.run(_with_directory(data, work) if data else _with_cluster(work))


async def _with_directory(data: Path, work: "Callable[[Store, str], Awaitable[T]]") -> T:
    from praetor.store.directory import DirectoryStore

    store = DirectoryStore(data)
    try:
        return await work(store, "default")
    finally:
        store.close()


async def _with_cluster(work: "Callable[[Store, str], Awaitable[T]]") -> T:
    need_extra("operator", "praetor chaos without --data")
    from praetor.kube.client import KubeClient
    from praetor.kube.credentials import context_namespace, load_credentials
    from praetor.store.kubernetes import KubernetesStore

    async with KubeClient(load_credentials()) as client:
        return await work(KubernetesStore(client), context_namespace())


async def _ended(store: "Store", run: "Manifest") -> "Manifest":
    metadata, told = run["metadata"], ""
    while "completionTime" not in (run.get("status") or {}):
        message = str((run.get("status") or {}).get("message", ""))
        if message != told:
            say(f"{time.strftime('%H:%M:%S')} {message}")
            told = message
        await asyncio.sleep(LOOK_SECONDS)
        try:
            run = await store.get("IncidentRun", metadata["namespace"], metadata["name"])
        except NotFoundError:
            say(f"run {metadata['name']} was deleted")
            raise typer.Exit(NOT_DONE) from None
    return run


def _setting(text: str | None) -> dict[str, str]:
    if text is None:
        return {}
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise BadInput(f"--set {text!r}: should be VARIABLE=value")
    return {"key": key, "value": value}


def _row(run: "Manifest") -> dict[str, Any]:
    status = run.get("status") or {}
    experiment = status.get("experiment") or {}
    return {
        "run": run["metadata"]["name"],
        "namespace": run["metadata"]["namespace"],
        "site": run["spec"]["target"]["siteRef"]["name"],
        "fault": run["spec"]["inject"]["fault"],
        "service": experiment.get("service") or run["spec"]["inject"].get("service"),
        "state": experiment.get("state"),
        "phase": status.get("phase"),
        "expires_at": experiment.get("expiresAt"),
        "message": status.get("message"),
    }
