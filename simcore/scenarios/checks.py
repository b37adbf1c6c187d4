"""What a scenario may say beyond its shape, so that every one that is accepted can be played."""

from string import Formatter

from simcore.kernel.layout import MAX_CAUSES, MAX_PARTS
from simcore.mechanisms.model import Mechanism
from simcore.topologies.roles import ROLES, services_of
from simcore.topologies.shop import SHOP

ENTRY = SHOP.names[SHOP.entry]
PLACEHOLDERS = ("service", "error_percent", "p99_ms")
SECONDS = (0.05, 86_400.0)
MILLISECONDS = (1.0, 600_000.0)
FACTOR = (0.01, 100.0)


def known_target(name: str) -> str:
    if name not in SHOP.index and name not in ROLES:
        raise ValueError(
            f"there is no service or role {name!r}; there are the services of the shop, {', '.join(SHOP.names)}, "
            f"and the roles {', '.join(ROLES)}"
        )
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


def check_targets(mechanism: Mechanism, targets: list[str], choice: str) -> None:
    """A mechanism can only befall services that do what it breaks. Names are those of the shop."""
    named = [name for name in targets if name in SHOP.index]
    if named and choice != "Shop":
        raise ValueError(f"targets: {named[0]} is a service of the shop; with topology {choice} give roles instead")
    fit = set(services_of(SHOP, mechanism.roles))
    for name in targets:
        if not fit & set(services_of(SHOP, (name,))):
            raise ValueError(f"targets: {mechanism.name} befalls {', '.join(mechanism.roles)}; {name} is none of them")


def check_size(places: list[str]) -> None:
    """What remedies ask for must fit into a world, of every cause; what is asked of victims is asked of two."""
    parts, most = len(places) + places.count("Victims"), MAX_PARTS // MAX_CAUSES
    if parts > most:
        raise ValueError(f"remedies: they ask for {parts} things in all (of victims each counts twice); {most} fit")


def check_rubric_target(path: str, name: str, choice: str) -> None:
    """An item that asks for a service must be one that can be met."""
    if choice != "Shop":
        raise ValueError(f"{path}: with topology {choice} services have other names in every episode; leave it out")
    if name not in SHOP.index:
        raise ValueError(f"{path}: there is no service {name!r}; there are {', '.join(SHOP.names)}")


def parameter_bounds(name: str) -> tuple[float, float]:
    """What a mechanism's parameter may be, by its unit."""
    if "seconds" in name:
        return SECONDS
    return MILLISECONDS if name.endswith("_ms") else FACTOR


def check_parameter(name: str, low: float, high: float) -> None:
    lowest, highest = parameter_bounds(name)
    if low < lowest:
        raise ValueError(f"parameters.{name}: low ({low}) is below {lowest:g}")
    if high > highest:
        raise ValueError(f"parameters.{name}: high ({high}) is above {highest:g}")
