"""What to do after the incident, so that it does not come back: a table by mechanism, for people to weigh."""

from collections.abc import Iterable
from importlib.resources import files

import yaml

Items = tuple[str, ...]

BY_MECHANISM: dict[str, Items] = {
    mechanism: tuple(items)
    for mechanism, items in yaml.safe_load(files("praetor.reports").joinpath("action_items.yaml").read_text()).items()
}

ALWAYS: Items = ("Add this incident to the drill: play it again with other seeds, and with people on call.",)

WITHOUT_FAULT: Items = (
    "Nothing was broken: look at why the alert fired, and raise its threshold or its `for:` duration.",
)

UNKNOWN_CAUSE: Items = (
    "The cause is not known: have a person read the evidence below before the incident is closed.",
    "Note which signal would have told the cause, and add it to the dashboards.",
)


def action_items(mechanisms: Iterable[str] | None) -> Items:
    """For the mechanisms that were at work; empty for nothing broken, None for nobody knows."""
    if mechanisms is None:
        return UNKNOWN_CAUSE + ALWAYS
    known = list(dict.fromkeys(mechanisms))
    if not known:
        return WITHOUT_FAULT + ALWAYS
    found = tuple(item for mechanism in known for item in BY_MECHANISM.get(mechanism, UNKNOWN_CAUSE))
    return tuple(dict.fromkeys(found)) + ALWAYS
