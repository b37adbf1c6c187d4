"""One policy in the simulator, on the demo site and in a namespace of a cluster: the table of what it repairs.

    python -m tests.bench.bench_sites [--on simulator,site,cluster] [--policy playbook] [--runs 10] [--record FILE]

The same policy object plays everywhere, without a change; beside it stand `random` and doing nothing. In the simulator
resolved means what it always does there. On the site and in the cluster it is what a load generator, which knows of no
fault, saw as a user in the 15 s after the run: at most 1 % of requests failed, and the p99 was at most 500 ms (on the
site), or 1000 ms or twice that of an untouched shop beside it at the same time (in the cluster). Every run has a site
or a namespace of its own, and a fault of its own size and service; one that no user noticed before the first action is
repeated with another, and counted as `unseen`. Progress goes to stderr, a table to stdout (`-o json`: its rows).
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import nullcontext
from pathlib import Path

from praetor.resources.ops import SCENARIOS
from tests.bench.proof import simulated
from tests.bench.proof.cells import ON_CLUSTERS, Cell, Played, Record, rows
from tests.bench.proof.on_cluster import cluster_stage, shop
from tests.bench.proof.on_site import Pace, site_stage
from tests.bench.proof.policies import NOTHING
from tests.bench.proof.table import markdown
from tests.bench.proof.watched import UnhealthyError, played
from tests.support.cluster import Namespace

FAMILIES = {"simulator": (*SCENARIOS, *ON_CLUSTERS), "site": SCENARIOS, "cluster": ON_CLUSTERS}
SIMULATED_RUNS = 5  # times as many in the simulator, where they cost nothing


def cells(given: argparse.Namespace) -> Iterator[Cell]:
    """Breadth first, so that what is there when it is stopped is spread evenly."""
    wanted = None if given.family == "all" else given.family.split(",")
    for number in range(given.runs * SIMULATED_RUNS):
        for policy in (*given.policy.split(","), *(() if given.no_floor else ("random", NOTHING))):
            for substrate in given.on.split(","):
                if substrate == "simulator" or number < given.runs:
                    known = FAMILIES[substrate]
                    families = [family for family in known if wanted is None or family in wanted]
                    yield from (Cell(substrate, family, policy, number) for family in families)


def player(given: argparse.Namespace, twin: Namespace | None) -> Callable[[Cell], Played]:
    pace = Pace(given.action_seconds, given.stabilization_seconds)

    def play(cell: Cell) -> Played:
        if cell.substrate == "simulator":
            return simulated.played(cell)
        if twin is not None and cell.substrate == "cluster":
            return played(cell, lambda attempt: cluster_stage(cell, pace, attempt, twin), given.traces)
        return played(cell, lambda attempt: site_stage(cell, pace, attempt, given.page), given.traces)

    return play


def run(wanted: list[Cell], play: Callable[[Cell], Played], parallel: int, record: Record) -> None:
    with ThreadPoolExecutor(parallel) as pool:
        for done in as_completed([pool.submit(play, cell) for cell in wanted]):
            try:
                one = done.result()
            except UnhealthyError as problem:
                sys.stderr.write(f"not played: {problem}\n")
                continue
            record.add(one)
            sys.stderr.write(json.dumps(one._asdict()) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--on", default=",".join(FAMILIES), help="default: %(default)s; the cluster needs KUBECONFIG")
    parser.add_argument("--family", default="all")
    parser.add_argument("--policy", default="playbook")
    parser.add_argument("--no-floor", action="store_true", help="without random and doing nothing")
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--parallel", type=int, default=1)
    parser.add_argument("--page", metavar="SERVICE", help="whom the page names on the site, otherwise nobody")
    parser.add_argument("--action-seconds", type=float, default=2.0)
    parser.add_argument("--stabilization-seconds", type=float, default=20.0)
    parser.add_argument("--record", type=Path, help="where runs are kept; those that it has are not played again")
    parser.add_argument("--traces", type=Path, help="a folder for the traces of runs on sites and clusters")
    parser.add_argument("-o", "--output", choices=("table", "json"), default="table")
    given = parser.parse_args()
    if given.traces is not None:
        given.traces.mkdir(parents=True, exist_ok=True)
    record = Record(given.record)
    wanted = list(cells(given))
    left = [cell for cell in wanted if cell not in record.played]
    if any(cell.substrate == "cluster" for cell in left) and "KUBECONFIG" not in os.environ:
        parser.error("cluster: set KUBECONFIG to one whose nodes have SHOP_IMAGE, or leave it out: --on simulator,site")
    with shop() if any(cell.substrate == "cluster" for cell in left) else nullcontext() as twin:
        run(left, player(given, twin), given.parallel, record)
    kinds = {cell[:3] for cell in wanted}
    told = list(rows(one for cell, one in record.played.items() if cell[:3] in kinds))
    sys.stdout.write((json.dumps(told, indent=2) if given.output == "json" else markdown(told)) + "\n")


if __name__ == "__main__":
    main()
