"""Where the measurements lie. They are not part of this repository; what needs them is skipped without them."""

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
VARIABLE = "PRAETOR_CALIBRATION_DATA"
FOLDER = Path(os.environ.get(VARIABLE) or REPOSITORY.parent / "shared" / "data")
NEZHA = FOLDER / "nezha-ob-2022-08-22"
PETSHOP = FOLDER / "petshop-low-traffic"


def needs(folder: Path) -> pytest.MarkDecorator:
    """Skips what cannot find the measurements, and says where they belong."""
    reason = f"the measurements {folder.name} are not at ../shared/data, nor where {VARIABLE} says"
    return pytest.mark.skipif(not folder.exists(), reason=reason)
