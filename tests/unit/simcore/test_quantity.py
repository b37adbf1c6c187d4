"""Quantities as Kubernetes writes them."""

import pytest

from simcore.quantity import format_mebibytes, mebibytes, parse_quantity


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("512Mi", 512 * 2**20), ("1Gi", 2**30), ("2Ki", 2048), ("1Ti", 2**40),
        ("250m", 0.25), ("1.5", 1.5), ("3", 3), (3, 3), (0.5, 0.5),
        ("2k", 2e3), ("512M", 512e6), ("1G", 1e9), ("1T", 1e12), ("0", 0),
    ],
)  # fmt: skip
def test_a_quantity_is_a_number_in_its_base_unit(text, value):
    assert parse_quantity(text) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize(
    "text", ["", "Mi", "512 Mi", "512MB", "-1", "1e3", "1.", ".5", "0x10", "٣", "5\n", "nan", "inf"]
)
def test_anything_else_is_refused_with_the_notation(text):
    with pytest.raises(ValueError, match="512Mi or 250m"):
        parse_quantity(text)


def test_memory_goes_to_mebibytes_and_back():
    assert mebibytes("1Gi") == 1024.0
    assert format_mebibytes(mebibytes("512Mi")) == "512Mi"
