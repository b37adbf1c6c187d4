"""The same policies on the reference site: each family broken for real, judged by what its users saw.

    python -m tests.bench.bench_sites [--family all|NAME,...] [--policy playbook,random,nothing] [--runs 3]

Every run gets a demo site of its own. A fault that no user noticed before the first action does not count. Resolved is
what the site's load generator, which knows of no fault, saw after the episode: under 1 % of requests failed and the p99
was under 500 ms; the policy's own verdict stands beside it. Progress goes to stderr, one JSON object to stdout.
"""

import argparse
import json
import random
import sys
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any, NamedTuple
from zlib import crc32

from praetor.policies.registry import make_policy
from praetor.resources.ops import SCENARIOS
from praetor.runner.loop import play
from praetor.runner.request import RunOutcome, RunRequest, SiteRequest
from praetor.substrates.connect import connect
from simcore.actions import parse_action
from simcore.decision import Decision, History, Policy
from simcore.evaluation.counts import wilson_interval
from simcore.observation import Observation
from tests.support.demo_site import DemoSite, demo_site, until

NOTICED_PERCENT, NOTICED_MS = 5.0, 1000.0
WELL_PERCENT, WELL_MS, JUDGED_SECONDS = 1.0, 500.0, 15.0
NOTICED_WITHIN_SECONDS = 90.0
LATEST_PAGE_SECONDS = 15.0


class DoNothing:
    """Looks at the list and declares in the end that nothing is broken: whatever resolves here heals by itself."""

    name = "nothing"

    def decide(self, observation: Observation, history: History) -> Decision:
        if len(history) < 20:
            return Decision(parse_action({"action_type": "list_services"}))
        empty = {"root_cause": "none", "resolution": "none", "causes": []}
        return Decision(parse_action({"action_type": "resolve_incident", "parameters": empty}))


class Cell(NamedTuple):
    family: str
    policy: str
    number: int


class Played(NamedTuple):
    cell: Cell
    noticed: bool
    resolved: bool
    verdict: bool
    cause: str
    steps: int
    seconds: float
    changes: list[str]
    users: dict[str, Any]


def users_suffer(site: DemoSite) -> bool:
    seen = site.get("/users", seconds=6.0)
    return bool(seen["requests"]) and (seen["error_rate_percent"] >= NOTICED_PERCENT or seen["p99_ms"] >= NOTICED_MS)


def users_are_well(seen: dict[str, Any]) -> bool:
    return seen["requests"] > 0 and seen["error_rate_percent"] <= WELL_PERCENT and seen["p99_ms"] <= WELL_MS


def played(cell: Cell, pace: tuple[float, float], traces: Path | None) -> Played:
    with demo_site() as site:
        until(lambda: site.users_are_served(6.0), lambda: site.get("/users"), 60.0)
        site.change("break", scenario=cell.family)
        try:
            until(lambda: users_suffer(site), lambda: site.get("/users"), NOTICED_WITHIN_SECONDS)
        except AssertionError:
            return Played(cell, False, False, False, "", 0, 0.0, [], {})
        time.sleep(random.Random(f"{cell}").uniform(0.0, LATEST_PAGE_SECONDS))
        began = time.monotonic()
        outcome = _outcome(cell, site, pace)
        seconds = time.monotonic() - began
        time.sleep(JUDGED_SECONDS)
        seen = site.get("/users", seconds=JUDGED_SECONDS)
    if traces is not None:
        traces.mkdir(parents=True, exist_ok=True)
        (traces / f"{cell.policy}-{cell.family}-{cell.number}.jsonl").write_bytes(outcome.trace)
    return Played(cell, True, users_are_well(seen), *_in_short(outcome), round(seconds, 1), _changes(outcome), seen)


def _outcome(cell: Cell, site: DemoSite, pace: tuple[float, float]) -> RunOutcome:
    port = site.url.rpartition(":")[2]
    asked = SiteRequest("demo", site.url, action_seconds=pace[0], stabilization_seconds=pace[1], allow=(port,))
    request = RunRequest(
        run_uid=str(uuid.uuid4()),
        namespace="default",
        name="bench",
        scenario="unknown",
        policy=cell.policy,
        alert={"title": "Users see errors or wait too long"},
        site=asked,
    )
    return play(request, connect(request), _policy(cell))


def _policy(cell: Cell) -> Policy:
    return DoNothing() if cell.policy == "nothing" else make_policy(cell.policy, seed=crc32(repr(cell).encode()))


def _in_short(outcome: RunOutcome) -> tuple[bool, str, int]:
    verdict = outcome.verdict
    causes = ", ".join(f"{one['service']}/{one['mechanism']}" for one in verdict["declared"] or ())
    return verdict["resolved"], causes if outcome.failure is None else outcome.failure.message, verdict["steps"]


def _changes(outcome: RunOutcome) -> list[str]:
    events = [json.loads(line) for line in outcome.trace.splitlines()]
    effects = [event for event in events if event["kind"] == "effect"]
    return [
        f"{event['action']['action_type']} {event['action']['target_service']} {event['action']['parameters']}"
        + (f": {event['error']}" if event.get("error") else "")
        for event in effects
    ]


def table(results: list[Played]) -> Iterator[dict[str, Any]]:
    for key in sorted({(one.cell.family, one.cell.policy) for one in results}):
        rows = [one for one in results if (one.cell.family, one.cell.policy) == key and one.noticed]
        good, n = sum(one.resolved for one in rows), len(rows)
        low, high = wilson_interval(good, n) if n else (0.0, 1.0)
        yield {
            "family": key[0], "policy": key[1], "resolved": good, "runs": n,
            "ci_low": round(low, 3), "ci_high": round(high, 3),
            "verdict_resolved": sum(one.verdict for one in rows),
            "mean_seconds": round(sum(one.seconds for one in rows) / n, 1) if n else None,
            "causes": sorted({one.cause for one in rows}),
        }  # fmt: skip


def told_of(line: str) -> Played:
    told = json.loads(line)
    return Played(**told | {"cell": Cell(*told["cell"]), "noticed": told["steps"] > 0})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--family", default="all")
    parser.add_argument("--policy", default="playbook")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--first", type=int, default=0, help="number of the first run")
    parser.add_argument("--parallel", type=int, default=1)
    parser.add_argument("--action-seconds", type=float, default=5.0)
    parser.add_argument("--stabilization-seconds", type=float, default=60.0)
    parser.add_argument("--traces", type=Path, default=None)
    parser.add_argument("--add", type=Path, nargs="*", default=(), help="what earlier calls told on stderr: counts too")
    given = parser.parse_args()
    families = SCENARIOS if given.family == "all" else given.family.split(",")
    numbers = range(given.first, given.first + given.runs)
    cells = [Cell(family, policy, n) for n in numbers for policy in given.policy.split(",") for family in families]
    pace = (given.action_seconds, given.stabilization_seconds)
    results = [told_of(line) for file in given.add for line in file.read_text().splitlines()]
    with ThreadPoolExecutor(given.parallel) as pool:
        for done in as_completed([pool.submit(played, cell, pace, given.traces) for cell in cells]):
            one = done.result()
            sys.stderr.write(json.dumps(one._asdict()) + "\n")
            sys.stderr.flush()
            results.append(one)
    sys.stdout.write(json.dumps({"table": list(table(results))}, indent=2) + "\n")


if __name__ == "__main__":
    main()
