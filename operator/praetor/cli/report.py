"""`praetor report`: what is made of a run and its trace, from the files that `praetor run --report` left."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from praetor.cli.errors import BadInput, need_extra
from praetor.cli.output import Format, as_text, say

if TYPE_CHECKING:
    from praetor.resources.run import IncidentRun

POSTMORTEM, TRACE, RUN = "postmortem.md", "trace.jsonl", "run.json"
PDF, ATIF = "report.pdf", "trajectory.atif.json"


class ReportFormat(StrEnum):
    pdf = "pdf"
    atif = "atif"


Formats = list[ReportFormat] | None
FormatsOption = Annotated[
    Formats, typer.Option("--report-format", help=f"Also {PDF}, or a trajectory ({ATIF}); may be repeated.")
]
SourceArgument = Annotated[Path, typer.Argument(help="A folder that --report wrote, or a trace.")]
ToOption = Annotated[Path | None, typer.Option("--to", help="The folder to write into; default: where the trace is.")]


def register(app: typer.Typer) -> None:
    app.command("report")(report)


def report(source: SourceArgument, to: ToOption = None, formats: FormatsOption = None) -> None:
    """Makes post-mortem, PDF and trajectory of a stored trace anew."""
    need_formats(formats)
    trace_file = source / TRACE if source.is_dir() else source
    trace = _read(trace_file)
    run = _run_of(trace_file, trace)
    folder = to or trace_file.parent
    write_files("--to", folder, {POSTMORTEM: postmortem(run, trace)} | made(formats, run, trace))
    say(f"report: {folder / POSTMORTEM}")


def need_formats(formats: Formats) -> None:
    if ReportFormat.pdf in (formats or ()):
        need_extra("server", "--report-format pdf")


def postmortem(run: "IncidentRun", trace: bytes) -> bytes:
    from praetor.reports.postmortem import render_postmortem

    return render_postmortem(run, trace).encode()


def made(formats: Formats, run: "IncidentRun", trace: bytes) -> dict[str, bytes]:
    """The further files that were asked for; a run without an episode has no trajectory."""
    files: dict[str, bytes] = {}
    if ReportFormat.pdf in (formats or ()):
        from praetor.reports.pdf.render import render_pdf

        files[PDF] = render_pdf(run, trace)
    if ReportFormat.atif in (formats or ()):
        from praetor.reports.atif import trajectory

        if told := trajectory(run, trace):
            files[ATIF] = as_text(told, Format.json).encode(errors="replace")
    return files


def write_files(option: str, folder: Path, files: Mapping[str, bytes]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            (folder / name).write_bytes(data)
    except OSError as problem:
        raise BadInput(f"{option}: {folder}: {problem.strerror}") from None


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as problem:
        raise BadInput(f"{file}: {problem.strerror}") from None


def _run_of(trace_file: Path, trace: bytes) -> "IncidentRun":
    """The run beside the trace; of a trace alone, what the trace says of its run."""
    from pydantic import ValidationError

    from praetor.resources.run import IncidentRun

    beside = trace_file.with_name(RUN)
    try:
        if beside.exists():
            return IncidentRun.model_validate_json(_read(beside))
        return IncidentRun.model_validate(_told(trace))
    except (ValidationError, ValueError, KeyError, TypeError) as problem:
        of = beside if beside.exists() else trace_file
        raise BadInput(f"{of}: is no {'run' if of == beside else 'trace of a run'}: {str(problem)[:200]}") from None


def _told(trace: bytes) -> dict[str, Any]:
    from praetor.reports.story import read_story

    story = read_story(trace)
    if not story.was_played:
        raise ValueError("it has no event of kind reset")
    setting = story.setting
    run = setting.get("run") or {"name": f"{setting['scenario']}-{setting['seed']}".replace("_", "-")}
    return {
        "apiVersion": "praetor.dev/v1alpha1",
        "kind": "IncidentRun",
        "metadata": {key: value for key, value in run.items() if value},
        "spec": {"scenarioRef": {"name": setting["scenario"]}, "seed": setting["seed"]},
        "status": {"policy": setting.get("policy"), "substrate": setting.get("substrate")},
    }
