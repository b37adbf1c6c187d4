"""What a scenario may say beyond its shape, so that every one that is accepted can be played."""

from string import Formatter

from simcore.world.topology import SHOP

ENTRY = SHOP.names[SHOP.entry]
PLACEHOLDERS = ("service", "error_percent", "p99_ms")
SECONDS = (1.0, 86_400.0)
CONNECTIONS = (1.0, 10_000.0)
FACTOR = (0.01, 100.0)


def known_service(name: str) -> str:
    if name not in SHOP.index:
        raise ValueError(f"there is no service {name!r}; there are {', '.join(SHOP.names)}")
    return name


def the_entry(name: str) -> str:
    if name != ENTRY:
        raise ValueError(f"should be {ENTRY}, the entry: objectives of other services are not measured; not {name!r}")
    return name


def fillable(text: str) -> str:
    """Plain placeholders only: a width could ask for a text of any length."""
    try:
        parts = list(Formatter().parse(text))
    except ValueError as problem:
        raise ValueError(f"a brace on its own is written twice, {{{{ or }}}}: {problem}") from None
    for _, name, width, conversion in parts:
        _check_placeholder(name, bool(width or conversion))
    return text


def _check_placeholder(name: str | None, is_formatted: bool) -> None:
    if name is not None and name not in PLACEHOLDERS:
        known = ", ".join(f"{{{known}}}" for known in PLACEHOLDERS)
        raise ValueError(f"there is no {{{name}}}; there are {known}")
    if is_formatted:
        raise ValueError(f"{{{name}}} is written without a format or conversion")


def parameter_bounds(name: str) -> tuple[float, float]:
    """What a mechanism's parameter may be, by its unit."""
    if "seconds" in name:
        return SECONDS
    return CONNECTIONS if name == "connections" else FACTOR


def check_parameter(name: str, low: float, high: float) -> None:
    lowest, highest = parameter_bounds(name)
    if low < lowest:
        raise ValueError(f"parameters.{name}: low ({low}) is below {lowest:g}")
    if high > highest:
        raise ValueError(f"parameters.{name}: high ({high}) is above {highest:g}")
