"""`praetor apply`: what `kubectl apply` is for a cluster, for the directory of a `praetor dev`."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from praetor.cli.errors import BadInput
from praetor.cli.output import Format, OutputOption, show
from simcore.errors import AlreadyExistsError, InvalidObjectError

if TYPE_CHECKING:
    from simcore.protocols import Manifest, Store

FilesOption = Annotated[list[Path], typer.Option("-f", "--filename", help="Manifests; `-` reads stdin.")]
DataOption = Annotated[Path, typer.Option("--data", envvar="PRAETOR_DATA_DIR", help="The folder of `praetor dev`.")]
OWN_METADATA = ("labels", "annotations")


def register(app: typer.Typer) -> None:
    app.command("apply")(apply)


def apply(filename: FilesOption, data: DataOption = Path("praetor-data"), output: OutputOption = Format.table) -> None:
    """Puts TargetSites, IncidentScenarios and IncidentRuns where `praetor dev` finds them. In a cluster: kubectl."""
    from praetor.cli.documents import read_objects
    from praetor.store.directory import DirectoryStore

    objects = read_objects(filename)
    store = DirectoryStore(data)
    try:
        rows = asyncio.run(_all_applied(store, objects))
    except InvalidObjectError as problem:
        raise BadInput(str(problem)) from None
    finally:
        store.close()
    show(rows, output, rows=rows)


async def _all_applied(store: "Store", objects: "list[Manifest]") -> list[dict[str, Any]]:
    return [await _applied(store, wanted) for wanted in objects]


async def _applied(store: "Store", wanted: "Manifest") -> dict[str, Any]:
    kind, metadata = wanted["kind"], wanted["metadata"]
    row = {"kind": kind, "namespace": metadata["namespace"], "name": metadata["name"]}
    try:
        await store.create(wanted)
    except AlreadyExistsError:
        before = await store.get(kind, metadata["namespace"], metadata["name"])
        after = await store.update(_merged(before, wanted))
        return row | {"result": "unchanged" if after == before else "configured"}
    return row | {"result": "created"}


def _merged(before: "Manifest", wanted: "Manifest") -> "Manifest":
    """The file decides what is wanted; whose the object is and how it stands stays."""
    own = {key: wanted["metadata"][key] for key in OWN_METADATA if key in wanted["metadata"]}
    return before | {"spec": wanted["spec"], "metadata": before["metadata"] | own}
