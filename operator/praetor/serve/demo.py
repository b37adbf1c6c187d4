"""`praetor demo`: real captured alerts through an embedded Praetor, from the webhook to the reports.

What it shows is what a user of `praetor dev` has: it speaks HTTP to it like any other caller.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from praetor.serve.dev import DEFAULT_DATA, HOME, DevServer, dev_checks, open_store
from praetor.web.serving import bind, url_of
from simcore.errors import SimcoreError

BODIES = Path("tests/data/alertmanager")
DELIVERIES = (
    ("oom_crash_firing", "a container is killed for its memory"),
    ("db_pool_exhaustion_firing", "a connection pool is used up"),
    ("bad_deployment_cascade_firing", "errors since a deploy"),
    ("oom_crash_firing", "the first one again, as Alertmanager repeats it"),
    ("27_hostile_content", "text that would like to be markup"),
    ("disk_full_firing", "a volume has no space left"),
)
PATIENCE_SECONDS = 120.0
READY_LOOK_SECONDS = 0.2
WARMING_UP = "Processes warm up. The first time on a machine they compile the simulator's kernel: a minute or two."
REHEARSAL = "Rehearsals in the simulator: nothing outside was touched."
TITLE_CHARS = 34
TABLE_COLUMNS = 264
_NUMBERS = ("SCORE", "USER MIN LOST")
_COLOURS = ("cyan", "magenta", "yellow", "green", "blue", "red")


class DemoError(SimcoreError):
    """The demo cannot run, or lost a run; the text says which."""


@dataclass(frozen=True, slots=True)
class _Posted:
    name: str
    colour: str


def run_demo(data: Path | None = None, bodies: Path = BODIES) -> None:
    """Posts the bodies, shows every step, ends with a table. Raises DemoError if a run was lost."""
    if not (bodies / f"{DELIVERIES[0][0]}.json").exists():
        raise DemoError(f"no captured alerts in {bodies}: run the demo in a checkout, or name them with --bodies")
    folder = data or Path(DEFAULT_DATA) / "demo" / time.strftime("%Y%m%d-%H%M%S")
    asyncio.run(_Demo(folder, bodies, Console(highlight=False, soft_wrap=True)).run())


class _Demo:
    def __init__(self, folder: Path, bodies: Path, console: Console) -> None:
        self.folder, self.bodies, self.console = folder, bodies, console

    async def run(self) -> None:
        listening = bind("127.0.0.1", 0)
        url = url_of(listening)
        server = DevServer(open_store(self.folder), dev_checks("127.0.0.1", ""))
        serving = asyncio.create_task(server.serve(listening))
        try:
            self.console.print(f"[bold]Praetor[/] at {url}, data in {self.folder}\n")
            async with httpx.AsyncClient(base_url=url, timeout=PATIENCE_SECONDS) as http:
                posted = [run for run in [await self._post(http, *one) for one in DELIVERIES] if run]
                self.console.print()
                await self._can_play(http)
                async with asyncio.timeout(PATIENCE_SECONDS):
                    await asyncio.gather(*(self._follow(http, run) for run in posted))
                runs = await self._finished(http, posted)
        except TimeoutError:
            raise DemoError(f"the runs did not end within {PATIENCE_SECONDS:g} s") from None
        finally:
            server.stop()
            await serving
        self._show(runs)

    async def _post(self, http: httpx.AsyncClient, body: str, meaning: str) -> _Posted | None:
        """The run, when this delivery made one."""
        raw = (self.bodies / f"{body}.json").read_bytes()
        answer = await http.post(
            "/incidents/webhook/alertmanager", content=raw, headers={"Content-Type": "application/json"}
        )
        if answer.status_code != httpx.codes.ACCEPTED:
            raise DemoError(f"{body}: the webhook answered {answer.status_code} {answer.text}")
        (run,) = answer.json()["runs"]
        outcome = "new run" if run["created"] else "joins run"
        self.console.print(f"POST {body + '.json':36} [dim]{meaning:50}[/] 202 {outcome} [bold]{run['name']}[/]")
        colour = _COLOURS[sum(run["name"].encode()) % len(_COLOURS)]
        return _Posted(run["name"], colour) if run["created"] else None

    async def _can_play(self, http: httpx.AsyncClient) -> None:
        """However long it takes: the first start on a machine compiles the simulator's kernel."""
        began, told = time.monotonic(), False
        with self.console.status("") as status:
            while (await http.get("/readyz")).status_code != httpx.codes.OK:
                if not told:
                    self.console.print(f"{WARMING_UP}\n")
                    told = True
                status.update(f"{time.monotonic() - began:.0f} s")
                await asyncio.sleep(READY_LOOK_SECONDS)

    async def _follow(self, http: httpx.AsyncClient, run: _Posted) -> None:
        decided: dict[str, Any] = {}
        async for kind, event in _server_sent(http, f"/watch/{run.name}"):
            if kind == "end":
                self._say(run, f"[bold]{event['phase']}[/] {escape(event['message'])}")
            elif event["kind"] == "decision":
                decided = event
            elif event["kind"] in ("effect", "observation"):
                self._say(run, _told(decided, event))

    def _say(self, run: _Posted, text: str) -> None:
        self.console.print(f"[{run.colour}]{run.name[13:21]}[/] {text}")

    async def _finished(self, http: httpx.AsyncClient, posted: list[_Posted]) -> list[dict[str, Any]]:
        items = {run["metadata"]["name"]: run for run in (await http.get("/runs")).json()["items"]}
        lost = [run.name for run in posted if not _has_ended(items.get(run.name))]
        if lost or len(items) != len(posted):
            raise DemoError(f"lost: {', '.join(lost) or 'none'}; {len(items)} runs for {len(posted)} alert groups")
        return [items[run.name] for run in posted]

    def _show(self, runs: list[dict[str, Any]]) -> None:
        self.console.print(f"\n[bold]{REHEARSAL}[/]")
        table = Table(box=None, header_style="bold", pad_edge=False)
        for title in ("RUN", "ALERT", "SUBSTRATE", "CAUSES FOUND", "RESOLVED", "SCORE", "USER MIN LOST", "REPORT"):
            table.add_column(title, no_wrap=True, justify="right" if title in _NUMBERS else "left")
        for run in runs:
            table.add_row(*(escape(cell) for cell in self._cells(run)))
        Console(width=max(TABLE_COLUMNS, self.console.width), soft_wrap=True).print(table)

    def _cells(self, run: dict[str, Any]) -> tuple[str, ...]:
        status, name = run["status"], run["metadata"]["name"]
        result = status.get("result") or {}
        causes = [f"{cause['service']}/{cause['mechanism']}" for cause in result.get("causes", ())]
        report = self.folder / "artifacts" / HOME / name / "postmortem.md"
        return (
            name,
            _shortened(run["spec"]["alert"]["title"]),
            status.get("substrate", "-"),
            ", ".join(causes) or ("nothing is broken" if result else _reason(run)),
            {True: "yes", False: "no", None: "-"}[result.get("resolved")],
            f"{result['score']:.2f}" if result else "-",
            f"{result['userMinutesLost']:.0f}" if result else "-",
            str(report) if report.exists() else "-",
        )


async def _server_sent(http: httpx.AsyncClient, path: str) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    async with http.stream("GET", path) as answer:
        answer.raise_for_status()
        kind = ""
        async for line in answer.aiter_lines():
            name, _, value = line.partition(": ")
            if name == "event":
                kind = value
            elif name == "data":
                yield kind, json.loads(value)


def _told(decided: dict[str, Any], event: dict[str, Any]) -> str:
    action = event.get("action") or {}
    what = f"{str(action.get('action_type', 'malformed action')).replace('_', ' '):20}"
    seconds = int(event.get("sim_seconds") or 0)
    verb = f"[bold]{what}[/]" if event["kind"] == "effect" else what
    where = " ".join(part for part in (action.get("target_service") or "", _parameters(action)) if part)[:48].ljust(48)
    reason = escape(str((decided.get("decision") or {}).get("reason", ""))[:110])
    reward = event.get("reward") or 0.0
    return f"{seconds // 60:3}:{seconds % 60:02} {verb} {escape(where)} {reward:+.3f} [dim]{reason}[/]"


def _parameters(action: dict[str, Any]) -> str:
    """What was changed to what, or declared; a declaration's prose is in the report."""
    given = action.get("parameters", {})
    if action.get("action_type") == "resolve_incident":
        return ", ".join(f"{cause['service']}/{cause['mechanism']}" for cause in given.get("causes", ()))
    return ", ".join(f"{key}={value}" for key, value in given.items())


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= TITLE_CHARS else f"{line[: TITLE_CHARS - 1]}…"


def _has_ended(run: dict[str, Any] | None) -> bool:
    conditions = (run or {}).get("status", {}).get("conditions", ())
    return any(one["type"] in ("Complete", "Failed") and one["status"] == "True" for one in conditions)


def _reason(run: dict[str, Any]) -> str:
    conditions = run["status"]["conditions"]
    return next((one["reason"] for one in conditions if one["type"] == "Escalated"), "-")
