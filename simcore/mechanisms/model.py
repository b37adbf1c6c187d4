"""What a mechanism is: data. Rows that change causes at a time; none touches a symptom."""

from collections.abc import Mapping
from dataclasses import dataclass

from simcore.kernel import layout as at
from simcore.kernel import plan

TARGET, CALLER, CALLEE, DATABASE, ENTRY = at.AT_TARGET, at.AT_CALLER, at.AT_CALLEE, at.AT_DATABASE, at.AT_ENTRY
VICTIM_1, VICTIM_2, VICTIMS, WORLD = at.AT_VICTIM_1, at.AT_VICTIM_2, at.AT_VICTIMS, at.AT_WORLD
ONSET = "onset_seconds"


@dataclass(frozen=True, slots=True)
class Value:
    """`constant x parameter / divisor x reference`; `of` is a column of `layout` or a reference of `plan`."""

    constant: float = 1.0
    parameter: str = ""
    divisor: str = ""
    of: int = -1
    of_at: int = TARGET
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """From the onset (and `delay` seconds, and as many as the parameter `delay_by` says) this cause has that value;
    with `ramp`, a parameter, it comes to it over so many seconds."""

    column: int
    to: Value
    where: int = TARGET
    mode: float = at.SET
    delay: float = 0.0
    delay_by: str = ""
    ramp: str = ""


@dataclass(frozen=True, slots=True)
class ConfigChange:
    """The key that somebody changed, as the audit trail shows it, and where."""

    key: int
    where: int = TARGET


@dataclass(frozen=True, slots=True)
class Mechanism:
    """`parameters` are (low, high) defaults; `onset_seconds` among them is how long before time 0 it begins.

    `roles` says which services it can befall (names of `topologies.roles`), `named` which service a declaration names.
    """

    name: str
    mechanism_class: str
    summary: str
    parameters: Mapping[str, tuple[float, float]]
    rows: tuple[Row, ...]
    roles: tuple[str, ...] = ("Services",)
    named: int = TARGET
    new_release: bool = False
    has_victims: bool = False
    heals: bool = False
    config: ConfigChange | None = None
    held_out: bool = False

    def parameter_number(self, name: str) -> float:
        """Its place among the ranges; -1 for none. The onset is always number 0."""
        return float(self.parameter_names.index(name)) if name else plan.NONE

    @property
    def parameter_names(self) -> tuple[str, ...]:
        return (ONSET, *(name for name in self.parameters if name != ONSET))


def exactly(number: float) -> Value:
    return Value(constant=number)


def times(parameter: str, of: int = -1, of_at: int = TARGET, *, constant: float = 1.0, whole: bool = False) -> Value:
    return Value(constant, parameter, "", of, of_at, whole)


def per(divisor: str, of: int, of_at: int = TARGET, *, constant: float = 1.0) -> Value:
    """So much of the reference that it is used up in `divisor` seconds."""
    return Value(constant, "", divisor, of, of_at)


def released(column: int, to: Value) -> Row:
    """A fault that the newest release of the target brings."""
    return Row(column, to, mode=at.SET_RELEASE)


def onset(low: float, high: float) -> dict[str, tuple[float, float]]:
    return {ONSET: (low, high)}
