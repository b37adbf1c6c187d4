"""`praetor run`: plays incidents here and now, and prints the IncidentRuns as a cluster would show them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from praetor.cli.errors import BadInput, need_extra
from praetor.cli.options import DifficultyOption, SplitOption, difficulty_of, one_of
from praetor.cli.output import Format, OutputOption, as_text, say, show
from praetor.cli.report import (
    POSTMORTEM,
    RUN,
    TRACE,
    Formats,
    FormatsOption,
    made,
    need_formats,
    postmortem,
    write_files,
)

if TYPE_CHECKING:
    from praetor.cli.playing import Played
    from praetor.cli.wanted import Wanted
    from praetor.resources.run import IncidentRun

NOT_RESOLVED = 1
_NO_ALERT = "Somebody asked for a look at this site"
LARGEST_SEED = 2**31 - 1
MOST_EPISODES = 10_000

ScenarioArgument = Annotated[str | None, typer.Argument(help="A scenario, as `praetor scenario list` names it.")]
FilesOption = Annotated[list[Path] | None, typer.Option("-f", "--filename", help="Manifests; `-` reads stdin.")]
SeedOption = Annotated[int | None, typer.Option(min=0, max=LARGEST_SEED, help="Which episode; default 0.")]
PolicyOption = Annotated[str | None, typer.Option(help="Who decides; default playbook.")]
EpisodesOption = Annotated[int | None, typer.Option(min=1, max=MOST_EPISODES, help="So many seeds, from --seed on.")]
ReportOption = Annotated[
    Path | None, typer.Option("--report", help="Writes postmortem.md, trace.jsonl and run.json there.")
]
WatchOption = Annotated[bool, typer.Option("--watch", "-w", help="Tells each step on stderr as it happens.")]
SiteOption = Annotated[
    str | None, typer.Option("--site", metavar="URL", help="A real site, by its /ops/*, instead of the simulator.")
]
KubernetesOption = Annotated[
    str | None,
    typer.Option("--kubernetes", metavar="NAMESPACE", help="Workloads of a namespace, with the rights of kubectl."),
]
SelectorOption = Annotated[
    str | None, typer.Option("--selector", "-l", help="With --kubernetes: their labels, as app=web,tier=db.")
]
AlertOption = Annotated[
    str | None,
    typer.Option("--alert", help="On a site: what the page says, in one line; default: what a first look shows."),
]
ServiceOption = Annotated[
    str | None, typer.Option("--service", help="On a site: whom the page names; default: whom the first look shows.")
]
AllowOption = Annotated[
    list[str] | None,
    typer.Option(
        "--allow",
        help="What a site's or a model's URL may lead to beside public addresses: a port of loopback, a CIDR.",
    ),
]
ActionSecondsOption = Annotated[
    int | None, typer.Option("--action-seconds", min=0, max=300, help="On a site: what an action takes; default 5.")
]
StabilizationOption = Annotated[
    int | None,
    typer.Option("--stabilization-seconds", min=1, max=3600, help="On a site: how long a fix must hold; default 60."),
]
ExitStatusOption = Annotated[bool, typer.Option("--exit-status", help="Exit with 1 when not resolved.")]


def register(app: typer.Typer) -> None:
    app.command("run")(run)


def run(
    scenario: ScenarioArgument = None,
    files: FilesOption = None,
    seed: SeedOption = None,
    difficulty: DifficultyOption = None,
    policy: PolicyOption = None,
    split: SplitOption = None,
    episodes: EpisodesOption = None,
    report: ReportOption = None,
    formats: FormatsOption = None,
    watch: WatchOption = False,
    site: SiteOption = None,
    kubernetes: KubernetesOption = None,
    selector: SelectorOption = None,
    alert: AlertOption = None,
    service: ServiceOption = None,
    allow: AllowOption = None,
    action_seconds: ActionSecondsOption = None,
    stabilization_seconds: StabilizationOption = None,
    exit_status: ExitStatusOption = False,
    output: OutputOption = Format.table,
) -> None:
    """Plays a scenario, or the IncidentRuns of a manifest, in the simulator, on the site or in the namespace that they
    name, and prints them with their status."""
    choices = _given(seed=seed, difficulty=difficulty, policy=policy, split=split, episodes=episodes)
    of_site = _given(
        alert=alert, service=service, action_seconds=action_seconds, stabilization_seconds=stabilization_seconds
    )
    real = _real(site, kubernetes, selector)
    if real is not None:
        wanted = [_on_site(*real, scenario, files, choices, of_site, allow or [])]
    elif of_site:
        option = next(iter(of_site)).replace("_", "-")
        raise BadInput(f"--{option}: name the site with --site, or the namespace with --kubernetes")
    else:
        wanted = _wanted(scenario, files, choices, allow or [])
    if formats and report is None:
        raise BadInput("--report-format: name a folder with --report")
    need_formats(formats)
    played = [_play(one, report, formats, watch, alone=len(wanted) == 1) for one in wanted]
    _print(played, output)
    if any(one.status.phase == "Failed" for one in played) or (exit_status and not all(map(_is_resolved, played))):
        raise typer.Exit(NOT_RESOLVED)


def _given(**options: Any) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}


def _real(site: str | None, kubernetes: str | None, selector: str | None) -> tuple[str, dict[str, Any]] | None:
    """(the option, what a TargetSite says of it) of what is to be played on; None for the simulator."""
    if site is not None and kubernetes is not None:
        raise BadInput("--kubernetes: a run is on a site or in a namespace, and --site names one already")
    if selector is not None and kubernetes is None:
        raise BadInput("--selector: name the namespace with --kubernetes")
    if kubernetes is not None:
        labels = {} if selector is None else {"selector": {"matchLabels": _labels(selector)}}
        return "--kubernetes", {"kubernetes": {"namespace": kubernetes} | labels}
    return None if site is None else ("--site", {"http": {"url": site}})


def _labels(selector: str) -> dict[str, str]:
    pairs = [part.partition("=") for part in selector.split(",")]
    if not all(name and equal for name, equal, _ in pairs):
        raise BadInput(f"--selector: {selector!r} should be labels such as app=web,tier=back")
    return {name.strip(): value.strip() for name, _, value in pairs}


def _on_site(
    option: str,
    where: dict[str, Any],
    scenario: str | None,
    files: list[Path] | None,
    choices: dict[str, Any],
    of_site: dict[str, Any],
    allow: list[str],
) -> "Wanted":
    from praetor.cli.wanted import on_site
    from praetor.policies.registry import policy_names

    need_extra("server" if option == "--site" else "operator", f"praetor run {option}")
    if scenario is not None or files:
        raise BadInput(f"{option}: what is wrong there is not chosen; give --alert, and neither a scenario nor -f")
    policy = one_of("--policy", choices.pop("policy", "playbook"), policy_names())
    if choices:
        raise BadInput(f"--{next(iter(choices))}: this is of the simulator, and {option} is not")
    pace = {"actionSeconds": "action_seconds", "stabilizationSeconds": "stabilization_seconds"}
    spec = {wire: of_site[name] for wire, name in pace.items() if name in of_site}
    return on_site(option, where | spec, of_site.get("alert", _NO_ALERT), of_site.get("service"), policy, allow)


def _wanted(
    scenario: str | None, files: list[Path] | None, choices: dict[str, Any], allow: list[str]
) -> "list[Wanted]":
    from praetor.cli.wanted import from_files

    if (scenario is None) == (not files):
        raise BadInput("name either a scenario or, with -f, a manifest; `praetor scenario list` shows the scenarios")
    if scenario is not None:
        return _of_scenario(scenario, **choices)
    if choices:
        raise BadInput(f"--{next(iter(choices))}: with -f it is said in the manifest's spec")
    return from_files(files or [], allow)


def _of_scenario(
    scenario: str,
    *,
    seed: int = 0,
    difficulty: str | None = None,
    policy: str = "playbook",
    split: str | None = None,
    episodes: int = 1,
) -> "list[Wanted]":
    from praetor.cli.wanted import from_library
    from praetor.policies.registry import policy_names

    spec: dict[str, Any] = {"difficulty": difficulty_of(difficulty)}
    spec["policy"] = {"name": one_of("--policy", policy, policy_names())}
    if split is not None:
        spec["split"] = str(split)
    return from_library(scenario, range(seed, seed + episodes), spec)


def _play(wanted: "Wanted", report: Path | None, formats: Formats, watch: bool, *, alone: bool) -> "IncidentRun":
    from praetor.cli.asking import at_the_terminal
    from praetor.cli.playing import play_run
    from praetor.cli.watching import Watcher

    watcher = Watcher(wanted.run.metadata.name) if watch else None
    played = play_run(wanted.run, wanted.subject, watcher, at_the_terminal)
    if report is None:
        nowhere = played.run.status.model_copy(update={"trace_ref": None, "report_ref": None})
        return played.run.model_copy(update={"status": nowhere})
    _write(played, report if alone else report / played.run.metadata.name, formats)
    return played.run


def _write(played: "Played", folder: Path, formats: Formats) -> None:
    trace = played.artifacts.get(TRACE, b"")
    manifest = as_text(_manifest(played.run), Format.json).encode()
    files = {POSTMORTEM: postmortem(played.run, trace), RUN: manifest, **played.artifacts}
    write_files("--report", folder, files | made(formats, played.run, trace))
    say(f"report: {folder / POSTMORTEM}")


def _print(played: "list[IncidentRun]", output: Format) -> None:
    manifests = [_manifest(one) for one in played]
    if output is Format.table and any(one.status.substrate == "Simulator" for one in played):
        typer.echo("Rehearsal in the simulator: nothing outside was touched.")
    show(manifests[0] if len(manifests) == 1 else manifests, output, rows=[_row(one) for one in played])


def _manifest(one: "IncidentRun") -> dict[str, Any]:
    manifest = one.model_dump(by_alias=True, exclude_none=True, mode="json")
    return manifest | {"metadata": {name: value for name, value in manifest["metadata"].items() if value}}


def _row(one: "IncidentRun") -> dict[str, Any]:
    status, result = one.status, one.status.result
    return {
        "run": one.metadata.name,
        "scenario": status.scenario.name if status.scenario else None,
        "policy": status.policy,
        "phase": status.phase,
        "cause": status.cause,
        "resolved": result.resolved if result else None,
        "score": result.score if result else None,
        "steps": result.steps if result else None,
        "user_minutes_lost": result.user_minutes_lost if result else None,
    }


def _is_resolved(one: "IncidentRun") -> bool:
    return one.status.result is not None and one.status.result.resolved
