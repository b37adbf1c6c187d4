"""The table for people: `pytest -s tests/calibration/test_report.py` or `python -m tests.calibration` shows it."""

from tests.calibration.cascades import rows as cascade_rows
from tests.calibration.comparison import rows as fault_rows
from tests.calibration.data import NEZHA, PETSHOP, needs
from tests.calibration.nezha import read_day
from tests.calibration.petshop import read_petshop
from tests.calibration.report import report


@needs(NEZHA)
@needs(PETSHOP)
def test_every_comparison_is_a_line_of_the_report():
    text = "\n".join(report())
    print("\n" + text)
    lines = text.splitlines()
    for row in (*fault_rows(read_day(NEZHA)), *cascade_rows(read_petshop(PETSHOP))):
        [line] = [line for line in lines if line.startswith(row.kind) and f"  {row.title}  " in line]
        assert line.endswith(row.verdict)
