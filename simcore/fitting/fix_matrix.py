"""The matrix fix x family on train seeds: `python -m simcore.fitting.fix_matrix --seeds 0:100 -o json`."""

import argparse
import json
import sys
from collections.abc import Sequence

from simcore.api import scenario_names
from simcore.fitting.fixes import all_fixes
from simcore.fitting.matrix import fix_matrix
from simcore.fitting.reflex import seed_range


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m simcore.fitting.fix_matrix", description=__doc__)
    parser.add_argument("--seeds", default="0:100", help="FROM:TO, without TO; of the train split")
    parser.add_argument("-o", "--output", choices=("table", "json"), default="table")
    given = parser.parse_args(arguments)
    try:
        seeds = seed_range(given.seeds)
    except ValueError as problem:
        parser.error(str(problem))
    matrix = fix_matrix(scenario_names(), seeds, all_fixes(), _progress)
    told = json.dumps(matrix.to_json(), indent=2) if given.output == "json" else matrix.to_text()
    sys.stdout.write(told + "\n")
    return 0


def _progress(done: int, wanted: int) -> None:
    sys.stderr.write(f"\r{done}/{wanted} families{chr(10) if done == wanted else ''}")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
