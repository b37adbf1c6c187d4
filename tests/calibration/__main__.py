"""Prints the simulator beside the measurements: `python -m tests.calibration`."""

import sys

from tests.calibration.data import FOLDER, NEZHA, PETSHOP, VARIABLE
from tests.calibration.report import report

if __name__ == "__main__":
    if not (NEZHA.exists() or PETSHOP.exists()):
        sys.exit(f"no measurements in {FOLDER}; {VARIABLE} may name another folder")
    for line in report():
        print(line)
