"""The rows of `praetor scenario list`."""

from simcore.api import SPLITS, scenario_names
from simcore.mechanisms.table import mechanism_class
from simcore.scenarios.library import library_scenario


def scenario_rows() -> list[dict[str, str | None]]:
    """One for each scenario; its mechanism is the first variant's, whose twins look alike."""
    return [_row(name) for name in scenario_names()]


def _row(name: str) -> dict[str, str | None]:
    spec = library_scenario(name).spec
    mechanism = spec.variants[0].mechanism
    return {
        "name": name,
        "family": spec.family,
        "mechanism": mechanism,
        "mechanism_class": mechanism_class(mechanism),
        "split": _splits(name),
    }


def _splits(name: str) -> str:
    """`all`, or the ranges of seeds that it may be used in."""
    usable = [split for split in SPLITS if name in scenario_names(split)]
    return "all" if usable == list(SPLITS) else ",".join(usable)
