"""Writes the golden transcripts anew: `NUMBA_CPU_NAME=generic python -m tests.support.golden [DIR]`."""

import sys
from pathlib import Path

import simcore
from tests.support.playing import FAMILIES, transcript

FOLDER = Path(__file__).parents[1] / "data" / "golden"
SEED, DIFFICULTY = 7, 0.5


def write(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for family in FAMILIES:
        episode = simcore.make(family, seed=SEED, difficulty=DIFFICULTY)
        (folder / f"{family}.jsonl").write_text(transcript(episode))


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
