"""The tables of docs/reference/scenarios.md: `python -m simcore.conversion.tables FILE` writes them (`make tables`).

A file keeps its words; what stands between `<!-- table: NAME -->` and `<!-- end of table -->` is replaced.
"""

import re
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from simcore.conversion.ways import WAYS
from simcore.kernel import keys
from simcore.mechanisms.model import VICTIMS, Mechanism
from simcore.mechanisms.table import CLASSES, MECHANISMS
from simcore.scenarios.library import shipped_names, shipped_scenario
from simcore.scenarios.remedies import PREDICATES, RESTORABLE, is_absolute
from simcore.scenarios.words import (
    APPLIES_IN_WORDS,
    PLACES_IN_WORDS,
    PREDICATES_IN_WORDS,
    ROLES_IN_WORDS,
    SETTINGS_IN_WORDS,
)
from simcore.settings import SETTINGS, Setting
from simcore.topologies.roles import ROLES, services_of
from simcore.topologies.shop import SHOP

_AS_THEY_SHOULD_BE = {"level": "INFO", "resolver": "cluster", "policy": "allow"}
_BLOCK = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end of table -->)", re.DOTALL)


def table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [titles, ["---"] * len(titles), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def mechanisms() -> str:
    by_class = sorted(MECHANISMS.values(), key=lambda mechanism: CLASSES.index(mechanism.mechanism_class))
    rows = [(f"`{m.name}`", m.mechanism_class, m.summary, _befalls(m), _parameters(m)) for m in by_class]
    return table(("mechanism", "class", "what it is", "befalls", "parameters"), rows)


def _befalls(mechanism: Mechanism) -> str:
    held_out = "; held out" if mechanism.held_out else ""
    starves = "; named are those that it starves" if mechanism.named == VICTIMS else ""
    return ", ".join(mechanism.roles) + starves + held_out


def _parameters(mechanism: Mechanism) -> str:
    ranges = mechanism.parameters.items()
    return ", ".join(f"`{name}` {low:g} to {high:g}" for name, (low, high) in ranges)


def families() -> str:
    rows = []
    for name in shipped_names():
        spec = shipped_scenario(name).spec
        twins = ", ".join(f"`{variant.mechanism}`" for variant in spec.variants[1:])
        rows.append((f"`{name}`", spec.level, f"`{spec.variants[0].mechanism}`", twins, _split(spec.held_out)))
    return table(("scenario", "level", "mechanism", "its twins", "splits"), rows)


def _split(held_out: bool) -> str:
    return "test" if held_out else "all"


def roles() -> str:
    rows = [
        (f"`{role}`", ROLES_IN_WORDS[role], ", ".join(SHOP.names[s] for s in services_of(SHOP, (role,))))
        for role in ROLES
    ]
    return table(("role", "who that is", "in the shop"), rows)


def predicates() -> str:
    return table(("predicate", "what must hold"), [(f"`{name}`", PREDICATES_IN_WORDS[name]) for name in PREDICATES])


def places() -> str:
    return table(("where", "who that is"), [(f"`{name}`", words) for name, words in PLACES_IN_WORDS.items()])


def settings() -> str:
    rows = [
        (
            f"`{setting.name}`", setting.takes, APPLIES_IN_WORDS[keys.APPLIES[setting.number]],
            SETTINGS_IN_WORDS[setting.name], _restored(setting),
        )
        for setting in SETTINGS
    ]  # fmt: skip
    return table(("key", "takes", "of", "what it is", "restored"), rows)


def _restored(setting: Setting) -> str:
    """What SettingRestored asks for."""
    if setting.name not in RESTORABLE:
        return ""
    if setting.kind == "switch":
        return "on" if setting.better == "higher" else "off"
    if setting.kind in _AS_THEY_SHOULD_BE:
        return _AS_THEY_SHOULD_BE[setting.kind]
    bound = "at least" if setting.better == "higher" else "at most"
    return f"{bound} {setting.restored:g}" + ("" if is_absolute(setting) else " times the usual")


def anomalies() -> str:
    rows = []
    for anomaly, ways in WAYS.items():
        names = dict.fromkeys(f"`{way.mechanism}`" for way in ways if MECHANISMS[way.mechanism].named != VICTIMS)
        rows.append((f"`{anomaly}`", ", ".join(names)))
    return table(("anomaly", "becomes one of"), rows)


TABLES: dict[str, Callable[[], str]] = {
    made.__name__: made for made in (mechanisms, families, roles, predicates, places, settings, anomalies)
}


def written(text: str) -> str:
    """A document with its tables as they are now. Raises KeyError for a table that does not exist."""
    return _BLOCK.sub(lambda block: f"{block[1]}{TABLES[block[2]]()}{block[3]}", text)


def main() -> None:
    for name in sys.argv[1:]:
        path = Path(name)
        path.write_text(written(path.read_text()))


if __name__ == "__main__":
    main()
