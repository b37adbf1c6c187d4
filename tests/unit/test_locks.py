"""The lock files: what the image has is what the tests ran with."""

import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "requirements"
PINNED = re.compile(r"^([a-z0-9._-]+)==([^ ;]+)", re.MULTILINE)


def pins(name: str) -> set[tuple[str, str]]:
    return set(PINNED.findall((FOLDER / name).read_text()))


@pytest.mark.parametrize("name", sorted(path.name for path in FOLDER.glob("*.txt") if path.name != "dev.txt"))
def test_every_version_of_an_image_is_one_that_the_tests_ran_with(name):
    assert pins(name) <= pins("dev.txt")
